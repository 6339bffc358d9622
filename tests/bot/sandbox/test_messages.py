"""Customer-service windows and counts (4.6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bot.sandbox.conftest import Desktop

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
