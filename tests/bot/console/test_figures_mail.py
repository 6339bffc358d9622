"""报表订阅: who may, what is refused, what goes to a mail server on loopback, and how often."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pytest

from bot.console import report_mail
from bot.console.rights import Role
from bot.effect import days
from bot.errors import InvalidInput
from bot.store import audit, events, operators, report_orders
from bot.store.accounts import add as add_account
from tests.bot.console.conftest import House, post
from tests.bot.effect.test_mail import Server, server
from tests.conftest import a_follower

__all__ = ["server"]
ORDERS = "/console/a/default/reports/orders"
SHANGHAI = ZoneInfo("Asia/Shanghai")
ASKED = {"report": "users", "every": "day", "hour": "9", "mailboxes": "boss@shop.cn, ad@shop.cn"}


@pytest.fixture
def office(house: House) -> House:
    """It is Saturday, noon in Shanghai."""
    house.hire("lin", Role.MARKETER)
    house.hire("vi", Role.VIEWER)
    return house


def subscribed(office: House, **changes: str) -> None:
    answer = post(office.signed_in("lin"), f"{ORDERS}/new", **{**ASKED, **changes})
    assert answer.status_code == 303


def turn(office: House, server: Server) -> int:
    """The job, by a mail server at hand."""
    url = f"smtp://bot%40shop.cn:pass@127.0.0.1:{server.port}"
    settings = replace(office.services.settings, smtp_url=url)
    return report_mail.send_due(replace(office.services, settings=settings), office.clock())


def shown(office: House) -> str:
    return office.signed_in("lin").get(ORDERS).text.split("<main")[1]


def test_without_a_mail_server_a_subscription_waits_in_plain_sight(office: House):
    page = shown(office)
    assert "请让管理员先开通" in page
    assert "先存下，等待开通邮件" in page
    subscribed(office)
    row = shown(office).partition("<tbody>")[2].partition("</tr>")[0]
    assert "等待开通邮件" in row
    settings = replace(office.services.settings, smtp_url="smtp://bot:pass@127.0.0.1:25")
    office.app.extensions["hongyan"] = replace(office.services, settings=settings)
    assert "等待开通邮件" not in shown(office)


def test_a_daily_report_goes_once_with_its_tables_and_nobody_s_name(office: House, server: Server):
    who = a_follower(office.account_id, openid="o-secret")
    at = office.clock() - timedelta(hours=2)
    events.append(office.account_id, who, "subscribe", at=at, received_at=at, source="callback",
                  key="s", facts={"scene": "door"})  # fmt: skip
    subscribed(office)
    assert "还没有寄过" in shown(office)
    assert turn(office, server) == 0, "today's hour was before anybody subscribed"
    office.clock.on(hours=13)
    days.fill_due(office.clock())
    office.clock.on(hours=7, minutes=59)
    assert turn(office, server) == 0
    office.clock.on(minutes=1)
    assert [turn(office, server), turn(office, server)] == [1, 0]
    mail = message_from_bytes(server.got[0], policy=policy.default)
    assert (mail["To"], mail["From"]) == ("boss@shop.cn, ad@shop.cn", "bot@shop.cn")
    assert mail["Subject"] == "【鸿雁日报】用户分析 · default · 2026-11-21"
    files = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
    assert list(files) == [
        "default-users-2026-11-21.csv",
        "default-users-wx_sources-2026-11-21.csv",
    ]
    rows = next(iter(files.values())).lstrip("\ufeff").splitlines()
    assert rows[0].startswith("日期,新增人数")
    assert [row.split(",")[0] for row in rows[1:]] == [f"2026-11-{n}" for n in range(21, 14, -1)]
    assert rows[1] == "2026-11-21,1,0,1,1,,,,"
    body = mail.get_body().get_content()
    assert "2026-11-15 至 2026-11-21" in body
    assert "/console/a/default/reports/users?since=2026-11-15&until=2026-11-21" in body
    assert b"o-secret" not in server.got[0]
    assert "2026-11-21：2026-11-22 09:00 已寄出" in shown(office)
    office.clock.on(days=1)
    assert turn(office, server) == 1


def test_a_weekly_report_goes_on_monday_about_the_week_before(office: House, server: Server):
    subscribed(office, every="week", report="retention", hour="8")
    office.clock.on(days=1, hours=19, minutes=59)
    assert turn(office, server) == 0
    office.clock.on(minutes=1)
    assert turn(office, server) == 1
    mail = message_from_bytes(server.got[0], policy=policy.default)
    assert mail["Subject"] == "【鸿雁周报】留存分析 · default · 2026-W47"
    assert "2026-10-17 至 2026-11-22" in mail.get_body().get_content(), "a month's stay is in it"
    office.clock.on(days=6)
    assert turn(office, server) == 0


@pytest.mark.parametrize(
    ("local", "every", "hour", "period", "due"),
    [("2026-11-22T08:59", "day", 9, "2026-11-20", "2026-11-21T09:00"),
     ("2026-11-22T09:00", "day", 9, "2026-11-21", "2026-11-22T09:00"),
     ("2026-11-22T23:59", "week", 9, "2026-W46", "2026-11-16T09:00"),
     ("2026-11-23T08:59", "week", 9, "2026-W46", "2026-11-16T09:00"),
     ("2026-11-23T09:00", "week", 9, "2026-W47", "2026-11-23T09:00"),
     ("2027-01-04T09:00", "week", 9, "2026-W53", "2027-01-04T09:00")],
)  # fmt: skip
def test_the_period_that_is_due(local, every, hour, period, due):
    now = datetime.fromisoformat(local).replace(tzinfo=SHANGHAI)
    found = report_mail.latest_period(every, hour, SHANGHAI, now)
    assert found == (period, datetime.fromisoformat(due).replace(tzinfo=SHANGHAI))


@pytest.mark.parametrize(
    ("answer", "cut", "said", "again"),
    [pytest.param("450 later", False, "暂时没有接收", True, id="tried again later"),
     pytest.param("550 nobody of that name", False, "没有寄出", False, id="refused for good"),
     pytest.param("250 ok", True, "不确定是否寄出", False, id="broken off: it may have gone")],
)  # fmt: skip
def test_what_the_server_did_not_take(office, server, answer, cut, said, again):
    subscribed(office)
    office.clock.on(days=1)
    server.answer, server.cut = answer, cut
    assert turn(office, server) == 0
    assert said in shown(office)
    server.answer, server.cut = "250 ok", False
    assert turn(office, server) == 0, "not at once"
    office.clock.on(minutes=10)
    assert turn(office, server) == again


def test_a_report_that_broke_off_before_it_was_given_is_tried_again(office, server, monkeypatch):
    subscribed(office)
    office.clock.on(days=1)
    monkeypatch.setattr(server, "gone_at", "RCPT")
    assert turn(office, server) == 0
    assert "暂时没有接收" in shown(office)
    server.gone_at = ""
    office.clock.on(minutes=10)
    assert turn(office, server) == 1
    assert len(server.got) == 1


def test_it_is_tried_for_three_days_and_then_given_up(office: House, server: Server):
    subscribed(office)
    office.clock.on(hours=21)
    server.answer = "450 later"
    order = report_orders.of_account(office.account_id)[0]
    report_orders.plan(order.id, "2026-11-21", office.clock(), office.clock())
    for _ in range(report_mail.MOST_TRIES):
        mail = report_orders.due(office.clock())[0]
        assert mail.state == "waiting"
        report_mail._send(_with(office, server), mail, office.clock())
        office.clock.on(hours=6)
    assert report_orders.last(order.id).why == "gave_up"
    assert "试了三天" in shown(office)


def _with(office: House, server: Server):
    settings = replace(office.services.settings, smtp_url=f"smtp://127.0.0.1:{server.port}")
    return replace(office.services, settings=settings)


def test_a_mail_under_way_when_the_process_ended_is_not_sent_again(office, server):
    subscribed(office)
    office.clock.on(days=1)
    order = report_orders.of_account(office.account_id)[0]
    report_orders.plan(order.id, "2026-11-21", office.clock(), office.clock())
    assert report_orders.take(report_orders.last(order.id).id, office.clock())
    assert turn(office, server) == 0
    assert "不确定是否寄出" in shown(office)


def test_it_ends_with_the_right_of_who_asked(office: House, server: Server):
    subscribed(office)
    lin = operators.by_name("lin").id
    operators.set_role(lin, 0, Role.VIEWER)
    office.clock.on(days=1)
    assert turn(office, server) == 0
    assert server.got == []
    assert report_orders.running() == []
    operators.set_role(lin, 0, Role.MARKETER)
    assert "没有导出权限" in shown(office)


def test_a_stopped_one_rests_and_a_removed_one_is_gone(office: House, server: Server):
    subscribed(office)
    lin = office.signed_in("lin")
    order = report_orders.of_account(office.account_id)[0]
    assert post(lin, f"{ORDERS}/{order.id}/act", act="stop").status_code == 303
    assert "已停用" in shown(office)
    office.clock.on(days=1)
    assert turn(office, server) == 0
    lin = office.signed_in("lin")
    post(lin, f"{ORDERS}/{order.id}/act", act="go_on")
    assert turn(office, server) == 1
    assert post(lin, f"{ORDERS}/{order.id}/act", act="dance").status_code == 422
    post(lin, f"{ORDERS}/{order.id}/act", act="remove")
    assert report_orders.of_account(office.account_id) == []
    assert post(lin, f"{ORDERS}/{order.id}/act", act="stop").status_code == 404
    acts = [one.action for one in audit.entries(4)]
    assert acts == ["report_remove", "report_go_on", "report_stop", "report_order"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"report": "secrets"}, "选择报表"), ({"every": "minute"}, "日报或周报"),
     ({"hour": "24"}, "发送时间"), ({"hour": "-1"}, "发送时间"), ({"mailboxes": ""}, "至少一个"),
     ({"mailboxes": "a@b.cn,b@b.cn,c@b.cn,d@b.cn,e@b.cn,f@b.cn"}, "最多 5"),
     ({"mailboxes": "<b>@x"}, "不是邮箱")],
)  # fmt: skip
def test_what_is_refused_keeps_the_form(office: House, changes: dict, said: str):
    answer = post(office.signed_in("lin"), f"{ORDERS}/new", **{**ASKED, **changes})
    assert answer.status_code == 422
    assert said in answer.text.split("<main")[1]
    assert "<b>@x" not in answer.text
    assert report_orders.of_account(office.account_id) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [("a@b.cn", ("a@b.cn",)), (" a@b.cn；c.d+e@f-g.com ", ("a@b.cn", "c.d+e@f-g.com")),
     ("a@b.cn a@b.cn", ("a@b.cn",)), ("a@b", None), ("a.@b.cn", None), ("a@b..cn", None),
     ("a@b.cn\r\nBcc:x@y.cn", None), ("林@b.cn", None), ("a@b.cn>", None),
     (f"{'a' * 190}@b.cn", None)],
)  # fmt: skip
def test_what_is_an_address(text, found):
    if found is None:
        with pytest.raises(InvalidInput):
            report_mail.addresses(text)
    else:
        assert report_mail.addresses(text) == found


def test_nobody_subscribes_without_end(office: House):
    for number in range(report_mail.MOST_ORDERS):
        report_orders.add(office.account_id, 1, "users", "day", number % 20 + 2, ["a@b.cn"], "zh",
                          office.clock())  # fmt: skip
    answer = post(office.signed_in("lin"), f"{ORDERS}/new", **ASKED)
    assert (answer.status_code, "最多 20" in answer.text) == (422, True)


def test_addresses_are_for_those_who_may_take_data_away(office: House):
    subscribed(office)
    vi = office.signed_in("vi")
    assert vi.get(ORDERS).status_code == 403
    assert post(vi, f"{ORDERS}/new", **ASKED).status_code == 403
    assert "/reports/orders" not in vi.get("/console/a/default/reports").text
    order = report_orders.of_account(office.account_id)[0]
    add_account("second", "wx2", "s" * 32, "token", "a" * 43, "service", office.clock())
    other = f"/console/a/second/reports/orders/{order.id}/act"
    assert post(office.signed_in("lin"), other, act="remove").status_code == 404
    assert len(report_orders.of_account(office.account_id)) == 1


def test_without_a_mail_server_the_page_says_so_and_nothing_is_planned(office: House):
    subscribed(office)
    assert "HONGYAN_SMTP_URL" in shown(office)
    office.clock.on(days=1)
    assert report_mail.send_due(office.services, office.clock()) == 0
    assert report_orders.last(report_orders.of_account(office.account_id)[0].id) is None


def test_a_server_that_is_gone_is_tried_later(office: House):
    subscribed(office)
    office.clock.on(days=1)
    settings = replace(office.services.settings, smtp_url="smtp://127.0.0.1:9")
    assert report_mail.send_due(replace(office.services, settings=settings), office.clock()) == 0
    assert report_orders.last(report_orders.of_account(office.account_id)[0].id).why == "later"


def test_every_report_can_be_mailed(office: House):
    order = report_orders.get(
        office.account_id,
        report_orders.add(office.account_id, 1, "users", "day", 9, ["a@b.cn"], "en",
                          office.clock()),
    )  # fmt: skip
    for kind in report_mail.KINDS:
        one = replace(order, report=kind)
        subject, text, files = report_mail.written(
            office.services, one, "2026-11-20", office.clock()
        )
        assert files, kind
        said = subject + text + "".join(content.decode() for _, content in files)
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in said), kind
