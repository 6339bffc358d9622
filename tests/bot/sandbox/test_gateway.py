"""What every call passes: method, token, quota, body, faults."""

from __future__ import annotations

import json
import re

import pytest

from bot.sandbox.gateway import ENDPOINTS, Call
from bot.sandbox.web.delivery import chunks
from tests.bot.sandbox.conftest import Desktop

ACCOUNT = {
    "grant_type": "client_credential",
    "appid": "wxsandbox00000001",
    "secret": "secret-of-the-sandbox",
}


@pytest.mark.parametrize(
    ("method", "path", "raw", "token", "expected"),
    [
        pytest.param("GET", "/cgi-bin/nothing", b"", None, 40066, id="an address that is none"),
        pytest.param("POST", "/cgi-bin/user/get", b"{}", None, 43001, id="POST where GET is due"),
        pytest.param("GET", "/cgi-bin/tags/create", b"", None, 43002, id="GET where POST is due"),
        pytest.param("GET", "/cgi-bin/user/get", b"", "", 41001, id="no token"),
        pytest.param("GET", "/cgi-bin/user/get", b"", "x", 40014, id="a malformed token"),
        pytest.param("POST", "/cgi-bin/tags/create", b"", None, 44002, id="an empty body"),
        pytest.param("POST", "/cgi-bin/tags/create", b"{", None, 47001, id="broken JSON"),
        pytest.param("POST", "/cgi-bin/tags/create", b"[]", None, 47001, id="no JSON object"),
        pytest.param(
            "POST", "/cgi-bin/tags/create", b'{"a": "\\u4f60"}', None, 40033, id="escaped Chinese"
        ),
        pytest.param(
            "POST",
            "/cgi-bin/tags/create",
            b'{"tag": {"name": "\\\\u4f60"}}',
            None,
            None,
            id="an escaped backslash before a u is fine",
        ),
    ],
)
def test_calls_that_the_door_refuses(desk: Desktop, method, path, raw, token, expected):
    query = {"access_token": desk.token if token is None else token}
    outcome = desk.gateway.answer(Call(path, method, query, raw))
    answer = json.loads(outcome.body)
    assert outcome.status == 200
    assert answer.get("errcode") == expected
    if expected:
        assert re.search(r" rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$", answer["errmsg"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, None, id="the account's own"),
        pytest.param({"grant_type": "password"}, 40002, id="another grant"),
        pytest.param({"appid": ""}, 41002, id="no appid"),
        pytest.param({"secret": ""}, 41004, id="no secret"),
        pytest.param({"appid": "wxother"}, 40013, id="another appid"),
        pytest.param({"secret": "wrong"}, 40125, id="a wrong secret"),
    ],
)
def test_who_gets_a_token(desk: Desktop, changes, expected):
    fields = {**ACCOUNT, **changes}
    for answer in (desk.get("token", **fields), desk.post("stable_token", fields)):
        assert answer.get("errcode") == expected
        assert ("access_token" in answer) == (expected is None)


def test_a_daily_quota_ends_and_comes_back_with_the_day(desk: Desktop):
    desk.world.used[("/cgi-bin/user/get", "2026-11-21")] = 500
    assert desk.get("user/get")["errcode"] == 45009
    told = desk.post("openapi/quota/get", {"cgi_path": "/cgi-bin/user/get"})["quota"]
    assert told == {"daily_limit": 500, "used": 500, "remain": 0}
    desk.clock.advance(12 * 3600)  # past midnight in Shanghai
    desk.token = desk.world.tokens.plain(desk.clock())[0]
    assert "errcode" not in desk.get("user/get")


def test_quotas_are_cleared_ten_times_a_month(desk: Desktop):
    desk.world.used[("/cgi-bin/user/get", "2026-11-21")] = 500
    codes = [desk.post("clear_quota", {"appid": ACCOUNT["appid"]})["errcode"] for _ in range(11)]
    assert codes == [0] * 10 + [48006]
    assert "errcode" not in desk.get("user/get")


@pytest.mark.parametrize(
    ("fault", "body", "status"),
    [
        pytest.param({"kind": "errcode", "errcode": -1}, b'"errcode": -1', 200, id="a code"),
        pytest.param({"kind": "500"}, b"Internal", 500, id="a server error"),
        pytest.param({"kind": "html"}, b"<html>", 200, id="a page instead of JSON"),
    ],
)
def test_a_fault_meets_the_next_calls_and_nothing_is_done(desk: Desktop, fault, body, status):
    desk.world.faults.add({"path": "/cgi-bin/tags/create", "times": 2, **fault})
    call = Call(
        "/cgi-bin/tags/create",
        "POST",
        {"access_token": desk.token},
        '{"tag": {"name": "会员"}}'.encode(),
    )
    for _ in range(2):
        outcome = desk.gateway.answer(call)
        assert (body in outcome.body, outcome.status) == (True, status)
    assert "会员" not in desk.world.tags.values()
    assert "会员".encode() in desk.gateway.answer(call).body


@pytest.mark.parametrize(
    ("fault", "hang", "cut"),
    [
        pytest.param({"kind": "hang", "seconds": 7}, 7.0, False, id="answered late"),
        pytest.param({"kind": "cut"}, 0.0, True, id="cut after processing"),
    ],
)
def test_an_unknown_outcome_has_been_done(desk: Desktop, fault, hang, cut):
    desk.world.faults.add({"path": "*", **fault})
    call = Call(
        "/cgi-bin/tags/create",
        "POST",
        {"access_token": desk.token},
        '{"tag": {"name": "会员"}}'.encode(),
    )
    outcome = desk.gateway.answer(call)
    assert (outcome.hang, outcome.cut) == (hang, cut)
    assert "会员" in desk.world.tags.values()
    if cut:
        with pytest.raises(ConnectionAbortedError):
            list(chunks(outcome, {}))


@pytest.mark.parametrize("fault", [{"kind": "magic"}, {"times": 0}, {"seconds": -1}])
def test_a_fault_that_is_none_is_refused(desk: Desktop, fault):
    with pytest.raises(ValueError, match="wants"):
        desk.world.faults.add({"path": "*", **fault})


def test_addresses_and_self_check(desk: Desktop):
    assert desk.get("getcallbackip")["ip_list"]
    checked = desk.post("callback/check", {"action": "all", "check_operator": "DEFAULT"})
    assert set(checked) == {"dns", "ping"}
    assert desk.post("callback/check", {"action": "jump"})["errcode"] == 40035


def test_the_api_that_is_played():
    """The product calls these; more may come, none may go."""
    paths = {path.removeprefix("/cgi-bin/") for path in ENDPOINTS}
    assert paths >= {
        "token",
        "stable_token",
        "user/info",
        "user/info/batchget",
        "user/get",
        "message/custom/send",
        "message/template/send",
        "message/mass/send",
        "message/mass/sendall",
        "message/mass/get",
        "tags/create",
        "tags/get",
        "tags/getidlist",
        "tags/members/batchtagging",
        "tags/members/batchuntagging",
        "menu/create",
        "menu/get",
        "menu/delete",
        "qrcode/create",
        "template/get_all_private_template",
        "openapi/quota/get",
        "getcallbackip",
        "callback/check",
    }
