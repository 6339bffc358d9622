"""Web authorisation and mini-program log-in: codes and tokens (4.16, 5)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from bot.errors import MessageRefused
from bot.sandbox.api.oauth import js_code, mark_risky, phone_code, web_code
from bot.sandbox.api.tickets import jsapi_ticket
from bot.sandbox.gateway import Call
from bot.sandbox.platform import Platform
from bot.sandbox.web.app import create_app
from bot.wechat.client import WeChatClient
from tests.bot.sandbox.asking import fetch, later, send
from tests.bot.sandbox.conftest import Desktop, a_config
from tests.bot.sandbox.test_agreement import SandboxTokens

DAY = 24 * 3600.0
APP = {"appid": "wxsandbox00000001", "secret": "secret-of-the-sandbox"}
TOKEN, REFRESH = "/sns/oauth2/access_token", "/sns/oauth2/refresh_token"
SESSION, PHONE = "/sns/jscode2session", "/wxa/business/getuserphonenumber"


@pytest.fixture
def platform() -> Iterator[Platform]:
    made = Platform(a_config())
    made.world.person("o-lin", "林晓雨")
    yield made
    made.stop()


# --- codes and tokens ----------------------------------------------------------------------------


def code_of(desk: Desktop, scope: str = "snsapi_userinfo") -> str:
    return web_code(desk.world, desk.world.person("o-lin"), scope)


def token_of(desk: Desktop, code: str = "", **changes: str) -> dict[str, Any]:
    query = {**APP, "code": code or code_of(desk), "grant_type": "authorization_code"}
    return fetch(desk, TOKEN, **{**query, **changes})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, None, id="right"),
        pytest.param({"appid": ""}, 41002, id="no appid"),
        pytest.param({"secret": ""}, 41004, id="no secret"),
        pytest.param({"appid": "wxother"}, 40013, id="another appid"),
        pytest.param({"secret": "wrong"}, 40125, id="a wrong secret"),
        pytest.param({"grant_type": "code"}, 40002, id="another grant"),
        pytest.param({"code": "x"}, 40029, id="a code that is none"),
    ],
)
def test_who_gets_a_token(desk: Desktop, changes, expected):
    assert token_of(desk, **changes).get("errcode") == expected


def test_a_missing_code(desk: Desktop):
    assert fetch(desk, TOKEN, **APP, grant_type="authorization_code")["errcode"] == 41008


def test_a_code_is_good_once(desk: Desktop):
    code = code_of(desk)
    assert "errcode" not in token_of(desk, code)
    assert token_of(desk, code)["errcode"] == 40163


def test_a_code_is_good_for_five_minutes(desk: Desktop):
    first, second = code_of(desk), code_of(desk)
    desk.clock.advance(299)
    assert "errcode" not in token_of(desk, first)
    desk.clock.advance(1)
    assert token_of(desk, second)["errcode"] == 42003


def test_a_refused_exchange_leaves_the_code_good(desk: Desktop):
    code = code_of(desk)
    assert token_of(desk, code, secret="wrong")["errcode"] == 40125
    assert "errcode" not in token_of(desk, code)


def test_a_code_for_a_scope_that_is_none(desk: Desktop):
    with pytest.raises(ValueError, match="scope"):
        code_of(desk, "snsapi_login")


def test_refusals_are_text_with_http_200(desk: Desktop):
    asked = Call(TOKEN, "GET", {**APP, "code": "x", "grant_type": "authorization_code"})
    outcome = desk.gateway.answer(asked)
    assert (outcome.status, outcome.content_type) == (200, "text/plain")
    assert b'"errcode": 40029' in outcome.body
    desk.world.faults.add({"path": TOKEN, "kind": "errcode", "errcode": -1})
    assert desk.gateway.answer(asked).content_type == "text/plain"


def test_the_two_families_of_tokens_do_not_open_each_other_s_doors(desk: Desktop):
    web = token_of(desk)
    assert fetch(desk, "/cgi-bin/user/get", access_token=web["access_token"])["errcode"] == 40001
    assert fetch(desk, "/sns/auth", access_token=desk.token, openid="o-lin")["errcode"] == 40001


def test_refreshing_prolongs_a_living_token_and_replaces_a_dead_one(desk: Desktop):
    web = token_of(desk)
    query = {
        "appid": APP["appid"],
        "grant_type": "refresh_token",
        "refresh_token": web["refresh_token"],
    }
    desk.clock.advance(7000)
    again = fetch(desk, REFRESH, **query)
    assert (again["access_token"], again["expires_in"]) == (web["access_token"], 7200)
    desk.clock.advance(7200)
    fresh = fetch(desk, REFRESH, **query)
    assert fresh["access_token"] != web["access_token"]
    assert fresh["refresh_token"] == web["refresh_token"]
    token = {"openid": "o-lin"}
    assert fetch(desk, "/sns/auth", access_token=web["access_token"], **token)["errcode"] == 40001
    assert fetch(desk, "/sns/auth", access_token=fresh["access_token"], **token)["errcode"] == 0


def test_a_refresh_token_lives_30_days(desk: Desktop):
    query = {
        "appid": APP["appid"],
        "grant_type": "refresh_token",
        "refresh_token": token_of(desk)["refresh_token"],
    }
    desk.clock.advance(30 * DAY - 1)
    assert "errcode" not in fetch(desk, REFRESH, **query)
    desk.clock.advance(1)
    assert fetch(desk, REFRESH, **query)["errcode"] == 42002


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"appid": ""}, 41002, id="no appid"),
        pytest.param({"appid": "wxother"}, 40013, id="another appid"),
        pytest.param({"grant_type": "x"}, 40002, id="another grant"),
        pytest.param({"refresh_token": ""}, 41003, id="no refresh token"),
        pytest.param({"refresh_token": "x"}, 40030, id="a refresh token that is none"),
    ],
)
def test_what_cannot_be_refreshed(desk: Desktop, changes, expected):
    query = {"appid": APP["appid"], "grant_type": "refresh_token", "refresh_token": "x", **changes}
    assert fetch(desk, REFRESH, **query)["errcode"] == expected


@pytest.mark.parametrize("path", ["/sns/auth", "/sns/userinfo"])
@pytest.mark.parametrize(
    ("changes", "after", "expected"),
    [
        pytest.param({"access_token": ""}, 0, 41001, id="no token"),
        pytest.param({"access_token": "x"}, 0, 40001, id="a token that is none"),
        pytest.param({"openid": ""}, 0, 41009, id="no openid"),
        pytest.param({"openid": "o-wang"}, 0, 40003, id="another's openid"),
        pytest.param({}, 7199, None, id="two hours, less a second"),
        pytest.param({}, 7200, 42001, id="two hours"),
    ],
)
def test_what_a_web_token_opens(desk: Desktop, path, changes, after, expected):
    web = token_of(desk)
    desk.clock.advance(after)
    query = {"access_token": web["access_token"], "openid": "o-lin", **changes}
    assert (fetch(desk, path, **query).get("errcode") or None) == expected


def test_an_account_learns_nothing_of_who_it_is(desk: Desktop):
    web = token_of(desk)
    told = fetch(desk, "/sns/userinfo", access_token=web["access_token"], openid="o-lin")
    assert (told["nickname"], told["sex"], told["city"]) == ("微信用户", 0, "")
    assert told["unionid"] == desk.world.person("o-lin").unionid


def test_the_base_scope_does_not_open_userinfo(desk: Desktop):
    web = token_of(desk, code_of(desk, "snsapi_base"))
    query = {"access_token": web["access_token"], "openid": "o-lin"}
    assert fetch(desk, "/sns/auth", **query)["errcode"] == 0
    assert fetch(desk, "/sns/userinfo", **query)["errcode"] == 48001


def test_a_snapshot_page_s_nobody_is_told_as_such(desk: Desktop):
    code = web_code(desk.world, desk.world.person("o-lin"), "snsapi_userinfo", snapshot=True)
    web = token_of(desk, code)
    query = {"access_token": web["access_token"], "openid": web["openid"]}
    told = fetch(desk, "/sns/userinfo", **query)
    assert told["is_snapshotuser"] == 1
    assert "unionid" not in told


def test_only_a_service_account_authorises():
    desk = Desktop(a_config(kind="subscription"))
    assert token_of(desk)["errcode"] == 48001
    desk.timeline.stop()


def test_the_product_s_client_reads_these_answers(platform: Platform):
    server = make_server("127.0.0.1", 0, create_app(platform), threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    config, base = platform.config, f"http://127.0.0.1:{server.server_port}"
    client = WeChatClient(
        config.appid, config.appsecret, base, SandboxTokens(platform), platform.world.clock
    )
    lin = platform.world.person("o-lin")
    user = client.oauth_user(web_code(platform.world, lin, "snsapi_userinfo"))
    assert (user.openid, user.unionid, user.snapshot) == ("o-lin", lin.unionid, False)
    nobody = client.oauth_user(web_code(platform.world, lin, snapshot=True))
    assert nobody.snapshot
    assert client.jsapi_ticket() == jsapi_ticket(platform.world)
    with pytest.raises(MessageRefused):
        client.oauth_user("x")
    client.close()
    server.shutdown()
    server.server_close()


# --- mini-programs -------------------------------------------------------------------------------


def session_of(desk: Desktop, code: str = "", **changes: str) -> dict[str, Any]:
    code = code or js_code(desk.world, desk.world.person("o-lin"))
    query = {**APP, "js_code": code, "grant_type": "authorization_code", **changes}
    return fetch(desk, SESSION, **query)


def test_a_mini_program_logs_in(desk: Desktop):
    session = session_of(desk)
    assert session["openid"] == "o-lin"
    assert session["unionid"] == desk.world.person("o-lin").unionid
    assert len(session["session_key"]) == 24


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"appid": ""}, 41002, id="no appid"),
        pytest.param({"secret": ""}, 41004, id="no secret"),
        pytest.param({"appid": "wxother"}, 40013, id="another appid"),
        pytest.param({"secret": "wrong"}, 40125, id="a wrong secret"),
        pytest.param({"grant_type": "x"}, 40002, id="another grant"),
        pytest.param({"js_code": ""}, 41008, id="no code"),
        pytest.param({"js_code": "x"}, 40029, id="a code that is none"),
    ],
)
def test_who_cannot_log_in(desk: Desktop, changes, expected):
    assert session_of(desk, **changes)["errcode"] == expected


def test_a_log_in_code_is_good_once_for_five_minutes_and_for_log_in_only(desk: Desktop):
    lin = desk.world.person("o-lin")
    first, second = js_code(desk.world, lin), js_code(desk.world, lin)
    assert token_of(desk, second)["errcode"] == 40029
    assert "errcode" not in session_of(desk, first)
    assert session_of(desk, first)["errcode"] == 40163
    desk.clock.advance(300)
    assert session_of(desk, second)["errcode"] == 40029


def test_a_person_logs_in_100_times_a_minute(desk: Desktop):
    codes = [session_of(desk).get("errcode") for _ in range(101)]
    assert codes == [None] * 100 + [45011]
    wang = js_code(desk.world, desk.world.person("o-wang"))
    assert "errcode" not in session_of(desk, wang)
    later(desk, 60)
    assert "errcode" not in session_of(desk)


def test_who_is_a_risk_cannot_log_in(desk: Desktop):
    lin = desk.world.person("o-lin")
    mark_risky(desk.world, lin)
    assert session_of(desk)["errcode"] == 40226
    mark_risky(desk.world, lin, risky=False)
    assert "errcode" not in session_of(desk)


def test_a_phone_number_is_given_for_a_code_once(desk: Desktop):
    lin = desk.world.person("o-lin")
    code = phone_code(desk.world, lin, "13800138000")
    told = send(desk, PHONE, {"code": code})["phone_info"]
    assert (told["purePhoneNumber"], told["countryCode"]) == ("13800138000", "86")
    assert told["watermark"]["appid"] == APP["appid"]
    assert send(desk, PHONE, {"code": code})["errcode"] == 40163
    assert send(desk, PHONE, {"code": "x"})["errcode"] == 40029
    assert send(desk, PHONE, {})["errcode"] == 41008
    late = phone_code(desk.world, lin)
    later(desk, 300)
    assert send(desk, PHONE, {"code": late})["errcode"] == 40029


def test_a_person_s_own_number_stays_the_same(desk: Desktop):
    lin = desk.world.person("o-lin")
    codes = [phone_code(desk.world, lin) for _ in range(2)]
    numbers = {send(desk, PHONE, {"code": code})["phone_info"]["phoneNumber"] for code in codes}
    assert len(numbers) == 1
    assert all(len(number) == 11 for number in numbers)


def test_the_same_seed_gives_the_same_codes():
    def codes() -> list[str]:
        desk = Desktop(a_config(start="2026-11-21T12:00+08:00"))
        lin = desk.world.person("o-lin")
        made = [web_code(desk.world, lin), js_code(desk.world, lin), phone_code(desk.world, lin)]
        desk.timeline.stop()
        return made

    assert codes() == codes()
