"""The marketer's page of one follower: what it shows, to whom, and what it never shows."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from bot import journey, tracking
from bot.app import create_app
from bot.build import build
from bot.inbox.context import Handled
from bot.profile import refresh, showing
from bot.segment import catalogue
from bot.segment.refresh import refresh_all
from bot.store import accounts, attribute_types, audit, events, portrait, pseudonyms
from bot.store.db import fetch, run, transaction
from bot.store.models import Campaign, Send
from bot.tracking.pages import FollowerPage, follower_page_token
from bot.tracking.tokens import me_url
from bot.values.attributes import Declared
from bot.values.replies import NO_REPLY
from bot.web import api
from tests.bot.web.test_me import HOSTILE, a_rich_life, happened
from tests.conftest import NOON, a_follower

LIKES_COFFEE = {"all": [{"attribute": "city", "op": "eq", "value": "北京"},
                        {"interest": "咖啡", "at_least": 0.2}]}  # fmt: skip
# Every element that the page has.
OURS = """html head meta title link body main header h1 h2 h3 small a p section dl div dt dd b table
thead tbody tr th td ol ul li time form input label select option button article template script"""


@pytest.fixture
def lin(site):
    """Somebody of whom everything is held: also a hostile text wherever one can stand."""
    a_rich_life(site.account_id, site.lin)
    happened(site.account_id, site.lin, "tag", 5, tag=HOSTILE[:64], on=True, source="<i>")
    happened(site.account_id, site.lin, "attribute", 5, name="<b>x</b>", value=HOSTILE)
    happened(site.account_id, site.lin, "click", 5, campaign=HOSTILE, topics={HOSTILE[:32]: 1.0})
    happened(site.account_id, site.lin, "custom.<u>", 5, scene=HOSTILE)
    for day in (60, 40, 20):
        happened(site.account_id, site.lin, "order", day, amount_fen=100)
    refresh.fold_new(NOON)
    catalogue.define(site.account_id, "coffee", "咖啡<b>客", LIKES_COFFEE, NOON)
    refresh_all(NOON)
    ledger(site)
    return site.lin


def ledger(site) -> None:
    campaign = Campaign.create(
        account=site.account_id, slug="c", name="秋日<b>节", definition={}, state="closed",
        created_at=NOON, updated_at=NOON,
    )  # fmt: skip
    for step, state, skip in (("offer", "skipped", "frequency_cap"), ("again", "sent", "")):
        Send.create(
            campaign=campaign, step=step, follower=site.lin, state=state, skip=skip,
            variant=HOSTILE[:16], planned_at=NOON, claimed_at=NOON, settled_at=NOON,
        )  # fmt: skip


def link(site, follower: int, personal: bool = False) -> str:
    return showing.page_link("", follower, "operator:ming", NOON, personal).url


@pytest.fixture
def page(site, lin):
    return site.browser.get(link(site, lin)).text


# --- what it shows ------------------------------------------------------------------------------


def test_it_shows_the_whole_picture(page, lin):
    for words in (
        pseudonyms.of(lin),
        "同意接收",
        "自 2026-11-21 起",  # follows since
        "依据 8.0 分，来自 5 天",  # five messages, and an order that weighs three
        "依据 0.5 分，来自 1 天",  # opened once
        "4 单，共 131.50 元",
        "超过 0% 的粉丝（第 1 十分位）",
        "个购买日，大约每 20 天一次",
        "预计 2026-11-29",  # twenty days after the last order
    ):
        assert words in page
    charts = re.findall(r'id="c-(\w+)"', page)
    assert charts == ["radar", "interests", "hours", "weekdays", "weeks", "stages", "place"]
    assert page.count("data-said=") == len(charts)


def test_it_says_why_he_is_in_a_segment_and_why_a_campaign_passed_him_by(page):
    assert "城市是「北京」，并且对「咖啡」的兴趣不低于 0.2" in page
    assert "城市是「北京」（实际：「北京」）" in page
    assert "自 2026-11-21 12:00 在此人群" in page
    assert "未发送：近期已收到足够多" in page
    assert page.index("已发送") < page.index("未发送：")  # the later row of two at once first


def test_attributes_have_their_declared_titles(site, lin):
    attribute_types.define(site.account_id, Declared("city", "text", title="所在城市"), NOON)
    page = site.browser.get(link(site, lin)).text
    for words in ("<td>所在城市</td>", "所在城市是「北京」（实际：「北京」）", "所在城市: 北京"):
        assert words in page
    assert "<td>city</td>" not in page


@pytest.mark.parametrize(
    ("came", "left", "zh", "en", "since"),
    [
        (None, None, "未关注", "does not follow", "2026-10-22"),  # the first that is known of him
        (9, 4, "已于 2026-11-17 取关", "left on 2026-11-17", "2026-11-17"),
        (9, None, "已取关", "left", "2026-11-21"),  # nobody knows since when: today at the latest
    ],
)
def test_who_does_not_follow_never_did_or_left_on_a_day(site, came, left, zh, en, since):
    days = [None if one is None else NOON - timedelta(days=one) for one in (came, left)]
    who = a_follower(
        site.account_id, "o-wang", subscribed=False, subscribed_at=days[0], unsubscribed_at=days[1]
    )
    happened(site.account_id, who, "order", 30, amount_fen=100)
    refresh.fold_new(NOON)
    for lang, words in (("zh", zh), ("en", en)):
        page = site.browser.get(f"{link(site, who)}?lang={lang}").text
        assert f"<dd>{words}</dd>" in page
    stages = re.search(r'id="c-stages".*?</section>', page, re.DOTALL)[0]
    assert f'<tr><th scope="row">{since}</th><td data-value="0">no longer following' in stages


def test_a_coupon_that_ended_may_not_be_used(site, lin, page):
    """Ended by the clock alone: no job has been here yet."""
    assert "<td>可使用</td>" in page
    run("UPDATE coupon_code SET expires_at = 1 WHERE follower_id = ?", (lin,))
    assert "<td>已过期</td>" in site.browser.get(link(site, lin)).text


def test_it_says_who_else_he_is_and_why(site, lin):
    """A mask is enough for who may not see more."""
    event = {
        "id": "e-1", "kind": "page.view", "at": "2026-11-20T11:00:00+08:00",
        "follower": {"openid": "o-lin", "phone": "13800138000", "customer": "K-<b>1"},
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {site.key}"}
    taken = site.browser.post("/api/v1/events", json={"events": [event]}, headers=headers).json
    assert taken["accepted"] == 1, taken
    for personal, value in ((False, "138****8000"), (True, "13800138000")):
        page = site.browser.get(link(site, lin, personal)).text
        assert f"<td>手机号</td><td>{value}</td>" in page
        assert "为什么是同一个人" in page
        assert ("13800138000" in page) is personal
        assert "K-<b>" not in page
    own = site.browser.get(me_url("", site.lin, NOON)).text
    assert "手机号 <small>138****8000</small>" in own
    assert "13800138000" not in own


def test_three_topics_make_a_radar_and_two_do_not(site, lin, page):
    assert 'id="c-radar"' in page  # 咖啡, 火锅 and the hostile one
    wang = a_follower(site.account_id, "o-wang")
    happened(site.account_id, wang, "message.text", 1, topics={"咖啡": 1.0, "火锅": 1.0})
    refresh.fold_new(NOON)
    other = site.browser.get(link(site, wang)).text
    assert 'id="c-radar"' not in other
    assert 'id="c-interests"' in other


def test_it_speaks_english_where_asked(site, lin):
    page = site.browser.get(f"{link(site, lin)}?lang=en").text
    assert '<html lang="en">' in page
    for words in (
        "Interests at a glance",
        "had enough lately",
        "Segments, and why",
        "found: &#34;北京&#34;",
    ):
        assert words in page


def test_of_somebody_of_whom_nothing_is_known_it_works(site):
    answer = site.browser.get(link(site, a_follower(site.account_id, "o-new")))
    assert answer.status_code == 200
    assert "新关注" in answer.text


def test_the_timeline_is_paged_and_filtered(site, lin):
    for hour in range(70):
        at = NOON - timedelta(days=200, hours=hour)
        events.append(
            site.account_id, lin, "menu.click", at=at, received_at=at, source="callback",
            key=f"menu{hour}", facts={"key": str(hour)},
        )  # fmt: skip
    address, seen = f"{link(site, lin)}?kind=menu", []
    for _ in range(3):
        page = site.browser.get(address).text
        seen += re.findall(r"<li><time>([^<]+)</time> 点了菜单", page)
        more = re.search(r'href="([^"]+before=[^"]+)"', page)
        address = more[1].replace("&amp;", "&") if more else ""
    assert (len(seen), address) == (70, "")
    assert all(newer >= older for newer, older in pairwise(seen))


def test_an_odd_address_shows_everything(site, lin):
    address = link(site, lin)
    for odd in ("kind=x", "before=x", "before=-1", f"before={'9' * 16}", "before=²", "lang=fr"):
        answer = site.browser.get(f"{address}?{odd}")
        assert answer.status_code == 200, odd
        assert "下了订单" in answer.text, odd


# --- what it never shows ------------------------------------------------------------------------


def test_nothing_that_was_written_is_markup(site, lin):
    for personal in (False, True):
        page = site.browser.get(link(site, lin, personal)).text
        assert set(re.findall(r"</?(\w+)", page)) <= set(OURS.split())
        assert page.count("<script") == 2
        assert "<script>alert" not in page
        assert "<b>x</b>" not in page
        for words in ("&lt;script&gt;alert", "咖啡&lt;b&gt;客", "秋日&lt;b&gt;节"):
            assert words in page


def test_texts_and_personal_particulars_are_shown_only_where_the_link_allows(site, lin):
    happened(site.account_id, lin, "attribute", 2, name="电话", value="13800138000")
    refresh.fold_new(NOON)
    plain, personal = (site.browser.get(link(site, lin, it)).text for it in (False, True))
    for words in ("我住在幸福里三号", "13800138000"):
        assert words not in plain
        assert words in personal
    assert "另有 2 项个人资料未显示" in plain  # the telephone and the nickname
    for page in (plain, personal):
        assert "o-lin" not in page


def test_the_page_is_kept_nowhere_and_runs_only_our_files(site, lin):
    answer = site.browser.get(link(site, lin))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "style=" not in answer.text
    for script in re.findall(r"<script[^>]*>", answer.text):
        assert re.search(r'src="/h5/me/asset/[^"]+" integrity="sha384-', script)


# --- who may look -------------------------------------------------------------------------------


def test_a_look_is_logged_under_who_made_the_link(site, lin):
    address = link(site, lin, personal=True)
    before = fetch("SELECT COUNT(*) FROM event")
    site.browser.get(address)
    opened, made = audit.entries(follower_id=lin)[:2]
    assert (made.actor, made.action) == ("operator:ming", "page.link")
    assert (opened.actor, opened.action) == ("operator:ming", "page.open")
    assert opened.detail == {"link": made.number, "personal": True}
    assert fetch("SELECT COUNT(*) FROM event") == before


def test_a_link_ends_after_half_an_hour(site, lin):
    for age, status in ((timedelta(minutes=29), 200), (timedelta(minutes=30), 404)):
        made = showing.page_link("", lin, "operator:ming", NOON - age)
        assert site.browser.get(made.url).status_code == status


def test_another_token_opens_nothing(site, lin, tmp_path):
    soon = NOON + timedelta(minutes=30)
    good = link(site, lin).rsplit("/", 1)[-1]
    entry = audit.entries(1)[0].number
    other = a_follower(site.account_id, "o-wang")
    for token in (
        "x" * 40,
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        tracking.page_token("profile", lin, soon),  # opens his own page, not this one
        follower_page_token(FollowerPage(other, soon, entry, False)),  # a link made for Lin
        follower_page_token(FollowerPage(lin, soon, entry + 99, False)),  # made by nobody
        follower_page_token(FollowerPage(999, soon, entry, False)),
    ):
        assert site.browser.get(f"/console/followers/{token}").status_code == 404, token
    assert site.browser.get(f"/h5/me/{good}").status_code == 404


def test_a_token_of_another_house_opens_nothing(site, lin, tmp_path, monkeypatch):
    """The same numbers, signed by a house with keys of its own."""
    good = link(site, lin)
    assert site.browser.get(good).status_code == 200
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    settings = replace(site.services.settings, database_url=f"sqlite:///{elsewhere}/hongyan.db")
    theirs = build(settings, clock=lambda: NOON)
    account = theirs.account_of("default")
    a_follower(account.id)
    made = link(site, 1)
    assert audit.entries()[0].number == 1, "the entry of both links"
    app = create_app(theirs, lambda message, ctx: Handled(NO_REPLY, "none"))
    assert app.test_client().get(made).status_code == 200
    assert app.test_client().get(good).status_code == 404
    theirs.store.close()


def test_the_erased_are_not_shown(site, lin):
    address = link(site, lin)
    run("UPDATE follower SET erased_at = 1 WHERE id = ?", (lin,))
    assert site.browser.get(address).status_code == 404


def test_too_many_looks_are_refused_for_a_while(site, lin, monkeypatch):
    monkeypatch.setattr(showing, "MOST_LOOKS", 2)
    address = link(site, lin)
    assert [site.browser.get(address).status_code for _ in range(3)] == [200, 200, 429]


# --- the API ------------------------------------------------------------------------------------


def call(site, method: str, path: str, key: str = ""):
    headers = {"Authorization": f"Bearer {key or site.key}"}
    return site.browser.open(f"/api/v1/followers/{path}", method=method, headers=headers)


def test_a_key_makes_a_link_that_shows_nothing_personal(site, lin):
    for name in (lin, pseudonyms.of(lin)):
        made = call(site, "POST", f"{name}/page").json
        assert made["url"].startswith("https://bot.example.com/console/followers/")
        assert made["expires_at"] == "2026-11-21T04:30:00+00:00"
        shown = site.browser.get(made["url"].removeprefix("https://bot.example.com"))
        assert shown.status_code == 200
        assert "我住在幸福里三号" not in shown.text
    assert audit.entries(1)[0].actor.startswith("key:")
    assert audit.entries(1)[0].actor.endswith(" shop")


def test_a_key_reads_the_picture_and_nothing_personal(site, lin):
    told = call(site, "GET", f"{pseudonyms.of(lin)}/picture")
    assert told.json["follower"] == pseudonyms.of(lin)
    assert told.json["stages"][-1]["stage"] == "loyal"
    assert (told.json["cycle"]["purchase_days"], sum(told.json["hours"])) == (4, 11)
    assert "幸福里" not in told.text
    assert "nickname" not in told.text


def test_nobody_elses_follower_can_be_asked_for(site, lin):
    other = accounts.add("other", "wx-other", "s", "t", "a" * 43, "service", NOON)
    stranger = accounts.new_api_key(other, "x", NOON)
    before = len(audit.entries(1000))
    for method, what in (("GET", "picture"), ("POST", "page")):
        assert call(site, method, f"{lin}/{what}", stranger).status_code == 404
        for name in ("99", "0", "hy-1-00000000", "o-lin"):
            assert call(site, method, f"{name}/{what}").status_code == 404
    assert len(audit.entries(1000)) == before


# --- what it costs ------------------------------------------------------------------------------


def test_a_page_takes_as_many_statements_however_many_followers_and_events(site, lin, monkeypatch):
    monkeypatch.setattr(api, "CALLS_A_MINUTE", 10_000)
    db, asked = site.services.store.db, []
    execute = db.execute_sql
    monkeypatch.setattr(
        db, "execute_sql", lambda sql, *rest: asked.append(sql) or execute(sql, *rest)
    )

    def costs() -> list[int]:
        found = []
        for address in (link(site, lin), f"/api/v1/followers/{lin}/picture"):
            asked.clear()
            headers = {"Authorization": f"Bearer {site.key}"}
            assert site.browser.get(address, headers=headers).status_code == 200
            found.append(len(asked))
        return found

    before = costs()
    with transaction():
        for number in range(300):
            happened(site.account_id, lin, "click", 30, n=number)
    for number in range(30):
        a_follower(site.account_id, f"o-{number}")
    refresh.fold_new(NOON)
    assert costs() == before
    assert max(before) < 50
    assert len(portrait.coupons(lin)) == 1


def test_it_says_in_which_journeys_he_is(site, lin):
    assert "走到哪" not in site.browser.get(link(site, lin)).text
    journey.define(
        site.account_id,
        {"slug": "j", "name": "走到哪", "trigger": {"when": "manual"},
         "steps": [{"id": "w", "wait": {"days": 2}}, {"id": "e", "end": "finished"}]},
        NOON,
    )  # fmt: skip
    journey.start(site.account_id, "j", NOON)
    journey.let_in(site.services, site.account_id, "j", [lin], NOON)
    page = site.browser.get(link(site, lin)).text
    assert page.index("走到哪") < page.index("等 2 天")
