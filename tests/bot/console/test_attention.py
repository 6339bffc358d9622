"""What waits for a person and what went wrong; where it is mended; and how anything is found."""

from __future__ import annotations

import pytest

from bot.clock import to_ms
from bot.console.pages import attention as attention_page
from bot.console.pages import home
from bot.console.rights import Role
from bot.store import accounts, audit, coupon_notices, jobs, pseudonyms, quarantine, segments
from bot.store.db import fetch, insert_new, run
from bot.store.jobs import Failure
from tests.bot.console.conftest import post
from tests.conftest import NOON, a_follower

HOME = "/console/a/default"


def a_dead_message(house, number: int = 1) -> int:
    """A text whose handling failed too often."""
    follower = a_follower(house.account_id, openid=f"o-dead-{number}")
    at = to_ms(NOON)
    event = insert_new(
        "event",
        ("account_id", "follower_id", "kind", "at", "received_at", "source", "dedupe", "facts",
         "folded"),
        (house.account_id, follower, "text", at, at, "callback", f"d-{number}", "{}", True),
    )  # fmt: skip
    run(
        "INSERT INTO inbox (event_id, state, attempts, handler, answer, repeats, error, reason,"
        " trace) VALUES (?, 'dead', 5, 'faq', '', 0, 'KeyError: price <b>', '', '[]')",
        (event,),
    )
    return int(event)


@pytest.fixture
def boss(house):
    house.hire("boss", Role.ADMIN)
    return house.signed_in("boss")


def states() -> list[tuple[str, int]]:
    return fetch("SELECT state, attempts FROM inbox ORDER BY event_id")


def test_a_failed_message_is_tried_again_from_the_console(house, boss):
    first, second = a_dead_message(house, 1), a_dead_message(house, 2)
    assert "2 条消息多次处理失败" in boss.get(HOME).text
    page = boss.get(f"{HOME}/held").text
    assert "KeyError: price &lt;b&gt;" in page
    assert post(boss, f"{HOME}/held/messages", act="retry", number=str(first)).status_code == 303
    assert states() == [("failed", 0), ("dead", 5)]
    post(boss, f"{HOME}/held/messages", act="drop", number=str(second))
    assert states() == [("failed", 0), ("done", 5)]
    assert "条消息多次处理失败" not in boss.get(HOME).text
    said = [one.action for one in audit.entries(2)]
    assert said == ["held_messages", "held_messages"]


def test_all_failed_messages_are_tried_again_at_once(house, boss):
    for number in range(3):
        a_dead_message(house, number)
    answer = post(boss, f"{HOME}/held/messages", act="retry")
    assert "已处理 3 条" in boss.get(answer.headers["Location"]).text
    assert states() == [("failed", 0)] * 3


@pytest.mark.parametrize("what", ["messages", "reports"])
def test_an_unknown_act_changes_nothing(house, boss, what):
    a_dead_message(house)
    assert post(boss, f"{HOME}/held/{what}", act="delete everything").status_code == 422
    assert states() == [("dead", 5)]


@pytest.mark.parametrize("number", ["", "0", "x", "9" * 30])
def test_a_number_that_is_none_is_not_all_of_them(house, boss, number):
    a_dead_message(house)
    assert post(boss, f"{HOME}/held/messages", act="drop", number=number).status_code == 404
    assert states() == [("dead", 5)]


def test_another_account_s_messages_stay(house, boss):
    event = a_dead_message(house)
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", house.clock())
    post(boss, "/console/a/second/held/messages", act="retry", number=str(event))
    post(boss, "/console/a/second/held/messages", act="drop")
    assert states() == [("dead", 5)]
    assert "条消息多次处理失败" not in boss.get("/console/a/second").text


def test_a_refused_report_is_judged_again_and_dropped(house, boss):
    quarantine.keep(house.account_id, "event", {"x": 1}, "person", "谁？<i>", None, house.clock())
    assert "1 条上报数据未通过校验" in boss.get(f"{HOME}/attention").text
    assert "谁？&lt;i&gt;" in boss.get(f"{HOME}/held").text
    post(boss, f"{HOME}/held/reports", act="retry")
    assert quarantine.count(house.account_id) == 1  # it says the same as before
    answer = post(boss, f"{HOME}/held/reports", act="drop")
    assert quarantine.count(house.account_id) == 0
    assert "已处理 1 条" in boss.get(answer.headers["Location"]).text


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (Role.ADMIN, {"等人工客服", "库存不足", "多次处理失败"}),
        (Role.AGENT, {"等人工客服", "库存不足"}),
        (Role.VIEWER, {"库存不足"}),
    ],
)
def test_one_is_told_what_one_may_act_on(house, role, sees):
    a_dead_message(house)
    a_follower(house.account_id, openid="o-waits", held_by="queue", held_until=house.clock())
    facts = {"left": 3}
    coupon_notices.tell(house.account_id, "low_stock", "cup", "high", facts, house.clock())
    house.hire("wu", role)
    browser = house.signed_in("wu")
    page = browser.get(f"{HOME}/attention").text
    assert {said for said in ("等人工客服", "库存不足", "多次处理失败") if said in page} == sees
    assert f">{len(sees)}</span>" in browser.get(f"{HOME}/bell").text


