"""The follower's own page: what it shows, and his rights as buttons."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta

import pytest

from bot import tracking
from bot.app import templates_folder
from bot.profile import identity, persons, refresh, showing
from bot.store import (
    attribute_types,
    audit,
    consents,
    events,
    followers,
    identities,
    picture,
    profiles,
)
from bot.store.db import fetch, transaction
from bot.tracking.tokens import me_url
from bot.values.attributes import Declared
from bot.values.identity import Key, Kind, Named
from tests.conftest import NOON, a_follower

HOSTILE = '"><script>alert(1)</script>'


def happened(account: int, lin: int, kind: str, days_ago: int, **facts: object) -> None:
    at = NOON - timedelta(days=days_ago)
    key = f"{lin}:{kind}:{days_ago}:{facts}"
    events.append(
        account, lin, kind, at=at, received_at=at, source="callback", key=key, facts=facts,
        sealed={"text": "我住在幸福里三号"} if kind == "message.text" else None,
    )  # fmt: skip


def a_rich_life(account: int, lin: int) -> None:
    """Something in every part of the page."""
    happened(account, lin, "subscribe", 120)
    for day in (119, 40, 12, 3, 1):
        happened(account, lin, "message.text", day, topics={"咖啡": 1.0, "火锅": 0.4})
    happened(account, lin, "order", 12, amount_fen=12850, topics={"咖啡": 1.0})
    happened(account, lin, "attribute", 9, name="city", value="北京")
    happened(account, lin, "attribute", 8, name="nickname", value=HOSTILE)
    happened(account, lin, "tag", 9, tag="常客", on=True, source="rule")
    refresh.fold_new(NOON)
    picture.reckon(account, NOON)


@pytest.fixture
def lin(site):
    a_rich_life(site.account_id, site.lin)
    return site.lin


@pytest.fixture
def path(lin):
    return me_url("", lin, NOON)


@pytest.fixture
def post(site, path):
    """Press a button of the page as the page has it."""

    def press(action, headers=None, **fields):
        form = re.search(r'name="form" value="([^"]+)"', site.browser.get(path).text)
        return site.browser.post(
            f"{path}/{action}", data={"form": form[1], **fields}, headers=headers or {}
        )

    return press


class TestLooking:
    def test_shows_what_is_held_and_why(self, site, path):
        page = site.browser.get(path).text
        for words in (
            "咖啡",
            "依据 8.0 分，来自 5 天",  # five messages, and an order that weighs three
            "北京",
            "常客",
            "1 单，共 128.50 元",
            "推荐与优惠消息",
        ):
            assert words in page

    def test_an_attribute_has_its_declared_title_and_is_put_right_by_its_name(self, site, path):
        attribute_types.define(site.account_id, Declared("city", "text", title="所在城市"), NOON)
        page = site.browser.get(path).text
        assert '<input type="hidden" name="name" value="city">' in page
        for words in ("<label>所在城市 <small>", "所在城市: 北京", 'aria-label="更正: 所在城市"'):
            assert words in page
        for words in ("<label>city", "city: 北京"):
            assert words not in page

    @pytest.mark.parametrize(
        ("lang", "confirmed", "undone"),
        [("zh", "由工作人员确认（", "已于 2026-11-21 12:00 撤销"),
         ("en", "Our staff confirmed", "Undone, 2026-11-21 12:00")],
    )  # fmt: skip
    def test_staff_have_no_name_and_no_note_here(self, site, path, lin, lang, confirmed, undone):
        """The marketer's page keeps both."""
        phone, staff = Key(Kind.PHONE, "13812345678"), "operator:mei"
        card = Key(Kind.CUSTOMER, "K-17")
        with transaction():
            told = [Named(None, (phone,), "event:x"), Named(lin, (card,), "event:y")]
            persons.whose(site.account_id, told, NOON)
        number = identities.found(site.account_id, [phone])[phone].id
        made = identity.join(site.account_id, number, lin, "电话里认了出来", staff, NOON)
        page = site.browser.get(f"{path}?lang={lang}").text
        assert confirmed in page
        identity.undo(site.account_id, made.id, "operator:hua", NOON)
        parted = site.browser.get(f"{path}?lang={lang}").text
        for words in ("operator:", "mei", "hua", "电话里认了出来"):
            assert words not in page + parted
        marketers = showing.page_link("", lin, "operator:ming", NOON).url
        theirs = site.browser.get(f"{marketers}?lang={lang}").text
        assert ("operator:mei" in theirs, "电话里认了出来" in theirs) == (True, True)
        assert undone in parted

    def test_every_chart_is_a_table_that_needs_no_script(self, site, path):
        page = site.browser.get(path).text
        charts = set(re.findall(r'id="c-(\w+)"', page))
        assert charts == {"interests", "hours", "weekdays", "weeks", "stages", "place"}
        assert page.count("<table>") == len(charts)

    def test_the_timeline_tells_everything_but_which_segments_moved(self, site, path, lin):
        happened(site.account_id, lin, "coupon.issued", 1, batch="立减券")
        happened(site.account_id, lin, "segment.entered", 1, segment="大户")
        page = site.browser.get(path).text
        assert "收到优惠券" in page
        for hidden in ("大户", "立减券", "幸福里三号", "进入人群"):
            assert hidden not in page
        bought = site.browser.get(f"{path}?kind=purchases").text
        assert re.findall(r"</time> (\S+)", bought) == ["下了订单"]
        segments = site.browser.get(f"{path}?kind=segments").text
        assert "大户" not in segments

    def test_escapes_what_followers_and_imports_wrote(self, site, path):
        page = site.browser.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page

    def test_runs_only_files_of_ours_whose_content_is_fixed(self, site, path):
        page = site.browser.get(path).text
        assert re.findall(r"<script(?![^>]* integrity=\"sha384-)", page) == []
        assert "style=" not in page
        files = re.findall(r'(?:src|href)="(/h5/me/asset/[^"]+)"', page)
        assert len(files) == 3
        for file in files:
            with site.browser.get(file) as answer:
                assert answer.status_code == 200
                assert "immutable" in answer.headers["Cache-Control"]
        stale = re.sub(r"asset/\w+/", "asset/0123456789abcdef/", files[0])
        assert site.browser.get(stale).status_code == 404

    def test_the_library_is_the_one_that_its_notice_names(self):
        vendor = templates_folder() / "h5" / "static" / "vendor"
        notice = (vendor / "echarts.NOTICE.txt").read_text(encoding="utf-8")
        held = hashlib.sha256((vendor / "echarts.picture.min.js").read_bytes()).hexdigest()
        assert re.search(r"SHA-256 +(\w+)", notice)[1] == held
        for licence in re.findall(r"\((echarts\.[\w.-]+)\)", notice):
            assert (vendor / licence).is_file()

    def test_speaks_english_where_asked(self, site, path):
        page = site.browser.get(f"{path}?lang=en").text
        assert '<html lang="en">' in page
        assert "What interests you" in page

    def test_of_somebody_of_whom_nothing_is_known_works(self, site):
        nobody = a_follower(site.account_id, "o-new")
        answer = site.browser.get(me_url("", nobody, NOON))
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"

    def test_changes_nothing_but_the_audit_log(self, site, path, lin):
        before = fetch("SELECT COUNT(*) FROM event")
        site.browser.get(path)
        assert fetch("SELECT COUNT(*) FROM event") == before
        assert [(e.actor, e.action) for e in audit.entries(follower_id=lin)] == [
            ("follower", "show")
        ]

    def test_with_another_token_finds_nothing(self, site, lin):
        tomorrow = NOON + timedelta(days=1)
        for token in (
            "x" * 40,
            tracking.page_token("profile", lin, NOON),  # over
            tracking.page_token("preferences", lin, tomorrow),  # of another page
            tracking.page_token("profile", 999, tomorrow),  # of nobody
        ):
            assert site.browser.get(f"/h5/me/{token}").status_code == 404


