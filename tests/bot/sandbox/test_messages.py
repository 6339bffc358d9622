"""Customer-service windows and counts (4.6), template rules and duplicates (4.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.sandbox.api.notices import CATALOGUE, Notice
from bot.sandbox.codes import PlatformError
from tests.bot.sandbox.conftest import QUICK, Desktop, a_config

EXPIRY = next(notice for notice in CATALOGUE if notice.title == "优惠券到期提醒")
HOUR = 3600.0


def send(desk: Desktop, to: str = "o-lin", text: str = "好的") -> int:
    body = {"touser": to, "msgtype": "text", "text": {"content": text}}
    return int(desk.post("message/custom/send", body)["errcode"])


def message(desk: Desktop) -> None:
    desk.acts.say(desk.world.person("o-lin"), "在吗")


def click(desk: Desktop) -> None:
    desk.acts.click(desk.world.person("o-lin"), "COUPON")


def scan(desk: Desktop) -> None:
    desk.acts.scan(desk.world.person("o-lin"), "store01")


def tap_menu_item(desk: Desktop) -> None:
    desk.acts.say(desk.world.person("o-lin"), "满意", menu_id="101")


def view(desk: Desktop) -> None:
    desk.acts.view(desk.world.person("o-lin"), "https://e.example/")


@pytest.mark.parametrize(
    ("act", "after", "codes"),
    [
        pytest.param(message, 0, [0] * 5 + [45047], id="a message allows five"),
        pytest.param(message, 48 * HOUR - 1, [0], id="for 48 hours"),
        pytest.param(message, 48 * HOUR, [45015], id="and not longer"),
        pytest.param(click, 0, [0] * 3 + [45047], id="a menu click allows three"),
        pytest.param(click, 59, [0], id="for a minute"),
        pytest.param(click, 60, [45015], id="and not longer than that"),
        pytest.param(scan, 0, [0] * 3 + [45047], id="a scan allows three"),
        pytest.param(scan, 60, [45015], id="for a minute too"),
        pytest.param(tap_menu_item, 60, [45015], id="an msgmenu item counts as a click"),
        pytest.param(view, 0, [45015], id="an opened menu link opens nothing"),
    ],
)
def test_windows_and_counts(desk: Desktop, act, after, codes):
    desk.follower()
    desk.clock.advance(120)  # the window of following is over
    act(desk)
    desk.clock.advance(after)
    desk.token = desk.world.tokens.plain(desk.clock())[0]
    assert [send(desk) for _ in codes] == codes


def test_following_allows_three_within_a_minute(desk: Desktop):
    desk.follower()
    assert [send(desk) for _ in range(4)] == [0, 0, 0, 45047]
    desk.clock.advance(60)
    assert send(desk) == 45015


def test_allowances_do_not_add_up_and_the_longer_time_stays(desk: Desktop):
    desk.chatting()
    assert send(desk) == 0
    click(desk)  # four are left: a click's three change nothing
    desk.clock.advance(300)
    assert [send(desk) for _ in range(5)] == [0, 0, 0, 0, 45047]


def test_a_new_message_fills_the_count_again(desk: Desktop):
    desk.chatting()
    assert [send(desk) for _ in range(6)][-1] == 45047
    message(desk)
    assert [send(desk) for _ in range(6)] == [0] * 5 + [45047]


def test_a_refused_message_costs_nothing(desk: Desktop):
    desk.chatting()
    assert send(desk, text="") == 44004
    assert [send(desk) for _ in range(6)] == [0] * 5 + [45047]


def test_a_stranger_and_a_former_follower(desk: Desktop):
    lin = desk.chatting()
    assert send(desk, "o-nobody") == 40003
    desk.acts.unfollow(lin)
    assert send(desk) == 43004


def body_of(kind: str, **fields: Any) -> dict[str, Any]:
    return {"touser": "o-lin", "msgtype": kind, kind: fields}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(body_of("text", content="a" * 2048), 0, id="2,048 bytes"),
        pytest.param(body_of("text", content="a" * 2046 + "好"), 45002, id="one byte too long"),
        pytest.param(body_of("poem", content="x"), 40008, id="an unknown type"),
        pytest.param({"touser": "o-lin"}, 40008, id="no type"),
        pytest.param({"touser": "o-lin", "msgtype": "text"}, 40035, id="no content object"),
        pytest.param(body_of("image"), 41006, id="a picture without media"),
        pytest.param(body_of("image", media_id="x"), 40007, id="media that does not exist"),
        pytest.param(body_of("news", articles=[]), 44003, id="no article"),
        pytest.param(body_of("news", articles=[{"title": "一"}]), 0, id="one article"),
        pytest.param(body_of("news", articles=[{"title": "一"}] * 2), 45008, id="two articles"),
        pytest.param(
            body_of("msgmenu", head_content="满意吗", list=[{"id": "1", "content": "满意"}]),
            0,
            id="a message menu",
        ),
        pytest.param(body_of("msgmenu", list=[]), 40035, id="a menu without items"),
        pytest.param(
            {**body_of("text", content="x"), "customservice": {"kf_account": "a@gh"}},
            61451,
            id="an agent that does not exist",
        ),
    ],
)
def test_what_may_be_sent(desk: Desktop, body, expected):
    desk.chatting()
    assert desk.post("message/custom/send", body)["errcode"] == expected


def test_uploaded_media_can_be_sent_for_three_days(desk: Desktop):
    desk.chatting()
    media = desk.world.add_media("image")
    assert desk.post("message/custom/send", body_of("image", media_id=media))["errcode"] == 0
    desk.clock.advance(72 * HOUR)
    message(desk)
    desk.token = desk.world.tokens.plain(desk.clock())[0]
    assert desk.post("message/custom/send", body_of("image", media_id=media))["errcode"] == 40007


def test_an_accepted_message_is_on_the_phone_and_in_the_books(desk: Desktop):
    lin = desk.chatting()
    send(desk, text='看<a href="https://e.example/t/abc">这里</a>')
    assert lin.chat[-1].via == "custom"
    (entry,) = [kept.as_json("o-lin") for kept in desk.world.deliveries["o-lin"]]
    assert (entry["kind"], entry["api"]) == ("text", "custom")
    assert entry["links"] == ["https://e.example/t/abc"]


def test_typing(desk: Desktop):
    desk.chatting()

    def typing(command: str) -> int:
        body = {"touser": "o-lin", "command": command}
        return int(desk.post("message/custom/typing", body)["errcode"])

    assert [typing(c) for c in ("Dance", "Typing", "Typing", "CancelTyping")] == [
        45072,
        0,
        45081,
        0,
    ]
    desk.clock.advance(31)
    assert typing("Typing") == 45080


# --- template messages -------------------------------------------------------------------------

GOOD = {
    "thing1": {"value": "咖啡立减券"},
    "time2": {"value": "2026年11月30日 23:59"},
    "thing3": {"value": "您领取的券即将到期"},
}


def notify(desk: Desktop, client_id: str = "", **changes: Any) -> dict[str, Any]:
    body = {
        "touser": "o-lin",
        "template_id": EXPIRY.id,
        "url": "https://e.example/t/abc",
        "data": GOOD,
        **({"client_msg_id": client_id} if client_id else {}),
        **changes,
    }
    return desk.post("message/template/send", body)


def test_the_account_has_the_expiry_template(desk: Desktop):
    listed = desk.get("template/get_all_private_template")["template_list"]
    (found,) = [one for one in listed if one["title"] == "优惠券到期提醒"]
    assert found["content"] == (
        "名称：{{thing1.DATA}}\n到期时间：{{time2.DATA}}\n说明：{{thing3.DATA}}"
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, 0, id="a follower, a template, right values"),
        pytest.param({"template_id": "Tpl"}, 40037, id="a template we do not have"),
        pytest.param({"touser": "o-nobody"}, 40003, id="a stranger"),
        pytest.param({"data": None}, 47003, id="no data"),
        pytest.param({"data": {**GOOD, "extra9": {"value": "x"}}}, 0, id="a key too many"),
        pytest.param(
            {"data": {k: v for k, v in GOOD.items() if k != "thing3"}}, 47003, id="a key missing"
        ),
        pytest.param({"data": {**GOOD, "thing1": "咖啡"}}, 47003, id="a bare value"),
        pytest.param({"data": {**GOOD, "thing1": {"value": ""}}}, 47003, id="an empty value"),
        pytest.param({"data": {**GOOD, "thing1": {"value": "好" * 20}}}, 0, id="20 characters"),
        pytest.param({"data": {**GOOD, "thing1": {"value": "好" * 21}}}, 47003, id="21 characters"),
        pytest.param({"data": {**GOOD, "thing1": {"value": "好\n好"}}}, 47003, id="two lines"),
        pytest.param({"data": {**GOOD, "time2": {"value": "15:01"}}}, 0, id="a time of day"),
        pytest.param({"data": {**GOOD, "time2": {"value": "2026-11-30 23:59"}}}, 0, id="dashes"),
        pytest.param({"data": {**GOOD, "time2": {"value": "明天下午"}}}, 47003, id="no time"),
    ],
)
def test_what_a_template_message_may_hold(desk: Desktop, changes, expected):
    desk.follower()
    assert notify(desk, **changes)["errcode"] == expected


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("number1", "-12.50", "12a"),
        ("letter1", "abc", "ab1"),
        ("symbol1", "!?", "!a"),
        ("character_string1", "A-20261121/1", "订单1"),
        ("date1", "2026年11月30日", "30.11."),
        ("amount1", "¥39.80", "三十元"),
        ("amount1", "5元", "12345678901"),
        ("phone_number1", "+86 13800138000", "1" * 18),
        ("car_number1", "沪A12345", "沪A1234567"),
        ("name1", "林晓雨", "林" * 11),
        ("phrase1", "已领取", "已经领取成功了"),
    ],
)
def test_the_value_types(key, good, bad):
    notice = Notice("T", "t", {key: "值"}, "")
    assert notice.check({key: {"value": good}}) == {key: good}
    with pytest.raises(PlatformError, match=f"data.{key}.value"):
        notice.check({key: {"value": bad}})


def test_a_former_follower_gets_none(desk: Desktop):
    desk.acts.unfollow(desk.follower())
    assert notify(desk)["errcode"] == 43004


def test_a_template_message_is_reported_later(desk: Desktop):
    lin = desk.follower()
    msgid = notify(desk)["msgid"]
    event = desk.finished()[-1]
    assert event["Event"] == "TEMPLATESENDJOBFINISH"
    assert (event["MsgID"], event["Status"]) == (msgid, "success")
    assert lin.chat[-1].via == "template"
    assert "咖啡立减券" in lin.chat[-1].text


def test_the_same_client_id_within_ten_minutes_is_the_same_message(desk: Desktop):
    lin = desk.follower()
    first = notify(desk, "send-1")
    desk.clock.advance(599)
    again = notify(desk, "send-1")
    assert again["msgid"] == first["msgid"]
    finishes = [e for e in desk.finished() if e["Event"] == "TEMPLATESENDJOBFINISH"]
    assert len(finishes) == 1
    assert len([bubble for bubble in lin.chat if bubble.via == "template"]) == 1
    assert len(desk.world.deliveries["o-lin"]) == 1


def test_after_ten_minutes_it_is_a_new_message(desk: Desktop):
    desk.follower()
    first = notify(desk, "send-1")
    desk.clock.advance(600)
    assert notify(desk, "send-1")["msgid"] != first["msgid"]


def test_the_same_client_id_to_another_person_is_another_message(desk: Desktop):
    desk.follower()
    desk.follower("o-wang")
    assert notify(desk, "x")["msgid"] != notify(desk, "x", touser="o-wang")["msgid"]


def test_who_leaves_before_delivery_blocks_it():
    desk = Desktop(a_config(limits=replace(QUICK, job_delay=0.02)))
    lin = desk.follower()
    notify(desk)
    desk.acts.unfollow(lin)
    assert desk.finished()[-1]["Status"] == "failed:user block"
    assert lin.chat[-1].via != "template"
    desk.timeline.stop()


def test_the_platform_can_fail_too(desk: Desktop):
    desk.world.faults.template_failed = 1.0
    lin = desk.follower()
    notify(desk)
    assert desk.finished()[-1]["Status"] == "failed: system failed"
    assert lin.chat[-1].via != "template"