@pytest.fixture
def tea_refused(house):
    """A second account whose secrets are wrong, by a run of the job that keeps its token."""
    accounts.add("tea", "wx2", "s" * 32, "token", "a" * 43, "service", house.clock())
    number = jobs.begin("token", house.clock(), house.clock(), "here")
    text = "40013: invalid appid rid: 6a-7 (bad appid: set the appid)"
    failure = Failure("tea", "RequestRejected", text)
    jobs.end(number, house.clock(), 1, jobs.written([failure]))


def test_a_job_that_failed_names_the_account_in_words_and_the_button_that_mends(
    house, boss, tea_refused
):
    page = boss.get(f"{HOME}/attention").text
    main = page[page.index("<main") :]
    assert "公众号“tea”的任务“保持凭证有效”出错：AppID 不正确" in main
    assert '<a class="btn btn-sm" href="/console/a/tea/settings">去改凭证</a>' in main
    assert '<small class="text-secondary">40013</small>' in main
    assert "RequestRejected" not in main
    assert "invalid appid" not in main
    listed = boss.get("/console/jobs").text
    assert 'href="/console/a/tea/settings">去改凭证' in listed
    assert "公众号 tea" in listed


def test_an_account_s_own_administrator_is_told_of_his_account_only(house, tea_refused):
    ids = {slug: key for key, slug in accounts.slugs().items()}
    for name, slug in (("teaboss", "tea"), ("mainboss", "default")):
        house.hire(name, Role.ADMIN, ids[slug])
    theirs = house.signed_in("teaboss").get("/console/a/tea/attention").text
    assert 'href="/console/a/tea/settings">去改凭证' in theirs
    assert "AppID 不正确" not in house.signed_in("mainboss").get(f"{HOME}/attention").text


def test_the_bell_is_silent_where_nothing_waits(house, boss):
    assert "badge" not in boss.get(f"{HOME}/bell").text
    assert "没有待办" in boss.get(f"{HOME}/attention").text


# --- search --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "hit", "missed"),
    [
        ("周末", "segments/weekend", "segments/vip"),
        ("VIP", "segments/vip", "segments/weekend"),
        ("日历", "/calendar", "segments/vip"),
        ("%", "没有找到", "segments/"),
        ("<script>", "&lt;script&gt;", "<script>alert"),
    ],
)
def test_what_has_a_name_is_found_by_a_part_of_it(house, boss, asked, hit, missed):
    rule = {"subscribed": True}
    for slug, name in (("weekend", "周末来的人"), ("vip", "Vip 客户")):
        segments.put(house.account_id, slug, name, rule, house.clock())
    page = boss.get(f"{HOME}/search", query_string={"q": asked}).text
    main = page[page.index("<main") :]
    assert hit in main
    assert missed not in main


def test_a_follower_s_number_leads_to_the_follower(house, boss):
    number = pseudonyms.of(a_follower(house.account_id))
    answer = boss.get(f"{HOME}/search", query_string={"q": number})
    assert answer.status_code == 302
    assert "/followers/" in answer.headers["Location"]
    house.hire("wu", Role.VIEWER)
    seen = house.signed_in("wu").get(f"{HOME}/search", query_string={"q": number})
    assert seen.status_code == 200


@pytest.mark.parametrize(
    ("asked", "path"),
    [("导入", "/followers/imports"), ("风控", "/coupons/radar"), ("影子", "/shadow"),
     ("转化漏斗", "/reports/funnel"), ("测试人员", "/testers")],
)  # fmt: skip
def test_a_page_is_found_by_the_name_of_its_tab(house, boss, asked, path):
    page = boss.get(f"{HOME}/search", query_string={"q": asked}).text
    main = page[page.index("<main") :]
    assert f"{HOME}{path}" in main
    house.hire("wu", Role.VIEWER)
    seen = house.signed_in("wu").get(f"{HOME}/search", query_string={"q": asked}).text
    assert f"{HOME}/testers" not in seen[seen.index("<main") :]


def test_a_follower_is_found_by_the_beginning_of_the_name_that_is_shown(house, boss):
    one = a_follower(house.account_id)
    name = pseudonyms.of(one)
    number, check = name.split("-")[1:]
    for asked in (f"hy-{one}", f"HY-{number}-{check[:3]}", f"{number}-{check}"):
        page = boss.get(f"{HOME}/search", query_string={"q": asked}).text
        assert f'{HOME}/followers/{one}"' in page, asked
        assert name in page, asked
    wrong = "0" if check[0] != "0" else "1"
    missed = boss.get(f"{HOME}/search", query_string={"q": f"hy-{one}-{wrong}"}).text
    assert f'{HOME}/followers/{one}"' not in missed
    house.hire("wu", Role.VIEWER)
    seen = house.signed_in("wu").get(f"{HOME}/search", query_string={"q": f"hy-{one}"}).text
    assert name not in seen


def test_an_empty_search_asks_what_for(house, boss):
    page = boss.get(f"{HOME}/search").text
    assert "没有找到" not in page


@pytest.mark.parametrize("path", ["", "/attention"])
def test_what_wants_somebody_is_counted_once_a_request_and_stands_on_the_bell(
    house, boss, monkeypatch, path
):
    counted = []
    for page in (home, attention_page):
        real = page.attention
        monkeypatch.setattr(
            page, "attention", lambda *given, real=real: counted.append(1) or real(*given)
        )
    text = boss.get(f"{HOME}{path}").text
    assert counted == [1]
    bell = text.partition('class="bell"')[2].partition("</a>")[0]
    assert "every 60s" in bell
    assert 'hx-trigger="load"' not in text, "the bell does not ask a second time"
    assert 'hx-trigger="load"' in boss.get(f"{HOME}/segments").text
