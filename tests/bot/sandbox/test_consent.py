"""The pages of web authorisation and one-time subscription: what is asked, where it leads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.sandbox.api.subscriptions import ONE_TIME_TEMPLATE
from bot.sandbox.config import Switches
from bot.sandbox.people import ME
from bot.sandbox.platform import Platform
from bot.sandbox.web.app import create_app
from bot.sandbox.web.oauth import Refused, address, safe_target
from tests.bot.sandbox.conftest import a_config

APP = {"appid": "wxsandbox00000001", "secret": "secret-of-the-sandbox"}
SHOP = "http://127.0.0.1:8000/coupon?id=1"
AUTHORIZE, SUBSCRIBE = "/connect/oauth2/authorize", "/mp/subscribemsg"
TOKEN = "/sns/oauth2/access_token"


@pytest.fixture
def platform() -> Iterator[Platform]:
    made = Platform(a_config(shop_url="https://shop.example/"))
    made.world.person("o-lin", "林晓雨")
    yield made
    made.stop()


@pytest.fixture
def client(platform: Platform) -> FlaskClient:
    return create_app(platform).test_client()


def authorize(client: FlaskClient, **changes: str) -> TestResponse:
    query = {
        "appid": APP["appid"],
        "redirect_uri": SHOP,
        "response_type": "code",
        "scope": "snsapi_userinfo",
        "state": "abc123",
        **changes,
    }
    return client.get(AUTHORIZE, query_string=query)


def confirm(client: FlaskClient, **changes: str) -> TestResponse:
    query = {
        "action": "get_confirm",
        "appid": APP["appid"],
        "scene": "1000",
        "template_id": ONE_TIME_TEMPLATE,
        "redirect_url": SHOP,
        "reserved": "r1",
        "as": "o-lin",
        **changes,
    }
    return client.get(SUBSCRIBE, query_string=query)


def choose(client: FlaskClient, page: TestResponse, choice: str, path: str = AUTHORIZE):
    ticket = page.text.partition('name="ticket" value="')[2].partition('"')[0]
    return client.post(path, data={"ticket": ticket, "choice": choice})


def went(response: TestResponse) -> dict[str, str]:
    """The parameters with which the browser was sent back to the program."""
    assert response.status_code in (302, 303), response.text
    parts = urlsplit(response.headers["Location"])
    assert (parts.scheme, parts.netloc, parts.path) == ("http", "127.0.0.1:8000", "/coupon")
    return {name: texts[0] for name, texts in parse_qs(parts.query).items()}


def exchanged(client: FlaskClient, code: str) -> dict[str, Any]:
    query = {**APP, "code": code, "grant_type": "authorization_code"}
    answer = client.get(TOKEN, query_string=query)
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    found: dict[str, Any] = answer.get_json(force=True)
    return found


# --- the consent page ----------------------------------------------------------------------------


def test_the_base_scope_goes_back_at_once(client: FlaskClient):
    back = went(authorize(client, scope="snsapi_base", **{"as": "o-lin"}))
    assert (back["id"], back["state"]) == ("1", "abc123")
    session = exchanged(client, back["code"])
    assert (session["openid"], session["scope"]) == ("o-lin", "snsapi_base")
    assert session["expires_in"] == 7200
    assert "unionid" not in session


def test_the_userinfo_scope_asks_first(client: FlaskClient, platform: Platform):
    page = authorize(client, **{"as": "o-lin"})
    assert page.status_code == 200
    assert "允许" in page.text
    assert "林晓雨" in page.text
    session = exchanged(client, went(choose(client, page, "allow"))["code"])
    assert session["unionid"] == platform.world.person("o-lin").unionid
    assert "is_snapshotuser" not in session


def test_who_refuses_comes_back_without_a_code(client: FlaskClient):
    assert went(choose(client, authorize(client), "deny")) == {"id": "1", "state": "abc123"}


def test_a_snapshot_page_gives_a_person_whom_nobody_is(client: FlaskClient, platform: Platform):
    page = authorize(client, **{"as": "o-lin"})
    session = exchanged(client, went(choose(client, page, "snapshot"))["code"])
    assert session["is_snapshotuser"] == 1
    assert session["openid"] not in platform.world.people
    assert len(session["openid"]) == 28
    assert "unionid" not in session


@pytest.mark.parametrize(
    ("scope", "auto", "code", "snapshot"),
    [
        pytest.param("snsapi_userinfo", "allow", True, False, id="allowed"),
        pytest.param("snsapi_userinfo", "deny", False, False, id="refused"),
        pytest.param("snsapi_userinfo", "snapshot", True, True, id="a snapshot page"),
        pytest.param("snsapi_base", "deny", True, False, id="nothing to refuse in the base scope"),
        pytest.param("snsapi_base", "snapshot", True, True, id="a snapshot page in the base scope"),
    ],
)
def test_a_test_lets_the_page_answer_itself(client: FlaskClient, scope, auto, code, snapshot):
    back = went(authorize(client, scope=scope, auto=auto))
    assert ("code" in back) == code
    if code:
        assert ("is_snapshotuser" in exchanged(client, back["code"])) == snapshot


@pytest.mark.parametrize(
    ("query", "cookie", "openid"),
    [
        pytest.param({}, "", ME, id="nobody named: the human"),
        pytest.param({}, "o-lin", "o-lin", id="by cookie"),
        pytest.param({"as": "o-lin"}, ME, "o-lin", id="the query counts more"),
    ],
)
def test_who_holds_the_phone(client: FlaskClient, query, cookie, openid):
    if cookie:
        client.set_cookie("as", cookie)
    back = went(authorize(client, scope="snsapi_base", **query))
    assert exchanged(client, back["code"])["openid"] == openid


def test_a_page_is_answered_once(client: FlaskClient):
    page = authorize(client)
    assert choose(client, page, "allow").status_code == 303
    assert choose(client, page, "allow").status_code == 400
    assert client.post(AUTHORIZE, data={"choice": "allow"}).status_code == 400


def test_a_choice_that_is_none(client: FlaskClient):
    assert choose(client, authorize(client), "perhaps").status_code == 400
    page = confirm(client)
    assert choose(client, page, "snapshot", SUBSCRIBE).status_code == 400


def test_a_page_is_not_answered_at_another_page_s_address(client: FlaskClient):
    assert choose(client, authorize(client), "allow", SUBSCRIBE).status_code == 400
    assert choose(client, confirm(client), "allow", AUTHORIZE).status_code == 400


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        pytest.param({"appid": ""}, 10012, id="no appid"),
        pytest.param({"appid": "wxother"}, 10016, id="another appid"),
        pytest.param({"scope": ""}, 10010, id="no scope"),
        pytest.param({"scope": "snsapi_login"}, 10005, id="a scope of other accounts"),
        pytest.param({"redirect_uri": ""}, 10011, id="nowhere to go"),
        pytest.param({"redirect_uri": "https://evil.example/"}, 10003, id="a foreign domain"),
        pytest.param({"response_type": "token"}, 10008, id="another response type"),
        pytest.param({"state": "a" * 129}, 10008, id="a state over 128 bytes"),
        pytest.param({"state": "a-b"}, 10008, id="a state of more than letters and digits"),
        pytest.param({"as": "o-nobody"}, 10008, id="a phone that nobody holds"),
    ],
)
def test_what_the_platform_will_not_ask(client: FlaskClient, changes, number):
    page = authorize(client, **changes)
    assert page.status_code == 400
    assert f"错误码：{number}" in page.text


def test_a_state_may_be_empty_or_128_long(client: FlaskClient):
    for state in ("", "a" * 128):
        back = went(authorize(client, scope="snsapi_base", state=state))
        assert back.get("state", "") == state


@pytest.mark.parametrize(
    ("kind", "follows", "number"),
    [
        pytest.param("subscription", True, 10005, id="an account without the right"),
        pytest.param("test", False, 10006, id="a test number's stranger"),
        pytest.param("test", True, 0, id="a test number's follower"),
    ],
)
def test_which_accounts_may_authorise(kind, follows, number):
    platform = Platform(a_config(kind=kind))
    person = platform.world.person("o-lin")
    person.subscribed = follows
    page = authorize(create_app(platform).test_client(), scope="snsapi_base", **{"as": "o-lin"})
    assert page.status_code == (400 if number else 302)
    assert not number or f"错误码：{number}" in page.text
    platform.stop()


# --- hostile addresses ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScRiPt://127.0.0.1/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "//127.0.0.1/x",
        "/coupon",
        "ftp://127.0.0.1/",
        "http://evil.example/127.0.0.1",
        "http://127.0.0.1@evil.example/",
        "http://evil.example@127.0.0.1/",
        "http://:@127.0.0.1/",
        "http://127.0.0.1\\@evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://shop.example.evil.example/",
        "http://evil-shop.example/",
        "http://127.0.0.1/\r\nSet-Cookie: a=b",
        "http://127.0.0.1/ x",
        "\thttp://127.0.0.1/",
        "http://127.0.0.1:port/",
        "http://[::1",
        "http://[::1%;script-src]/",
        "http://",
    ],
)
def test_no_address_leads_elsewhere(client: FlaskClient, target):
    page = authorize(client, redirect_uri=target, scope="snsapi_base", auto="allow")
    assert page.status_code == 400
    assert "Location" not in page.headers
    assert "错误码：10003" in page.text
    assert "<script>alert" not in page.text
    assert confirm(client, redirect_url=target, auto="allow").status_code == 400


@pytest.mark.parametrize(
    "target",
    [
        "https://shop.example/t/1",
        "http://SHOP.example:8443/",
        "http://localhost:3000/",
        "http://127.0.0.9/",
        "http://[::1]:8000/",
    ],
)
def test_the_account_s_domains_and_this_machine_are_open(target):
    assert safe_target(a_config(shop_url="https://shop.example/"), target) == target


def test_the_callback_s_domain_is_open():
    config = a_config(callback_url="https://bot.example/wechat/default")
    assert safe_target(config, "https://bot.example/h5")
    with pytest.raises(Refused, match="10003"):
        safe_target(config, "https://h5.bot.example/")


@pytest.mark.parametrize(
    "state", ['"><script>alert(1)</script>', "a&code=stolen", "a\r\nX: y", "#"]
)
def test_a_hostile_state_stays_a_value(state):
    platform = Platform(a_config(switches=Switches(strict_state=False)))
    client = create_app(platform).test_client()
    page = authorize(client, state=state)
    assert "<script>alert" not in page.text
    assert "X" not in page.headers
    back = went(choose(client, page, "allow"))
    assert back["state"] == state
    assert back["code"] != "stolen"
    platform.stop()


def test_a_hostile_name_is_shown_as_text(client: FlaskClient, platform: Platform):
    platform.world.person("o-evil", "<img src=x onerror=alert(1)>")
    page = authorize(client, **{"as": "o-evil"})
    assert "<img" not in page.text
    assert "&lt;img" in page.text


def test_what_the_browser_may_do_on_the_page(client: FlaskClient):
    for page in (authorize(client), confirm(client)):
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "form-action 'self' http://127.0.0.1:8000;" in policy
        assert "frame-ancestors 'none'" in policy
        assert "<script>" not in page.text
    refused = authorize(client, redirect_uri="javascript:alert(1)")
    assert "form-action 'self';" in refused.headers["Content-Security-Policy"]


def test_a_page_under_a_foreign_name_is_refused(client: FlaskClient):
    query = {"appid": APP["appid"], "redirect_uri": SHOP, "scope": "snsapi_base"}
    answer = client.get(AUTHORIZE, query_string=query, headers={"Host": "evil.example"})
    assert answer.status_code == 403


def test_parameters_join_what_the_address_has():
    joined = address("http://127.0.0.1?a=1#here", {"code": "c&d"})
    assert joined == "http://127.0.0.1/?a=1&code=c%26d#here"


# --- one-time subscription -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "action"), [("allow", "confirm"), ("deny", "cancel")], ids=["agreed", "cancelled"]
)
def test_the_one_time_page_comes_back_with_the_choice(
    client: FlaskClient, platform: Platform, choice, action
):
    page = confirm(client)
    assert "同意" in page.text
    answered = choose(client, page, choice, SUBSCRIBE)
    automatic = confirm(client, auto=choice, scene="1001")
    for back, scene in ((went(answered), "1000"), (went(automatic), "1001")):
        assert back == {
            "id": "1",
            "openid": "o-lin",
            "template_id": ONE_TIME_TEMPLATE,
            "action": action,
            "scene": scene,
            "reserved": "r1",
        }
    records = platform.world.ledger.records("subscribe_once")
    assert [record["confirmed"] for record in records] == [choice == "allow"] * 2


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"action": "get"}, id="another action"),
        pytest.param({"appid": "wxother"}, id="another account"),
        pytest.param({"scene": "10001"}, id="a scene over 10000"),
        pytest.param({"scene": "-1"}, id="a scene below 0"),
        pytest.param({"scene": "１"}, id="a scene in wide digits"),
        pytest.param({"template_id": "Tpl"}, id="a template that is not the account's one"),
        pytest.param({"redirect_url": "https://evil.example/"}, id="a foreign domain"),
        pytest.param({"reserved": "r" * 129}, id="more than 128 bytes reserved"),
    ],
)
def test_what_the_one_time_page_refuses(client: FlaskClient, changes):
    assert confirm(client, **changes).status_code == 400


def test_an_unverified_account_has_no_one_time_subscription():
    platform = Platform(a_config(kind="service_unverified"))
    platform.world.person("o-lin")
    assert "错误码：10005" in confirm(create_app(platform).test_client()).text
    platform.stop()
