"""One follower inside the console: every tab, what may be done, who may do it, and what is kept."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot import coupon
from bot.console.rights import Role
from bot.errors import NotFound
from bot.profile.refresh import fold_of
from bot.store import accounts, audit, campaigns, consents, events, followers, pseudonyms
from bot.store.db import run
from bot.values.audience import SendState
from tests.bot.console.followers_cast import post
from tests.conftest import NOON, a_follower

TABS = ("", "/tags", "/timeline", "/coupons", "/messages", "/why", "/rights")
LIST = "/console/a/default/followers"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def lin(house):
    """A marketer, and one follower who wrote, has a tag and an attribute that try to run."""
    for name, role in (("lin", Role.MARKETER), ("boss", Role.ADMIN), ("an", Role.AGENT),
                       ("shen", Role.REVIEWER), ("wu", Role.VIEWER)):  # fmt: skip
        house.hire(name, role)
    house.one = a_follower(house.account_id, openid="o-lin-1", subscribed=True)
    heard(house, "message.text", sealed={"text": f"你好 {EVIL}"})
    heard(house, "attribute", {"name": "city", "value": f"上海{EVIL}"})
    heard(house, "attribute", {"name": "nickname", "value": "阿宝"})
    heard(house, "tag", {"tag": EVIL, "on": True, "source": "rule"})
    fold_of(house.one, NOON)
    house.path = f"{LIST}/{house.one}"
    house.lin = house.signed_in("lin")
    return house


def heard(house, kind, facts=None, sealed=None, at=NOON):
    events.append(
        house.account_id, house.one, kind, at=at, received_at=at, source="callback",
        key=f"{kind}{facts}{at}", facts=facts or {}, sealed=sealed,
    )  # fmt: skip


def a_send(house, number, state, skip="", reasons=None):
    try:
        campaign = campaigns.by_slug(house.account_id, "c1").id
    except NotFound:
        campaign = campaigns.create(house.account_id, "c1", f"活动{EVIL}", {}, NOON)
    run(
        "INSERT INTO send (campaign_id, generation, step, follower_id, state, purpose, variant,"
        " channel, skip, subject, client_id, msgid, planned_at, not_before, claimed_by, attempts,"
        " error, reasons, content) VALUES (?, ?, 'offer', ?, ?, 'marketing', 'A',"
        " 'customer_service', ?, '', '', '', ?, 0, '', 0, '', ?, '')",
        (campaign, number, house.one, state, skip, number, json.dumps(reasons or {})),
    )


def test_every_tab_shows_and_the_look_is_in_the_log(lin):
    for tab in TABS:
        page = lin.lin.get(lin.path + tab)
        assert page.status_code == 200, tab
        assert pseudonyms.of(lin.one) in page.text
        assert EVIL not in page.text
        entry = audit.entries(1)[0]
        assert (entry.actor, entry.action) == ("operator:lin", "page.open")
        assert entry.detail["tab"] == (tab[1:] or "picture")


def test_who_was_imported_and_never_followed_is_said_alike_everywhere(lin):
    never = {"subscribed": False, "subscribed_at": None, "stage": "gone"}
    one = a_follower(lin.account_id, openid="o-never", **never)
    left = a_follower(lin.account_id, openid="o-left", **{**never, "subscribed_at": NOON})
    page = lin.lin.get(f"{LIST}/{one}").text
    assert "已取关" not in page
    assert page.count("未关注") >= 2
    rows = lin.lin.get(LIST).text.partition("<tbody>")[2].split("<tr>")
    said = {number: next(row for row in rows if f"/followers/{number}\"" in row)
            for number in (one, left)}  # fmt: skip
    assert ("未关注" in said[one], "已取关" in said[one]) == (True, False)
    assert ("未关注" in said[left], "已取关" in said[left]) == (False, True)


def test_the_charts_have_their_script_and_their_tables(lin):
    page = lin.lin.get(lin.path).text
    assert 'data-chart="steps"' in page
    assert "echarts.picture.min.js" in page
    assert "style=" not in page.partition('<main id="main"')[2]  # the browser would refuse it


def test_what_says_who_somebody_is_shows_to_who_may_export(lin):
    assert "阿宝" in lin.lin.get(lin.path).text
    assert "阿宝" not in lin.signed_in("an").get(lin.path).text
    assert "上海" in lin.signed_in("an").get(lin.path).text


def test_words_of_messages_show_to_who_answers_or_exports(lin):
    for name, sees in (("lin", True), ("an", True), ("shen", False)):
        page = lin.signed_in(name).get(f"{lin.path}/messages").text
        assert ("你好" in page) is sees, name


def test_nobody_else_s_follower_is_there(lin):
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", lin.clock())
    viewer = lin.signed_in("wu")
    for tab in (*TABS, "/nothing"):
        assert lin.lin.get(lin.path.replace("default", "second") + tab).status_code == 404
        assert lin.lin.get(f"{LIST}/9223372036854775807{tab}").status_code == 404
        assert lin.lin.get(f"{LIST}/{'9' * 30}{tab}").status_code == 404
        assert viewer.get(lin.path + tab).status_code == 403
    assert {one.action for one in audit.entries(20)} <= {"console.sign_in"}  # nobody looked


def test_an_unknown_tab_is_not_there_and_too_many_looks_are_refused(lin):
    assert lin.lin.get(f"{lin.path}/nothing").status_code == 404
    for _ in range(120):
        audit.record("operator:lin", "page.open", NOON, follower_id=lin.one)
    assert lin.lin.get(lin.path).status_code == 429
    lin.clock.on(minutes=11)
    assert lin.lin.get(lin.path).status_code == 200


class TestWhy:
    SENT = (
        (SendState.SENT, "", {}, "已发送"),
        (SendState.SKIPPED, "opted_out", {}, "已退订"),
        (SendState.SKIPPED, "frequency_cap", {"caps": {"7d": {"sent": 2, "cap": 2}}},
         "7 天内已收到 2 条，上限 2"),
        (SendState.SKIPPED, "outranked", {"campaign": EVIL}, "让位给活动"),
        (SendState.SKIPPED, "rest", {"unanswered": 4, "rests_until": "2026-12-01T00:00:00Z"},
         "休息到 2026-12-01"),
        (SendState.SKIPPED, "rest", {"unanswered": 5, "rests_until": "?"}, "休息到 –"),
        (SendState.SKIPPED, "no_channel", {"window": "closed"}, "窗口已关闭"),
        (SendState.SKIPPED, "from_the_future", {}, "from_the_future"),
        (SendState.HELD_OUT, "", {}, "对照"),
    )  # fmt: skip

    def test_sent_or_not_it_says_why(self, lin):
        for number, (state, skip, reasons, _) in enumerate(self.SENT, start=1):
            a_send(lin, number, state, skip, reasons)
        page = lin.lin.get(f"{lin.path}/why").text
        for _, skip, _, said in self.SENT:
            assert said in page, skip
        assert EVIL not in page

    def test_thirty_at_a_time_and_none_twice(self, lin):
        for number in range(1, 36):
            a_send(lin, number, SendState.SKIPPED, "quota")
        first = lin.lin.get(f"{lin.path}/why").text
        more = first.partition('rel="next" href="')[2].partition('"')[0]
        second = lin.lin.get(f"{lin.path}/why{more}").text
        assert (first.count("<tr><td>"), second.count("<tr><td>")) == (30, 5)
        assert 'rel="next"' not in second

    def test_a_campaign_that_is_not_there_is_said_to_be_none(self, lin):
        page = lin.lin.get(f"{lin.path}/why", query_string={"campaign": EVIL})
        assert page.status_code == 200
        assert 'role="alert"' in page.text
        assert EVIL not in page.text


def test_coupons_by_state_a_page_at_a_time(lin):
    document = {"slug": "cup", "title": "半价", "face_value_fen": 100, "threshold_fen": 0,
                "valid_days": 7, "codes": 31}  # fmt: skip
    batch = coupon.make_batch(lin.account_id, document, NOON).id
    for number in range(31):
        run(
            "UPDATE coupon_code SET follower_id = ?, state = 'issued', issued_at = ?,"
            " expires_at = ? WHERE id = (SELECT MIN(id) FROM coupon_code WHERE batch_id = ?"
            " AND follower_id IS NULL)",
            (lin.one, number + 1, 1 if number == 30 else 2**42, batch),
        )
    first = lin.lin.get(f"{lin.path}/coupons").text
    assert "已过期" in first
    assert first.count("<tr><th") == 31  # thirty and the heads
    more = first.partition('rel="next" href="')[2].partition('"')[0]
    assert lin.lin.get(f"{lin.path}/coupons{more}").text.count("<tr><th") == 2


class TestTags:
    def test_one_is_put_on_and_taken_off(self, lin):
        assert post(lin.lin, f"{lin.path}/tag", tag=" 老客 ").status_code == 303
        assert ">老客<" in lin.lin.get(f"{lin.path}/tags").text
        lin.clock.on(seconds=1)
        post(lin.lin, f"{lin.path}/tag", tag="老客", on="0")
        assert ">老客<" not in lin.lin.get(f"{lin.path}/tags").text
        assert [one.action for one in audit.entries(4) if "tag" in one.action] == [
            "follower_untag", "follower_tag",
        ]  # fmt: skip

    def test_what_is_no_tag_comes_back_with_why(self, lin):
        for tag in ("", "  ", "x" * 65, "a\nb", "13800138000"):
            answer = post(lin.lin, f"{lin.path}/tag", tag=tag)
            assert answer.status_code == 422, tag
            assert 'role="alert"' in answer.text


class TestConsent:
    def test_a_word_is_noted_with_its_reason(self, lin):
        answer = post(
            lin.lin, f"{lin.path}/consent", purpose="marketing", given="0", reason="来电要求"
        )
        assert answer.status_code == 303
        assert followers.get(lin.one).opted_out_at == NOON
        said = consents.history(lin.one)[-1]
        assert (said.how, said.wording, said.given) == ("operator", "来电要求", False)
        lin.clock.on(minutes=1)
        post(lin.lin, f"{lin.path}/consent", purpose="marketing", given="1", reason="又同意")
        assert followers.get(lin.one).opted_out_at is None

    def test_what_cannot_be_noted_changes_nothing(self, lin):
        for form in (
            {"purpose": "marketing", "given": "0"},
            {"purpose": "marketing", "given": "0", "reason": "  "},
            {"purpose": "world", "given": "0", "reason": "x"},
            {"topic": "x" * 33, "given": "0", "reason": "x"},
        ):
            assert post(lin.lin, f"{lin.path}/consent", **form).status_code == 422, form
        assert consents.history(lin.one) == []

    def test_a_topic_is_refused(self, lin):
        post(lin.lin, f"{lin.path}/consent", topic="咖啡", given="0", reason="来电")
        assert consents.choices(lin.one) == {"咖啡": False}
        assert "咖啡" in lin.lin.get(f"{lin.path}/rights").text


class TestRights:
    def test_everything_held_is_a_file_and_taking_it_is_logged(self, lin):
        answer = post(lin.lin, f"{lin.path}/export")
        assert "attachment" in answer.headers["Content-Disposition"]
        held = json.loads(answer.text)
        assert any(one["kind"] == "message.text" for one in held["events"])
        assert audit.entries(1)[0].action == "export"

    def test_erasing_wants_the_number_typed(self, lin):
        boss = lin.signed_in("boss")
        assert post(boss, f"{lin.path}/erase", typed="yes").status_code == 422
        assert followers.get(lin.one).erased_at is None
        answer = post(boss, f"{lin.path}/erase", typed=pseudonyms.of(lin.one))
        assert answer.status_code == 200
        assert followers.get(lin.one).erased_at is not None
        assert boss.get(lin.path).status_code == 404
        assert {one.action for one in audit.entries(3, follower_id=lin.one)} >= {"erase"}

    def test_who_may_do_what(self, lin):
        talk, edit = {"lin", "boss", "an"}, {"lin", "boss"}
        allowed = {"tag": talk, "consent": talk, "block": edit, "export": edit, "erase": {"boss"}}
        for name in ("lin", "boss", "an", "shen", "wu"):
            browser = lin.signed_in(name)
            for act, who in allowed.items():
                answer = post(browser, f"{lin.path}/{act}", tag="")
                assert (answer.status_code != 403) is (name in who), (name, act)

    def test_a_platform_that_is_away_is_said_in_words(self, lin):
        answer = post(lin.lin, f"{lin.path}/block", on="1")
        assert answer.status_code == 409
        assert "微信没有应答" in answer.text
        assert followers.get(lin.one).blacklisted is False


def test_english_is_complete(lin):
    from bot.store import operators

    person = operators.by_name("boss")
    assert person is not None
    operators.update(person.id, language="en")
    browser = lin.signed_in("boss")
    for tab in TABS[1:]:
        page = browser.get(lin.path + tab)
        assert page.status_code == 200
        main = (
            page.text.partition('<main id="main"')[2]
            .replace("上海", "")
            .replace("你好", "")
            .replace("阿宝", "")
        )
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in main), tab


def test_a_page_of_the_timeline_by_kind(lin):
    for number in range(40):
        at = NOON - timedelta(minutes=number + 1)
        heard(lin, "menu.click", {"key": str(number)}, at=at)
    first = lin.lin.get(f"{lin.path}/timeline?kind=menu").text
    assert first.count("<li><time>") == 30
    more = first.rpartition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert lin.lin.get(f"{lin.path}/timeline{more}").text.count("<li><time>") == 10
