"""数据分析, page by page: what the jobs counted, its files, and who is behind a number."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from bot import background, campaign
from bot.console.charts import bars, lines
from bot.console.rights import Role
from bot.console.sections import shade
from bot.effect import cohorts, days, parts
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.store import audit, events, kept_answers, menus, operators, segments
from bot.store.accounts import add as add_account
from bot.store.models import Send
from jobs import figuring
from tests.bot.console.conftest import post
from tests.bot.effect.doings import tap
from tests.conftest import a_follower

REPORTS = "/console/a/default/reports"
GONE = (
    "funnel?campaign=none", "people?campaign=none&step=sent", "people?campaign=tea", "people",
    "people?campaign=tea&step=delivered", "people?campaign=tea&step=sent&window=2",
    "users/csv?part=none", "menu/csv?part=%27", "none", "none/csv",
)  # fmt: skip
EVIL = "<script>alert(1)</script>"
KINDS = ("users", "messages", "menu", "interface", "retention", "funnel", "sources", "campaigns")


@pytest.fixture
def office(house):
    house.hire("lin", Role.MARKETER)
    house.hire("vi", Role.VIEWER)
    house.hire("an", Role.AGENT)
    return house


def happens(office, who, kind, back=timedelta(days=1), **facts):
    at = office.clock() - back
    events.append(office.account_id, who, kind, at=at, received_at=at, source="callback",
                  key=f"{kind}{who}{at}{facts}", facts=facts)  # fmt: skip


def counted(office):
    """The jobs have had their turn."""
    days.fill_due(office.clock())
    parts.fill_due(office.clock())
    while cohorts.fill_due(office.clock()):
        pass


def page(office, path, name="lin"):
    answer = office.signed_in(name).get(f"{REPORTS}/{path}")
    assert answer.status_code == 200, path
    return answer.text.split("<main")[1]


def read(office, path) -> list[list[str]]:
    answer = office.signed_in("lin").get(f"{REPORTS}/{path}")
    assert answer.status_code == 200, path
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def test_messages_by_hour_meaning_and_answer(office):
    who = a_follower(office.account_id)
    for number, facts in enumerate(({"intent": "price"}, {"intent": EVIL}, {"word": "coupon"})):
        happens(office, who, "message.text", timedelta(days=1, seconds=number), **facts)
    counted(office)
    assert read(office, "messages/csv?part=hours")[12:14] == [["11:00", "2"], ["12:00", "1"]]
    intents = read(office, "messages/csv?part=intents")[1:]
    assert sorted(row[0] for row in intents) == sorted(["price", EVIL, "（无意图）"])
    assert {row[1] for row in intents} == {"1"}
    assert ["coupon", "1", "33.3%"] in read(office, "messages/csv?part=words")
    shown = page(office, "messages")
    assert EVIL not in shown
    assert "&lt;script&gt;" in shown
    assert "人均发送次数" in shown
    assert "统计截至" in shown


def test_taps_on_the_menu_by_day_and_by_button(office):
    who = a_follower(office.account_id)
    for number in range(3):
        happens(office, who, "menu.click", timedelta(days=1, seconds=number), key=EVIL)
    happens(office, who, "menu.miniprogram", timedelta(days=2))
    counted(office)
    heads, *rows = read(office, "menu/csv?days=7")
    assert heads == ["日期", "点击次数", EVIL, "打开小程序"]
    assert [row for row in rows if row[1] != "0"] == [
        ["2026-11-20", "3", "3", "0"], ["2026-11-19", "1", "0", "1"],
    ]  # fmt: skip
    assert read(office, "menu/csv?part=buttons")[1] == [EVIL, "3", "1", "75.0%"]
    assert EVIL not in page(office, "menu")


def goes_out(office, back, *buttons, slug="default"):
    at = office.clock() - back
    menus.add(office.account_id, slug, "", {}, at)
    menu = menus.get(office.account_id, slug)
    menus.went_live(menus.ask(menu.id, buttons, {}, "operator:lin", at), "")


def key(name, value):
    return {"name": name, "type": "click", "key": value}


def test_taps_are_told_by_the_title_that_the_button_had_then(office):
    who = a_follower(office.account_id)
    goes_out(office, timedelta(days=5), {"name": "店", "sub_button": [key("优惠", "K")]})
    goes_out(office, timedelta(days=2), {"name": "店", "sub_button": [key("领券", "K")]})
    refused = menus.get(office.account_id, "default")
    menus.failed(
        menus.ask(refused.id, [key("拒", "K")], {}, "x", office.clock() - timedelta(days=2)),
        menus.REFUSED, 40018,
    )  # fmt: skip
    goes_out(office, timedelta(hours=30), key("咖啡", "X"))
    for back, value in ((4, "K"), (3, "K"), (2, "K"), (1, "K"), (1, "X"), (6, "K")):
        happens(office, who, "menu.click", timedelta(days=back), key=value)
    counted(office)
    rows = {row[0]: row[1] for row in read(office, "menu/csv?part=buttons&days=7")[1:]}
    # Phones show a menu that is over for a while: its buttons keep their titles.
    assert rows == {"店 › 优惠": "2", "店 › 领券": "2", "咖啡": "1", "K": "1"}
    heads, *by_day = read(office, "menu/csv?days=7")
    assert heads[:2] == ["日期", "点击次数"]
    at = heads.index("店 › 领券")
    assert [row[0] for row in by_day if row[at] == "1"] == ["2026-11-20", "2026-11-19"]
    assert "店 › 优惠" in page(office, "menu")


def test_two_buttons_of_one_title_are_told_apart_by_their_keys(office):
    who = a_follower(office.account_id)
    goes_out(office, timedelta(days=5), key("更多", "A"), key("更多", "B"))
    goes_out(office, timedelta(days=5), key("会员", "A"), slug="vip")
    for value in "AAB":
        happens(office, who, "menu.click", timedelta(days=1, seconds=ord(value)), key=value)
    happens(office, who, "menu.click", timedelta(days=1), key="A")
    goes_out(office, timedelta(days=4), key("更多", "A"), key("更多", "B"), slug="vip")
    counted(office)
    rows = {row[0]: row[1] for row in read(office, "menu/csv?part=buttons")[1:]}
    assert rows == {"更多（A）": "2", "更多（B）": "1"}
    add_account("second", "wx2", "s" * 32, "token", "a" * 43, "service", office.clock())
    assert menus.gone_out(office.account_id + 1, office.clock()) == []


def test_our_own_side_of_the_interface_stands_beside_the_platform_s(office):
    who = a_follower(office.account_id)
    happens(office, who, "message.text")
    counted(office)
    row = next(one for one in read(office, "interface/csv") if one[0] == "2026-11-20")
    assert row == ["2026-11-20", *[""] * 5, "0", "0", "0", "", "0"], "nothing was handled"


def test_retention_by_day_and_by_week(office):
    for number, left in enumerate((False, True)):
        who = a_follower(office.account_id, openid=f"o-{number}")
        happens(office, who, "subscribe", timedelta(days=9))
        happens(office, who, "message.text", timedelta(days=8))
        if left:
            happens(office, who, "unsubscribe", timedelta(days=5))
    counted(office)
    shares = ["2", "100.0%", "50.0%", "", "100.0%", "0.0%", ""]
    rows = read(office, "retention/csv")
    assert rows[1] == ["合计", *shares]
    assert [row[0] for row in rows[1:] if row[1] != "0"] == ["合计", "2026-11-12"]
    assert ["2026-11-09", *shares] in read(office, "retention/csv?by=week")
    shown = page(office, "retention")
    assert "未取关" in shown
    assert "活跃留存" in shown
    assert 'class="text-end shade-8"' in shown


@pytest.fixture
def sent(office):
    """Three are sent to; one taps twice, the second time after four days."""
    for number in range(3):
        a_follower(office.account_id, openid=f"o-{number}")
    everybody = {"attribute": "subscribed", "op": "eq", "value": True}
    define(office.account_id, "all", "全部", everybody, office.clock())
    refresh_all(office.clock())
    document = {"slug": "tea", "name": EVIL, "segment": "all", "purpose": "marketing",
                "text": "看 {link}", "url": "https://example.com/",
                "guardrails": {"quiet_hours": None}}  # fmt: skip
    campaign.create(office.services, office.account_id, document, office.clock())
    campaign.start(office.services, office.account_id, "tea", office.clock())
    campaign.push_due(office.services, office.clock())
    Send.update(state="sent", sent_at=office.clock(), channel="customer_service").execute()
    rows = list(Send.select().order_by(Send.id))
    for row, late in ((rows[0], 0), (rows[1], 96)):
        tap(_At(office.clock() + timedelta(hours=late)), row)
    office.clock.on(days=5)
    return office


class _At:
    """What `tap` asks of a world."""

    def __init__(self, now) -> None:
        self.now = now


def test_a_funnel_with_windows_leads_to_the_people_behind_it(sent):
    assert read(sent, "funnel/csv")[1:] == [], "of all campaigns only what the job counted"
    asked = "funnel/csv?campaign=tea"
    assert [row[:2] for row in read(sent, asked)[1:4]] == [
        ["发送", "3"], ["打开", "2"], ["点击", "2"],
    ]  # fmt: skip
    assert read(sent, f"{asked}&window=3")[3] == ["点击", "1", "100.0%", "33.3%"]
    assert read(sent, f"{asked}&part=channels")[1][:2] == ["客服消息", "3"]
    shown = page(sent, "funnel?campaign=tea")
    assert EVIL not in shown
    assert 'class="bar"' in shown
    assert "people?campaign=tea&amp;window=7&amp;step=clicked" in shown
    people = "people?campaign=tea&since=2026-11-21&until=2026-11-21&step=clicked"
    assert page(sent, people).count("/followers/") == 2
    assert page(sent, f"{people}&window=3").count("/followers/") == 1
    assert EVIL not in page(sent, people)


def test_the_people_of_a_step_are_kept_as_a_segment(sent):
    lin = sent.signed_in("lin")
    people = "people?campaign=tea&since=2026-11-21&until=2026-11-21&step=clicked"
    shown = page(sent, people)
    assert "&#34;outcome&#34;: &#34;clicked&#34;" in shown
    answer = post(lin, "/console/a/default/new-segment", name="点过", slug="tapped",
                  rule='{"campaign": "tea", "outcome": "clicked"}')  # fmt: skip
    assert answer.status_code in (302, 303)
    refresh_all(sent.clock())
    assert segments.by_slug(sent.account_id, "tapped").size == 2
    assert "/new-segment" not in page(sent, people, "an")


def test_who_may_not_look_at_followers_sees_numbers_only(sent):
    vi = sent.signed_in("vi")
    assert vi.get(f"{REPORTS}/people?campaign=tea&step=sent").status_code == 403
    assert page(sent, "funnel?campaign=tea", "vi").count("<tr>") > 3


def test_all_campaigns_are_added_up_as_the_job_counted_them(sent):
    kept = figuring.kept(sent.services, lambda message, context: None, sent.clock())
    assert kept == 6, "today, the funnel, its week, sources, who follows, coupons"
    assert read(sent, "funnel/csv")[1] == ["发送", "3", "", "100.0%"]
    assert read(sent, "funnel/csv?since=2026-11-22")[1:] == []
    kinds = ("funnel", "sources")
    assert all(kept_answers.standing(sent.account_id, kind) for kind in kinds)


def test_what_is_not_there(sent):
    lin = sent.signed_in("lin")
    for path in GONE:
        assert lin.get(f"{REPORTS}/{path}").status_code == 404, path
    assert lin.get(f"{REPORTS}/funnel?window=x").status_code == 422
    for place in ("x", "1", "1.x", "9" * 30 + ".1", "-1.2"):
        path = f"people?campaign=tea&step=sent&before={place}"
        assert lin.get(f"{REPORTS}/{path}").status_code == 200, place


def test_another_account_s_campaign_is_not_there(sent):
    add_account("second", "wx2", "s" * 32, "token", "a" * 43, "service", sent.clock())
    lin = sent.signed_in("lin")
    for path in ("funnel?campaign=tea", "people?campaign=tea&step=sent"):
        assert lin.get(f"/console/a/second/reports/{path}").status_code == 404


def test_runs_are_ranked_by_the_figure_asked_for(sent):
    rows = read(sent, "campaigns/csv?sort=click_rate")
    assert rows[1][:3] == [EVIL, "tea", "1"]
    assert rows[1][-1] == "测量中"
    shown = page(sent, "campaigns?sort=at")
    assert 'href="/console/a/default/campaigns/tea"' in shown
    assert f"{REPORTS}/runs" in shown
    assert "测量中" in page(sent, "runs")
    assert read(sent, "runs/csv")[1][1] == "tea"


def test_a_span_stands_beside_the_one_before(office):
    who = a_follower(office.account_id)
    for back in (1, 2, 9):
        happens(office, who, "subscribe", timedelta(days=back))
    counted(office)
    shown = page(office, "users?days=7&compare=1")
    assert "上期 1" in shown
    assert "+100.0%" in shown
    assert "上期·新增人数" in shown
    assert "上期·" not in page(office, "users?days=7")


def test_the_part_of_a_file_is_in_the_audit_log(office):
    read(office, "messages/csv?part=hours&days=7")
    (entry,) = audit.entries(1)
    assert (entry.detail["report"], entry.detail["part"]) == ("messages", "hours")
    assert entry.detail["days"] == "2026-11-15..2026-11-21"


def test_collisions_of_great_segments_are_counted_in_the_background(sent, monkeypatch):
    monkeypatch.setattr("bot.console.pages.calendar.QUICK", 2)
    month = "/console/a/default/calendar/collisions"
    lin = sent.signed_in("lin")
    assert "还没有统计过" in lin.get(month).text
    answer = post(lin, f"{month}/count?month=2026-11")
    assert answer.status_code in (302, 303)
    assert "/work/" in answer.headers["Location"]
    background.run_long(sent.services, sent.clock())
    assert "查看 0 处撞车" in lin.get(answer.headers["Location"]).text
    shown = lin.get(month).text
    assert "没有撞车的活动" in shown
    assert "统计截至 2026-11-26 12:00" in shown
    assert "还没有统计过" in lin.get(f"{month}?month=2026-12").text
    assert post(lin, f"{month}/count?month=x").status_code == 404


def test_english_is_complete(sent):
    counted(sent)
    operators.update(operators.by_name("lin").id, language="en")
    paths = (*KINDS, "orders", "runs", "funnel?campaign=tea", "people?campaign=tea&step=sent")
    for path in paths:
        said = page(sent, path).replace("鸿雁", "")
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in said), path


def test_a_line_has_a_gap_where_nothing_is_known():
    drawn = lines(["a", "b", "c"], {"x": [1, None, 3]})
    assert [said for _, _, said in drawn.lines[0].dots] == ["a x 1", "c x 3"]
    assert drawn.said == "x 3"
    assert lines(["a"], {"x": [None]}).lines[0].dots == []


def test_bars_are_as_long_as_the_greatest_leaves_room():
    drawn = bars([("a", 10, "10"), ("b", 5, "5"), ("c", 0, "0")])
    widths = [width for _, width, _, _ in drawn.rows]
    assert (widths[1], widths[2]) == (widths[0] / 2, 0)
    assert drawn.said == "a 10；b 5；c 0"
    assert bars([]).rows == []


@pytest.mark.parametrize(("share", "dark"), [(None, 0), (0, 0), (0.5, 4), (1, 8), (1.7, 8)])
def test_a_cell_is_as_dark_as_its_share(share, dark):
    assert shade(share) == dark
