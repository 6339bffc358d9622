"""Daily limits, the calls that tell and clear them, and the calls behind rids (4.2)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.sandbox.config import Switches
from bot.sandbox.gateway import ENDPOINTS, UNLIMITED, Call, limit_of
from bot.sandbox.limits_table import LIMITS, daily_limit
from bot.sandbox.statistics import Statistics
from tests.bot.sandbox.conftest import Desktop, a_config

TODAY = "2026-11-21"
USERS = "/cgi-bin/user/get"
APPID, SECRET = "wxsandbox00000001", "secret-of-the-sandbox"


# --- the limits --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind", "fans", "expected"),
    [
        pytest.param("/cgi-bin/token", "service", 0, 2_000, id="tokens"),
        pytest.param("/cgi-bin/token", "test", 0, 200, id="tokens of a test number"),
        pytest.param("/cgi-bin/token", "service", 10**7, 2_000, id="tokens never rise"),
        pytest.param("/cgi-bin/menu/create", "test", 0, 100, id="menus of a test number"),
        pytest.param("/cgi-bin/media/upload", "test", 0, 500, id="uploads of a test number"),
        pytest.param("/cgi-bin/qrcode/create", "test", 0, 10_000, id="codes of a test number"),
        pytest.param("/cgi-bin/user/get", "test", 0, 100, id="lists of a test number"),
        pytest.param("/cgi-bin/user/info", "test", 0, 500_000, id="people of a test number"),
        pytest.param("/cgi-bin/message/custom/send", "service", 99_999, 500_000, id="messages"),
        pytest.param("/cgi-bin/message/custom/send", "service", 10**5, 5 * 10**6, id="100k fans"),
        pytest.param("/cgi-bin/message/custom/send", "service", 10**6, 5 * 10**7, id="1M fans"),
        pytest.param("/cgi-bin/message/custom/send", "service", 10**7, 5 * 10**8, id="10M fans"),
        pytest.param("/cgi-bin/message/custom/send", "test", 10**7, 50_000, id="a test number"),
        pytest.param("/cgi-bin/freepublish/delete", "service", 0, 10, id="taking articles back"),
        pytest.param("/cgi-bin/tags/create", "service", 0, 77, id="what the table does not name"),
    ],
)
def test_how_many_calls_a_day_allows(path, kind, fans, expected):
    assert daily_limit(path, kind, fans, growth=10, otherwise=77) == expected


def test_every_limit_is_of_a_call_that_exists():
    assert set(LIMITS) <= set(ENDPOINTS)
    declared = {path: ENDPOINTS[path].limit for path in LIMITS}
    for path, limit in declared.items():
        assert limit in (UNLIMITED, LIMITS[path].normal), path


def test_the_limits_rise_with_those_who_follow(desk: Desktop):
    path = "/cgi-bin/message/custom/send"
    assert limit_of(desk.world, path) == 500_000
    desk.world.room(Statistics).fans = 100_000
    assert limit_of(desk.world, path) == 5_000_000


def test_by_how_much_is_a_switch():
    desk = Desktop(a_config(switches=Switches(quota_growth=2)))
    desk.world.room(Statistics).fans = 1_000_000
    assert limit_of(desk.world, USERS) == 2_000
    desk.timeline.stop()


def test_a_refused_call_over_the_limit_is_not_counted(desk: Desktop):
    desk.world.used[(USERS, TODAY)] = 499
    assert [desk.get("user/get").get("errcode") for _ in range(3)] == [None, 45009, 45009]
    assert desk.world.used[(USERS, TODAY)] == 500


# --- telling and clearing ----------------------------------------------------------------------


def told(desk: Desktop, path: str) -> dict[str, Any]:
    return desk.post("openapi/quota/get", {"cgi_path": path})


def test_a_quota_is_told(desk: Desktop):
    desk.get("user/get")
    assert told(desk, USERS) == {
        "errcode": 0,
        "errmsg": "ok",
        "quota": {"daily_limit": 500, "used": 1, "remain": 499},
        "rate_limit": {"call_count": 0, "refresh_second": 0},
        "component_rate_limit": {"call_count": 0, "refresh_second": 0},
    }


def test_a_limit_by_the_minute_is_told_too(desk: Desktop):
    rate = told(desk, "/cgi-bin/stable_token")["rate_limit"]
    assert rate == {"call_count": 10_000, "refresh_second": 60}


def test_what_has_no_limit_is_told_with_a_large_one(desk: Desktop):
    assert ENDPOINTS["/cgi-bin/tags/create"].limit == UNLIMITED
    quota = told(desk, "/cgi-bin/tags/create")["quota"]
    assert quota == {"daily_limit": 5_000_000, "used": 0, "remain": 5_000_000}


@pytest.mark.parametrize("call", ["openapi/quota/get", "openapi/quota/clear"])
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"cgi_path": "/cgi-bin/nothing"}, 76021, id="no such call"),
        pytest.param({}, 76021, id="none named"),
        pytest.param({"cgi_path": "/sns/userinfo"}, 76022, id="calls of web authorization"),
    ],
)
def test_calls_that_have_no_quota_to_tell(desk: Desktop, call, body, expected):
    assert desk.post(call, body)["errcode"] == expected


def test_one_quota_is_cleared_and_the_others_stay(desk: Desktop):
    desk.world.used[(USERS, TODAY)] = 500
    desk.world.used[("/cgi-bin/user/info", TODAY)] = 7
    assert desk.post("openapi/quota/clear", {"cgi_path": USERS})["errcode"] == 0
    assert told(desk, USERS)["quota"]["used"] == 0
    assert told(desk, "/cgi-bin/user/info")["quota"]["used"] == 7


def by_secret(desk: Desktop, **changes: str) -> int:
    body = json.dumps({"appid": APPID, "appsecret": SECRET, **changes}).encode()
    answer = desk.gateway.answer(Call("/cgi-bin/clear_quota/v2", "POST", {}, body))
    return int(json.loads(answer.body)["errcode"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, 0, id="the account's own"),
        pytest.param({"appid": ""}, 41002, id="no appid"),
        pytest.param({"appsecret": ""}, 41004, id="no secret"),
        pytest.param({"appid": "wxother"}, 40013, id="another appid"),
        pytest.param({"appsecret": "wrong"}, 40125, id="a wrong secret"),
    ],
)
def test_all_quotas_are_cleared_with_the_secret_and_no_token(desk: Desktop, changes, expected):
    desk.world.used[(USERS, TODAY)] = 500
    assert by_secret(desk, **changes) == expected
    assert desk.world.used[(USERS, TODAY)] == (500 if expected else 0)


def test_the_secret_may_stand_in_the_query_and_nothing_in_the_body(desk: Desktop):
    asked = Call("/cgi-bin/clear_quota/v2", "POST", {"appid": APPID, "appsecret": SECRET})
    assert json.loads(desk.gateway.answer(asked).body)["errcode"] == 0


def test_quotas_are_cleared_with_the_own_appid_only(desk: Desktop):
    assert desk.post("clear_quota", {"appid": "wxother"})["errcode"] == 40013


def test_the_ten_clears_of_a_month_are_of_all_ways_together(desk: Desktop):
    codes = [desk.post("clear_quota", {"appid": APPID})["errcode"] for _ in range(4)]
    codes += [by_secret(desk) for _ in range(3)]
    codes += [desk.post("openapi/quota/clear", {"cgi_path": USERS})["errcode"] for _ in range(3)]
    assert codes == [0] * 10
    assert desk.post("clear_quota", {"appid": APPID})["errcode"] == 48006
    assert by_secret(desk) == 48006
    assert desk.post("openapi/quota/clear", {"cgi_path": USERS})["errcode"] == 48006
    desk.clock.advance(10 * 86400)  # December
    assert by_secret(desk) == 0


# --- rids --------------------------------------------------------------------------------------


def rid_of(answer: dict[str, Any]) -> str:
    return str(answer["errmsg"]).rpartition("rid: ")[2]


def test_a_rid_leads_to_its_call(desk: Desktop):
    refused = desk.post("tags/create", {"tag": {"name": ""}})
    found = desk.post("openapi/rid/get", {"rid": rid_of(refused)})
    assert found["errcode"] == 0
    asked = found["request"]
    assert asked["invoke_time"] == int(desk.clock().timestamp())
    assert asked["request_url"] == "/cgi-bin/tags/create?"
    assert json.loads(asked["request_body"]) == {"tag": {"name": ""}}
    assert json.loads(asked["response_body"]) == refused
    assert asked["client_ip"] == "127.0.0.1"
    assert desk.token not in json.dumps(asked)


@pytest.mark.parametrize(
    ("rid", "expected"),
    [
        pytest.param("00000000-00000000-00000000", 76001, id="never given here"),
        pytest.param("", 76002, id="none"),
        pytest.param("61725984", 76002, id="no rid's form"),
        pytest.param(7, 76002, id="no text"),
    ],
)
def test_rids_that_lead_nowhere(desk: Desktop, rid, expected):
    assert desk.post("openapi/rid/get", {"rid": rid})["errcode"] == expected


def test_a_rid_lives_seven_days(desk: Desktop):
    rid = rid_of(desk.get("user/info", openid=""))
    desk.clock.advance(7 * 86400 - 1)
    desk.token = desk.world.tokens.plain(desk.clock())[0]
    assert desk.post("openapi/rid/get", {"rid": rid})["errcode"] == 0
    desk.clock.advance(1)
    assert desk.post("openapi/rid/get", {"rid": rid})["errcode"] == 76004
