"""额度月历 in the console: calls by day, the platform's count beside ours, the scarce goods."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot import background
from bot.campaign.sending import clearing
from bot.console.rights import Role
from bot.store import accounts, audit, followers, operators, quotas
from bot.store.db import run
from bot.store.quotas import Look
from tests.bot.console.offices import anew, opened
from tests.bot.console.sharing import post
from tests.bot.wechat.conftest import Platform

A = "/console/a/default/quotas"
CUSTOM, TODAY = "message/custom/send", "2026-11-21"
CLEAR, ASKED = "/cgi-bin/clear_quota", "/cgi-bin/openapi/quota/get"


@pytest.fixture(scope="module")
def platform():
    found = Platform()
    yield found
    found.close()


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite, platform):
    folder = tmp_path_factory.mktemp("quotas")
    with opened(folder, fresh_sqlite(folder), platform.url) as found:
        yield found


@pytest.fixture
def office(built, platform):
    platform.script.clear()
    platform.requests.clear()
    return anew(built, "quota_look", "background_task")


@pytest.fixture
def lin(office):
    return office.signed_in("lin")


def used(office, calls, day=TODAY, limit=1000, api=CUSTOM):
    quotas.room(office.account_id, api, day, limit)
    assert quotas.take(office.account_id, api, day, calls)


def test_today_has_ours_the_platform_s_and_where_the_day_goes(office, lin):
    assert "今天还没有计到任何接口调用" in lin.get(A).text
    used(office, 600)  # at noon
    look = Look(CUSTOM, office.clock(), TODAY, 600, 690, 1000)
    quotas.keep_look(office.account_id, look)
    page = lin.get(A).text
    row = re.search(r'<th scope="row">客服消息</th>(.*?)</tr>', page, re.S)[1]
    assert "600 / 1,000" in row
    assert "1,200" in row
    assert "会超限" in row
    assert "690" in row
    assert "+90" in row


def test_in_the_first_hours_of_a_day_nothing_is_foretold(office, lin):
    office.clock.now -= timedelta(hours=6, minutes=1)
    used(office, 10)
    row = re.search(r'<th scope="row">客服消息</th>(.*?)</tr>', lin.get(A).text, re.S)[1]
    assert "<td>–</td>" in row
    assert "会超限" not in row


def test_a_month_has_its_days_and_other_months_theirs(office, lin):
    used(office, 3, "2026-11-02", 4)
    used(office, 9, "2026-12-01")
    page = lin.get(A).text
    assert "3 / 4" in page
    assert "9 / 1,000" not in page
    assert "9 / 1,000" in lin.get(f"{A}?month=2026-12").text
    for month in ("2026-13", "x", "0001-01", "2026-12-01"):
        assert lin.get(f"{A}?month={month}").status_code == 404, month


def test_the_goods_of_a_month_are_counted_in_the_background_beside_the_platform(
    office, lin, platform
):
    for number in range(3):
        who = followers.ensure(office.account_id, f"o-{number}", office.clock()).id
        run("UPDATE follower SET subscribed = ? WHERE id = ?", (True, who))
    used(office, 5)
    platform.script[ASKED] = [{"errcode": 0, "quota": {"daily_limit": 800, "used": 7}}]
    assert "还没有计算过这个月" in lin.get(A).text
    answer = post(lin, f"{A}/count", month="2026-11")
    background.run_short(office.services, office.clock())
    assert "/quotas?month=2026-11" in lin.get(answer.location).text
    page = lin.get(A).text
    assert "计算于 2026-11-21 12:00" in page
    assert "<dt>还能收 4 次</dt><dd>3 人</dd>" in page
    assert "12 / 12" in page
    assert "7 / 800" in page, "what the platform says counts"
    assert "还没有计算过这个月" in lin.get(f"{A}?month=2026-10").text


def test_a_platform_that_is_silent_is_said_and_the_rest_counted(office, lin, platform):
    used(office, 5)
    platform.script[ASKED] = [{"errcode": 48001, "errmsg": "no"}] * 3
    post(lin, f"{A}/count", month="2026-11")
    background.run_short(office.services, office.clock())
    page = lin.get(A).text
    assert "平台没有给出数字" in page
    assert "5 / 1,000" in page


def test_counts_are_set_back_on_both_sides_and_so_often_a_month(office, lin, platform):
    used(office, 600)
    used(office, 3, "2026-11-20")
    quotas.keep_look(office.account_id, Look(CUSTOM, office.clock(), TODAY, 600, 690, 1000))
    assert post(lin, f"{A}/reset").status_code == 302
    assert platform.asked(CLEAR)
    found = {one.period: one.used for one in quotas.counts(office.account_id, "2026-11-01", TODAY)}
    assert found == {TODAY: 0, "2026-11-20": 3}
    assert quotas.looks(office.account_id, [CUSTOM]) == {}
    assert audit.entries(1)[0].action == "quota_reset"
    assert "还剩 9 次" in lin.get(A).text
    for _ in range(9):
        post(lin, f"{A}/reset")
    assert len(platform.asked(CLEAR)) == 10
    assert post(lin, f"{A}/reset").status_code == 409
    assert len(platform.asked(CLEAR)) == 10
    assert "重置今天的次数" not in lin.get(A).text


def test_a_reset_that_the_platform_refuses_changes_nothing(office, lin, platform):
    used(office, 600)
    platform.script[CLEAR] = [{"errcode": 48006, "errmsg": "forbid to clear quota"}]
    answer = post(lin, f"{A}/reset")
    assert answer.status_code == 502
    assert "48006" in answer.text
    assert quotas.counts(office.account_id, TODAY, TODAY)[0].used == 600
    assert clearing.left(office.account_id, office.clock()) == 10


def test_who_may_only_look_sets_nothing_back_and_another_account_has_its_own(office):
    accounts.add("cafe", "wx2", "s" * 32, "token", "a" * 43, "service", office.clock())
    office.hire("wu", Role.VIEWER)
    wu = office.signed_in("wu")
    used(office, 600)
    page = wu.get(A).text
    assert "600 / 1,000" in page
    assert "重置今天的次数" not in page
    assert post(wu, f"{A}/reset").status_code == 403
    assert "600 / 1,000" not in wu.get("/console/a/cafe/quotas").text


def test_english_is_complete(office, lin, platform):
    operators.update(operators.by_name("lin").id, language="en")
    used(office, 900)
    platform.script[ASKED] = [{"errcode": 48001, "errmsg": "no"}] * 3
    answer = post(lin, f"{A}/count", month="2026-11")
    background.run_short(office.services, office.clock())
    for path in (A, answer.location, f"{A}?reset=1"):
        page = lin.get(path)
        assert page.status_code == 200
        shown = page.text.replace("鸿雁", "")
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in shown), path