class TestDeciding:
    def test_refusing_recommendations_holds_for_the_next_send(self, site, post, lin):
        assert post("consent", purpose="marketing", on="0").status_code == 303
        assert followers.get(lin).opted_out_at == NOON
        said = consents.current(lin)["marketing"]
        assert (said.given, said.how, said.at) == (False, "h5", NOON)
        post("consent", purpose="marketing", on="1")
        assert followers.get(lin).opted_out_at is None

    def test_without_personalisation_rules_and_offers_see_no_interests(self, site, post, lin):
        sql = "SELECT COUNT(*) FROM follower_interest WHERE follower_id = ?"
        assert fetch(sql, (lin,)) == [(2,)]
        post("consent", purpose="personalisation", on="0")
        assert fetch(sql, (lin,)) == [(0,)]
        happened(site.account_id, lin, "message.text", 0, topics={"甜品": 1.0})
        refresh.fold_new(NOON)
        refresh.rebuild(NOON)
        assert fetch(sql, (lin,)) == [(0,)]
        post("consent", purpose="personalisation", on="1")
        assert fetch(sql, (lin,)) == [(3,)]

    def test_a_topic_is_refused_and_wanted_again(self, site, post, lin):
        post("consent", topic="咖啡", on="0")
        assert consents.refusing([lin], ["咖啡", "甜品"]) == {lin}
        assert consents.refusing([lin], ["甜品"]) == set()
        post("consent", topic="咖啡", on="1")
        assert consents.refusing([lin], ["咖啡"]) == set()

    def test_an_attribute_is_corrected_or_forgotten(self, site, post, lin):
        for name, value, held in (("city", "上海", "上海"), ("nickname", "", None)):
            assert post("correct", name=name, value=value).status_code == 303
            assert profiles.state_of(lin)["attrs"][name][0] == held

    def test_a_correction_keeps_the_declared_type_or_that_of_what_was_held(self, site, post, lin):
        account = site.account_id
        for name, kind, words, value in (
            ("birthday", "date", (), "1999-01-13"), ("level", "enum", ("金", "银"), "金"),
            ("age", None, (), 34), ("size", None, (), 42), ("vip", None, (), True),
        ):  # fmt: skip
            if kind:
                attribute_types.define(account, Declared(name, kind, words), NOON)
            happened(account, lin, "attribute", 1, name=name, value=value)
        refresh.fold_new(NOON)
        for name, value, held in (
            ("birthday", "1999/1/14", "1999-01-14"), ("level", "银", "银"), ("age", "35", 35),
            ("size", "四十二", "四十二"), ("vip", "否", False),
        ):  # fmt: skip
            assert post("correct", name=name, value=value).status_code == 303
            assert profiles.state_of(lin)["attrs"][name][0] == held
        for name, value in (
            ("birthday", "1999-13-01"), ("level", "钻石"), ("city", "13912345678"),
        ):  # fmt: skip
            assert post("correct", name=name, value=value).status_code == 422, name

    def test_what_makes_no_sense_is_refused(self, site, post, lin):
        before = fetch("SELECT COUNT(*) FROM event")
        for action, fields in (
            ("correct", {"name": "salary", "value": "1"}),  # a particular that is not held
            ("correct", {"name": "city", "value": "x" * 191}),
            ("correct", {"name": "city", "value": "a\x00b"}),
            ("consent", {"purpose": "spying", "on": "1"}),
            ("consent", {"on": "1"}),
            ("consent", {"topic": "x" * 33, "on": "0"}),
        ):
            assert post(action, **fields).status_code == 422, fields
        assert fetch("SELECT COUNT(*) FROM event") == before

    def test_a_download_is_everything_and_only_his(self, site, post, lin):
        answer = post("export")
        assert "attachment" in answer.headers["Content-Disposition"]
        held = json.loads(answer.text)
        assert held["follower"]["openid"] == "o-lin"
        assert "幸福里三号" in answer.text

    def test_deleting_is_asked_twice_and_leaves_a_certificate(self, site, post, path, lin):
        asked = post("erase")
        assert "确认删除" in asked.text
        assert followers.get(lin).erased_at is None
        done = post("erase", sure="1")
        assert fetch("SELECT certificate FROM erasure")[0][0] in done.text
        assert followers.get(lin).erased_at == NOON
        assert site.browser.get(path).status_code == 404


