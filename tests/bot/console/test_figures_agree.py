"""One figure, the same on every page: sendings, days, differences, funnels, phases, the margin."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest

from bot import background, campaign
from bot.console.reports import verdict
from bot.console.rights import Role
from bot.effect import days, keeping, postmortem, windows
from bot.effect.telling import effect_told
from bot.store import (
    audit,
    campaigns,
    coupon_notices,
    coupons,
    effect_costs,
    events,
    figures,
    jobs,
    operators,
    quotas,
    segments,
    send_progress,
    syncs,
)
from bot.store.db import fetch, run, transaction
from bot.store.figures import Figure
from bot.store.models import CouponCode
from bot.store.quotas import Look
from bot.store.send_progress import Done
from jobs import figuring
from tests.bot.campaign.test_remind_and_receipts import REMINDER
from tests.bot.campaign.world import Platform, a_document, people
from tests.bot.console.offices import anew, opened
from tests.bot.console.sharing import post
from tests.conftest import NOON, a_follower

A = "/console/a/default"
HERE = f"{A}/campaigns/autumn-coffee"
CUSTOM = "message/custom/send"
CHINESE = re.compile("[\u4e00-\u9fff]")


EMPTY = (
    *("campaign", "coupon_batch", "segment", "kept_answer", "figure", "job_run", "sync_run"),
    *("coupon_notice", "quota_look", "effect_price", "console_look", "background_task"),
)


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    folder = tmp_path_factory.mktemp("figures")
    with opened(folder, fresh_sqlite(folder)) as found:
        yield found


@pytest.fixture
def office(built):
    found = anew(built, *EMPTY)
    found.hire("vi", Role.VIEWER)
    return found


@pytest.fixture
def lin(office):
    return office.signed_in("lin")


@pytest.fixture
def shop(office):
    """Ten who may be sent to, with codes enough, and a platform that takes everything."""
    now, account_id = office.clock(), office.account_id
    batch = coupons.create_batch(
        account_id, "autumn", "暖心券", face_value_fen=2000, valid_seconds=7 * 86400, now=now
    )
    coupons.add_codes(batch, [f"CODE-{i:06d}" for i in range(12)])
    segment = segments.put(account_id, "everybody", "所有人", {"all": []}, now)
    people(account_id, segment.id, 10)
    segments.built(segment.id, segment.version, now, 1)
    services = office.app.extensions["hongyan"]
    object.__setattr__(services, "client_of", lambda _: platform)
    platform = Platform()
    return office


def begin(shop, **changes):
    services, now = shop.app.extensions["hongyan"], shop.clock()
    campaign.create(services, shop.account_id, a_document(**changes), now, actor="operator:lin")
    campaign.start(services, shop.account_id, "autumn-coffee", now)
    push(shop)
    return campaigns.by_slug(shop.account_id, "autumn-coffee")


def push(shop):
    campaign.push_due(shop.app.extensions["hongyan"], shop.clock())


def counted(shop):
    figuring.kept(shop.app.extensions["hongyan"], lambda message, context: None, shop.clock())


def main(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return answer.text.split("<main")[1]


def of(page, title):
    """The number beside a title of 今日实时."""
    found = re.search(rf"<dt>{title}</dt><dd>([^<]*)</dd>", page)
    assert found is not None, title
    return found[1]


def read(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


# --- what was sent ------------------------------------------------------------------------------


def test_a_question_to_the_platform_changes_no_figure_of_what_was_sent(shop, lin):
    begin(shop)
    look = Look(CUSTOM, NOON, "2026-11-21", 10, 518, 1000)
    quotas.adopt(shop.account_id, look)
    assert of(main(lin, A), "发送次数") == "10"
    assert read(lin, f"{A}/reports/messages/csv?days=7")[1][5] == "10"


def test_a_difference_is_told_as_of_the_moment_of_the_question(office, lin):
    day = "2026-11-21"
    quotas.room(office.account_id, CUSTOM, day, 1000)
    assert quotas.take(office.account_id, CUSTOM, day, 185)
    quotas.adopt(office.account_id, Look(CUSTOM, NOON, day, 185, 518, 1000))
    office.clock.on(minutes=5)
    row = re.search(r'<th scope="row">客服消息</th>(.*?)</tr>', main(lin, f"{A}/quotas"), re.S)[1]
    cells = [re.sub("<[^>]+>", " ", cell).split() for cell in re.findall("<td>(.*?)</td>", row)]
    assert cells[0] == ["518", "/", "1,000"]
    assert cells[3:6] == [["2026-11-21", "12:00"], ["185"], ["518"]]
    assert cells[6] == ["+333", "已用已按平台计数改正"]


def test_a_campaign_s_row_counts_reminders_no_more_than_its_own_page(shop):
    one = begin(shop, reminder=REMINDER)
    for code in CouponCode.select().where(CouponCode.follower.in_([1, 2, 3])):
        assert coupons.claim(code.id, shop.clock())
    shop.clock.on(days=6, hours=1)
    assert campaign.plan_reminders(shop.app.extensions["hongyan"], shop.clock()) == 3
    push(shop)
    lin = shop.signed_in("lin")
    assert of_run(lin) == ["10", "10"]
    assert read(lin, f"{A}/reports/campaigns/csv?days=14")[1][5] == "10"
    over(shop)
    assert campaigns.by_slug(shop.account_id, one.slug).state == "closed"
    assert of_run(shop.signed_in("lin")) == ["10", "10"]


def over(shop):
    campaign.close_due(shop.clock())
    shop.clock.on(days=40)
    campaign.close_due(shop.clock())


def of_run(browser):
    """(audience, sent) of the only row of the list."""
    row = re.search("<tbody><tr>(.*?)</tr>", main(browser, f"{A}/campaigns"), re.S)[1]
    return re.findall('<td class="text-end">([0-9,]+)</td>', row)[1:]


def test_of_a_big_run_that_goes_on_it_is_said_that_reminders_are_in_it(shop, lin, monkeypatch):
    begin(shop, reminder=REMINDER)
    monkeypatch.setattr("bot.campaign.results.reached.QUICK", 9)
    assert "10（含提醒）" in main(lin, f"{A}/campaigns")


# --- what came of it ----------------------------------------------------------------------------


def test_the_effect_s_people_add_up_and_who_is_compared_is_said(shop, lin):
    begin(shop, holdout=0.3)
    run("UPDATE send SET skip = 'global_control' WHERE id = (SELECT MIN(id) FROM send"
        " WHERE state = 'held_out')")  # fmt: skip
    [(held,)] = fetch("SELECT COUNT(*) FROM send WHERE state = 'held_out'")
    assert held > 1
    page = main(lin, f"{HERE}/effect")
    assert f"目标人群 10 人：{held} 人留作对照组，{10 - held} 人分到方案" in page
    first = re.search(r'<th scope="row">目标人群</th><td class="text-end">(.*?)</td>', page)[1]
    assert re.sub("<[^>]+>", "", first) == "10"
    assert f"留出的 {held} 人里，有 {held - 1} 人用来和发送组比较" in page
    assert "长期对照组 1" in page


def test_who_was_skipped_and_gets_nothing_later_stands_beside_the_rest(shop, lin):
    run("UPDATE follower SET marketing_consent = FALSE WHERE id <= 4")
    begin(shop)
    page = main(lin, f"{HERE}/effect")
    assert "0 人因时间、额度" in page
    assert "另有 4 人没有收到、也不会再发" in page


def test_a_closed_run_of_few_says_why_an_interval_without_zero_is_not_believed():
    more = {
        "people": [20, 20], "bought": [9, 0], "enough": False, "revenue_enough": False,
        "difference": [0.45, 0.21, 0.66], "extra_buyers": [9, 4, 13], "interval": "final",
        "goal": None,
    }  # fmt: skip
    told = next(effect_told(more))
    assert "区间虽不含 0" in told
    assert "两组共 9 人购买；每组至少 50 人、共至少 10 人购买" in told
    assert "leaves 0 out" in next(effect_told(more, "en"))
    across = {**more, "difference": [0.05, -0.1, 0.2]}
    assert "区间虽不含 0" not in next(effect_told(across))
    assert verdict(more) == "few"


def test_a_step_above_all_of_the_one_before_says_of_whom(shop, lin):
    begin(shop)
    ordered(shop, 3)
    counted(shop)
    found = {row[0]: row[2] for row in read(lin, f"{A}/reports/funnel/csv")[1:]}
    assert found["下单"] == "核销的 300.0%"


def ordered(shop, many):
    """So many buy, and one redeems his coupon for it."""
    shop.clock.on(hours=1)
    at = shop.clock()
    code = CouponCode.select().where(CouponCode.follower == 1).get()
    run("UPDATE coupon_code SET claimed_at = ?, redeemed_at = ? WHERE id = ?",
        (int(at.timestamp() * 1000),) * 2 + (code.id,))  # fmt: skip
    for who in range(1, many + 1):
        events.append(shop.account_id, who, "order", at=at, received_at=at, source="api",
                      key=f"N{who}", facts={"amount_fen": 100})  # fmt: skip


# --- days ---------------------------------------------------------------------------------------


def test_a_run_begins_on_the_account_s_day(shop):
    shop.clock.now = NOON + timedelta(hours=16)  # four in the morning of the next day
    begin(shop)
    lin = shop.signed_in("lin")
    assert read(lin, f"{A}/reports/campaigns/csv?days=7")[1][3] == "2026-11-22"
    assert read(lin, f"{A}/reports/runs/csv")[1][3] == "2026-11-22"


def test_followers_of_past_days_are_those_that_were_counted_or_not_known(office, lin):
    for number in range(3):
        a_follower(office.account_id, openid=f"o-{number}")
    told(office, "2026-11-18", cumulate_user=1234)
    days.fill_due(NOON - timedelta(hours=11))  # an hour past midnight
    run("DELETE FROM follower")
    table = {row[0]: row[4] for row in read(lin, f"{A}/reports/users/csv?days=7")[1:]}
    assert table["2026-11-21"] == "0"
    assert table["2026-11-20"] == "3", "as was counted then"
    assert table["2026-11-18"] == "1234", "as the platform says"
    assert table["2026-11-17"] == "", "nobody knows"
    page = main(lin, f"{A}/reports/users?days=7")
    assert '<td class="text-end">–</td>' in page
    assert not re.search(r">-\d", of_days(page))


def of_days(page):
    return page.split("<tbody>")[1].split("</tbody>")[0]


def told(office, day, **numbers):
    with transaction():
        made = [Figure("getusercumulate", day, "", numbers)]
        figures.put(office.account_id, made, office.clock())


@pytest.mark.parametrize(
    ("asked", "said"),
    [("from=2026-13-40", "2026-13-40"), ("since=2026-13-40", "2026-13-40"),
     ("from=2026-11-20&to=2026-11-01", "2026-11-01")],
)  # fmt: skip
def test_days_that_are_none_are_refused_and_stay_in_the_form(lin, asked, said):
    answer = lin.get(f"{A}/reports/users?{asked}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert f'value="{said}"' in answer.text
    assert "下面显示的是 2026-10-23 至 2026-11-21" in answer.text


def test_days_may_be_asked_for_as_from_and_to(lin):
    found = read(lin, f"{A}/reports/users/csv?from=2026-11-01&to=2026-11-03")
    assert [row[0] for row in found[1:]] == ["2026-11-03", "2026-11-02", "2026-11-01"]


def test_the_calendar_calls_a_run_what_its_own_page_calls_it(shop, lin):
    begin(shop)
    assert run_in_calendar(lin) == "已发完，统计效果中 · 10 人"
    assert "已发完，统计效果中" in main(lin, HERE)
    run("UPDATE campaign SET state = 'paused'")
    assert run_in_calendar(lin).startswith("已暂停")
    run("UPDATE campaign SET state = 'cancelled'")
    assert run_in_calendar(lin).startswith("已取消")


def run_in_calendar(browser):
    found = re.search('class="run run-[a-z]+".*?<span class="text-secondary">(.*?)</span>',
                      main(browser, f"{A}/calendar"), re.S)  # fmt: skip
    assert found is not None
    return found[1]


# --- words for what the machine calls otherwise ---------------------------------------------------


def test_rounds_have_words_whatever_they_bring(office, lin):
    for kind in ("followers", "statistics:2026-11-20", "made.later"):
        syncs.begin(office.account_id, kind, office.clock())
    page = main(lin, f"{A}/followers/syncs")
    assert "微信统计 2026-11-20" in page
    assert "made.later" in page
    assert "粉丝" in page


def test_a_coupon_alarm_and_every_job_are_told_in_words(office, lin):
    with transaction():
        coupon_notices.tell(
            office.account_id, "sudden_newcomers", "api", "high", {"count": 6}, NOON
        )
    page = main(lin, A)
    assert "优惠券风控（新关注即核销过多）：接口核销" in page
    assert "sudden_newcomers" not in page


# --- the home page ------------------------------------------------------------------------------


WEEK = [("发送", "10"), ("点击", "0"), ("领取", "1"), ("核销", "1"), ("下单", "3")]


def week(browser) -> list[tuple[str, str]]:
    """The funnel of the home page, a step a row."""
    table = main(browser, A).split('id="funnel"')[1].split("</section>")[0]
    assert ("<svg" in table) == ("<tbody>" in table)
    return re.findall(r'<th scope="row">(.*?)</th><td class="text-end">(.*?)</td>', table)


def test_the_home_page_has_the_week_s_funnel_today_and_before_a_job_counted(shop, lin):
    assert "近 7 天没有发送" in main(lin, A)
    begin(shop)
    ordered(shop, 3)
    assert week(lin) == WEEK
    counted(shop)
    assert week(lin) == WEEK
    shop.clock.on(days=7)
    assert "近 7 天没有发送" in main(shop.signed_in("lin"), A)


def test_a_big_week_is_counted_in_the_background_and_says_what_went_meanwhile(
    shop, lin, monkeypatch
):
    monkeypatch.setattr(windows, "FEW", 0)
    monkeypatch.setattr(keeping, "QUICK_MS", 0)
    begin(shop)
    ordered(shop, 3)
    assert "近 7 天已发送 10 条，转化漏斗正在统计" in main(lin, A)
    assert week(lin) == []
    assert background.run_long(shop.services, shop.clock()) == 1, "however often it was looked at"
    assert week(lin) == WEEK
    assert "正在统计" not in main(lin, A)
    one = campaigns.by_slug(shop.account_id, "autumn-coffee")
    shop.clock.on(minutes=2)
    send_progress.note(one.id, 1, Done(sent=4), shop.clock())
    keeping.counted(windows.WEEK, shop.account_id, "", shop.clock(), windows.count_week)
    assert week(lin) == WEEK, "the campaign itself is as it was counted last"
    assert "此后又发送 4 条，尚未计入" in main(lin, A)


def test_the_home_page_says_how_the_jobs_are(office, lin):
    assert "任务进程没有在运行" not in main(lin, A), "none ever ran: nothing is wrong yet"
    for slot in (NOON - timedelta(minutes=1), NOON):
        for name in ("days", "campaigns"):
            number = jobs.begin(name, slot, slot, "w")
            jobs.end(number, slot, 1, "KeyError: x" if name == "campaigns" else "")
    part = main(lin, A).split('id="jobs"')[1].split("</section>")[0]
    assert "1 个任务失败或卡住" in part
    assert "2026-11-21 12:00" in part
    assert "2026-11-21 12:01" in part, "the next"
    assert part.index("发送与结束活动") < part.index("统计每日数据与人群人数")
    assert "KeyError" not in part
    assert 'href="/console/jobs"' in part
    vi = main(office.signed_in("vi"), A)
    assert "1 个任务失败或卡住" in vi
    assert 'href="/console/jobs"' not in vi
    office.clock.on(minutes=10)
    assert "任务进程没有在运行" in main(lin, A)


# --- the margin ---------------------------------------------------------------------------------


def test_the_margin_is_said_in_the_console_and_the_post_mortem_leads_there(shop):
    begin(shop)
    over(shop)
    lin = shop.signed_in("lin")
    assert postmortem.make_due(shop.clock()) == 1
    look = f"{A}/reports/lookbacks/autumn-coffee/1"
    assert f'href="{A}/sending-rules#margin"' in main(lin, look)
    assert "#margin" not in main(shop.signed_in("vi"), look)
    answer = post(lin, f"{A}/margin", margin="35")
    assert answer.status_code == 302
    assert effect_costs.prices(shop.account_id) == {"margin": 350}
    entry = audit.entries(1)[0]
    assert (entry.action, entry.detail["value"]) == ("effect_price", 350)
    page = main(lin, answer.location)
    assert "毛利率已保存" in page
    assert 'value="35"' in page


@pytest.mark.parametrize("typed", ["", "x", "-1", "101", "nan", "inf"])
def test_a_margin_that_is_none_is_refused_and_kept_in_the_field(office, lin, typed):
    answer = post(lin, f"{A}/margin", margin=typed)
    assert answer.status_code == 422
    assert "请填 0 到 100 之间的数" in answer.text
    assert f'name="margin" type="number" value="{typed}"' in answer.text
    assert effect_costs.prices(office.account_id) == {}


def test_who_may_not_set_the_account_says_no_margin(office):
    assert post(office.signed_in("vi"), f"{A}/margin", margin="35").status_code == 403


def test_english_is_complete(shop, lin):
    operators.update(operators.by_name("lin").id, language="en")
    run("UPDATE segment SET name = 'all'")
    begin(shop, name="Coffee", holdout=0.3, text="{title} {link}")
    run("UPDATE coupon_batch SET title = 'cup'")
    syncs.begin(shop.account_id, "statistics:2026-11-20", shop.clock())
    ordered(shop, 3)
    counted(shop)
    jobs.end(jobs.begin("days", NOON, NOON, "w"), NOON, 1)
    paths = ("", "/followers/syncs", "/quotas", "/calendar", "/sending-rules", "/campaigns",
             "/campaigns/autumn-coffee/effect", "/reports/users?from=x")  # fmt: skip
    for path in paths:
        shown = lin.get(A + path).text.replace("鸿雁", "")
        assert not CHINESE.search(shown), (path, CHINESE.search(shown))
