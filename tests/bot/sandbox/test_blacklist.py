"""The blacklist (4.10)."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.api import blacklist
from tests.bot.sandbox.conftest import Desktop


def block(desk: Desktop, *openids: str) -> int:
    body = {"openid_list": list(openids)}
    return int(desk.post("tags/members/batchblacklist", body)["errcode"])


def unblock(desk: Desktop, *openids: str) -> int:
    body = {"openid_list": list(openids)}
    return int(desk.post("tags/members/batchunblacklist", body)["errcode"])


def listed(desk: Desktop, begin: str = "") -> dict[str, Any]:
    return desk.post("tags/members/getblacklist", {"begin_openid": begin})


def test_people_come_on_the_list_and_off_it(desk: Desktop):
    lin, wang = desk.follower("o-lin"), desk.follower("o-wang")
    assert block(desk, "o-lin", "o-wang") == 0
    assert block(desk, "o-lin") == 0, "again is harmless"
    assert listed(desk) == {
        "total": 2,
        "count": 2,
        "data": {"openid": ["o-lin", "o-wang"]},
        "next_openid": "o-wang",
    }
    assert unblock(desk, "o-lin") == 0
    assert (lin.blacklisted, wang.blacklisted) == (False, True)
    assert listed(desk)["data"] == {"openid": ["o-wang"]}


def test_an_empty_list_has_no_data(desk: Desktop):
    assert listed(desk) == {"total": 0, "count": 0, "next_openid": ""}


def test_pages_go_on_after_the_openid_that_is_named(desk: Desktop, monkeypatch):
    monkeypatch.setattr(blacklist, "PAGE", 2)  # ten thousand in truth
    for number in range(3):
        desk.follower(f"o-{number}")
        block(desk, f"o-{number}")
    assert listed(desk)["data"] == {"openid": ["o-0", "o-1"]}
    assert listed(desk, "o-1")["data"] == {"openid": ["o-2"]}
    assert listed(desk, "o-2") == {"total": 3, "count": 0, "next_openid": ""}


@pytest.mark.parametrize("call", [block, unblock])
@pytest.mark.parametrize(
    ("openids", "expected"),
    [
        pytest.param(["o-lin"], 0, id="one"),
        pytest.param(["o-lin"] * 20, 0, id="twenty"),
        pytest.param(["o-lin"] * 21, 40032, id="more than twenty"),
        pytest.param([], 40032, id="nobody"),
        pytest.param(["o-lin", "o-x"], 49003, id="another account's openid"),
        pytest.param([7], 40031, id="no openid"),
    ],
)
def test_whom_one_call_may_name(desk: Desktop, call, openids, expected):
    desk.follower("o-lin")
    assert call(desk, *openids) == expected


def test_a_page_cannot_begin_after_somebody_who_is_not_on_the_list(desk: Desktop):
    desk.follower("o-lin")
    assert listed(desk, "o-lin")["errcode"] == 49003


def test_none_of_a_refused_call_is_done(desk: Desktop):
    lin = desk.follower("o-lin")
    block(desk, "o-lin", "o-x")
    assert not lin.blacklisted


def test_no_message_reaches_somebody_on_the_list(desk: Desktop):
    desk.chatting("o-lin")
    block(desk, "o-lin")
    message = {"touser": "o-lin", "msgtype": "text", "text": {"content": "你好"}}
    assert desk.post("message/custom/send", message)["errcode"] != 0
    unblock(desk, "o-lin")
    assert desk.post("message/custom/send", message)["errcode"] == 0