class TestGuarding:
    ACTS = ("consent", "correct", "export", "erase")

    def test_a_post_without_the_pages_own_form_is_refused(self, site, path, lin):
        wang = a_follower(site.account_id, "o-wang")
        stale = tracking.page_token("profile.post", lin, NOON)
        other = tracking.page_token("profile.post", wang, NOON + timedelta(hours=1))
        for action in self.ACTS:
            for form in ("", "x", path.rsplit("/", 1)[-1], stale, other):
                fields = {"form": form, "purpose": "marketing", "on": "0", "sure": "1"}
                assert site.browser.post(f"{path}/{action}", data=fields).status_code == 403
        assert followers.get(lin).opted_out_at is None
        assert followers.get(lin).erased_at is None

    def test_a_post_from_another_site_is_refused(self, post, lin):
        answer = post("erase", headers={"Sec-Fetch-Site": "cross-site"}, sure="1")
        assert answer.status_code == 403
        assert followers.get(lin).erased_at is None

    def test_a_look_is_no_post_and_a_post_no_look(self, site, path):
        for action in self.ACTS:
            assert site.browser.get(f"{path}/{action}").status_code == 405

    def test_too_many_downloads_are_refused_for_a_while(self, post):
        answers = [post("export").status_code for _ in range(6)]
        assert answers == [200] * 5 + [429]
