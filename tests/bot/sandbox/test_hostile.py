"""Whatever is sent, the sandbox stays up and answers in its own words."""

from __future__ import annotations

import inspect
import json
import random
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from bot.sandbox.clock import LATEST, MovableClock, SteppedClock
from bot.sandbox.gateway import ENDPOINTS, Call, Endpoint, Upload
from bot.sandbox.people import Bubble
from bot.sandbox.platform import Platform
from bot.sandbox.stepper import Stepper
from bot.sandbox.web.app import create_app
from bot.sandbox.web.control_exchanges import duplicate_id, push_key
from bot.sandbox.web.control_guard import refusal
from tests.bot.sandbox.conftest import Desktop, a_config
from tests.conftest import NOON

DEEP = [
    pytest.param(b"[" * 3000, id="lists"),
    pytest.param(b"[" * 200_000, id="very many lists"),
    pytest.param(b'{"a":' * 100_000, id="objects"),
    pytest.param(b'{"a":' + b"[" * 500 + b"]" * 500 + b"}", id="well-formed lists"),
]
ROOT = Path(__file__).parents[3]
CENTURY = 36_525 * 86_400


@pytest.fixture
def platform() -> Iterator[Platform]:
    made = Platform(a_config(callback_url=""))
    made.timeline.start()
    made.pusher.start()
    yield made
    made.stop()


@pytest.fixture
def client(platform: Platform) -> FlaskClient:
    return create_app(platform).test_client()


def control(client: FlaskClient, act: str, raw: bytes) -> tuple[int, str]:
    """The status and what was told of the refusal."""
    answer = client.post(f"/sandbox/{act}", data=raw, content_type="application/json")
    return answer.status_code, answer.json.get("error", "")


# --- time ----------------------------------------------------------------------------------------

NO_TIME = [
    pytest.param(b"1e15", id="a huge number"),
    pytest.param(b"1e999", id="a number beyond all numbers"),
    pytest.param(b"9" * 400, id="a whole number beyond all numbers"),
    pytest.param(b"NaN", id="no number"),
    pytest.param(b"Infinity", id="infinity"),
    pytest.param(b"-1", id="backwards"),
    pytest.param(b"true", id="a truth"),
    pytest.param(b'"1"', id="a text"),
    pytest.param(b"[1]", id="a list"),
    pytest.param(b"3155760001", id="more than a century"),
]


@pytest.mark.parametrize("given", NO_TIME)
@pytest.mark.parametrize(
    ("act", "name"),
    [
        ("advance", "seconds"),
        ("run", "seconds"),
        ("settle", "seconds"),
        ("deliver", "timeout"),
        ("stop", "timeout"),
    ],
)
def test_a_span_is_a_number_up_to_a_century(client, platform, act, name, given):
    before = platform.world.clock()
    status, told = control(client, act, b'{"%s": %s}' % (name.encode(), given))
    assert (status, told) == (
        422,
        f"{name}: wants a number of seconds from 0 to {CENTURY}, a century",
    )
    assert (platform.world.clock() - before).total_seconds() < 60
    assert client.get("/sandbox/state").status_code == 200


def test_centuries_end_with_the_calendar_and_the_clock_goes_on(client: FlaskClient):
    step = b'{"seconds": %d}' % CENTURY
    answers = {control(client, "advance", step) for _ in range(80)}
    assert answers == {(200, ""), (422, "seconds: the calendar ends in 9000")}
    assert client.get("/sandbox/clock").json["now"] < LATEST.isoformat()
    assert control(client, "follow", b'{"name": "a"}') == (200, "")


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), 1e15, -1.0])
def test_a_clock_that_cannot_go_there_has_not_moved(seconds: float):
    clock = MovableClock(lambda: NOON)
    with pytest.raises(ValueError, match="seconds"):
        clock.advance(seconds)
    assert clock() == NOON


def test_what_is_put_off_beyond_the_calendar_waits_for_its_end():
    stepper = Stepper(SteppedClock(NOON))
    stepper.timeline().later(1e300, lambda: None)
    with pytest.raises(ValueError, match="calendar"):
        stepper.run(datetime.max.replace(tzinfo=NOON.tzinfo))
    assert stepper.run(NOON) == 0


# --- bodies --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        *DEEP,
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": "\xed\xa0\x80"}', id="half a character in raw bytes"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="another encoding"),
        pytest.param(b'{"touser": "\xff\xfe"}', id="an openid that is no text"),
        pytest.param(b'{"a": %s}' % (b"9" * 5000), id="a number of 5000 digits"),
    ],
)
def test_a_call_with_no_honest_json_meets_47001(desk: Desktop, raw: bytes):
    assert desk.call("POST", "tags/create", raw)["errcode"] == 47001


def test_a_call_with_an_escaped_half_character_meets_40033(desk: Desktop):
    assert desk.call("POST", "tags/create", b'{"tag": {"name": "\\ud800"}}')["errcode"] == 40033


@pytest.mark.parametrize("raw", DEEP)
def test_a_deep_control_body_is_no_object(client: FlaskClient, raw: bytes):
    assert control(client, "follow", raw) == (415, "wants an application/json object")


@pytest.mark.parametrize(
    ("act", "raw", "named"),
    [
        pytest.param("say", b'{"name": "a", "text": "\\ud800"}', "text", id="a text"),
        pytest.param("follow", b'{"name": "\\udfff"}', "name", id="a name"),
        pytest.param("fault", b'{"path": "/\\ud800"}', "path", id="a fault"),
        pytest.param("scripts", b'{"scripts": [{"name": "\\ud800"}]}', "scripts", id="deep inside"),
        pytest.param("say", b'{"\\ud800": 1}', "\\ud800", id="a field's own name"),
    ],
)
def test_half_a_character_never_comes_in(client: FlaskClient, act, raw, named):
    status, told = control(client, act, raw)
    assert (status, told) == (422, f"{named}: holds half a character, a lone surrogate")


def test_whatever_is_stored_can_be_read(client: FlaskClient, platform: Platform):
    world, half = platform.world, "\ud800"
    person = world.person("o-half", half)
    platform.acts.follow(person)
    world.show(person, Bubble("account", "text", half, world.clock()))
    world.ledger.add("half", world.clock(), text=half)
    deep = f'{{"client_msg_id": {"[" * 800}1{"]" * 800}}}'
    for sent in (half, "[" * 100_000, deep, "<xml>"):
        for way in ("call", "push"):
            world.traffic.note(world.clock(), way, half, "o-half", sent, sent, half)
    for path in (
        "/sandbox/calls",
        "/sandbox/pushes",
        "/sandbox/followers",
        "/sandbox/followers/o-half/screen",
        "/sandbox/ledger",
        "/sandbox/ledger?kind=half&format=jsonl",
        "/phone/o-half",
        "/phone/o-half/live",
        "/live",
    ):
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize(
    "sent",
    ["[" * 200_000, '{"a":' * 100_000, "\ud800", '{"client_msg_id": [1]}', "null", "<xml>", ""],
    ids=["deep lists", "deep objects", "half a character", "a list", "null", "half a tag", "none"],
)
def test_keys_are_looked_for_in_any_text(sent: str):
    assert (duplicate_id(sent), push_key(sent)) == ("", "")


# --- fields of any type --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        ("tags/members/getblacklist", {"begin_openid": [1]}, 40035),
        ("tags/members/getblacklist", {"begin_openid": {"a": 1}}, 40035),
        ("changeopenid", {"from_appid": [], "openid_list": ["o"]}, 40035),
        ("message/template/subscribe", {"touser": "o-lin", "template_id": [1]}, 40037),
        ("message/template/subscribe", {"touser": "o-lin", "template_id": {}}, 40037),
    ],
)
def test_a_field_of_another_type_is_refused(desk: Desktop, path, body, errcode):
    desk.follower()
    assert desk.post(path, body)["errcode"] == errcode


def test_a_one_time_message_wants_a_number_as_its_scene(desk: Desktop):
    desk.follower()
    body = {"touser": "o-lin", "template_id": "SBXO1_one_time_subscription_000000000000000"}
    answer = desk.post("message/template/subscribe", {**body, "scene": [1], "title": "t"})
    assert answer["errcode"] == 40035


ANYTHING: list[Any] = [
    *([], [1], [[1]], [{}], [None], ["o-lin"], ["x" * 200]),
    *({}, {"a": 1}, {"a": {"b": [1]}}, {"content": "x"}, {"name": []}),
    *(0, 1, -1, 1.5, 1e15, 10**30, True, False, None),
    *("", "7", "-1", "9" * 30, "x" * 5000, "o-lin", "http://e.example/", "image", "text"),
]
# With most fields as they should be, the odd one is met deep inside a call.
HONEST: dict[str, Any] = {
    **{"touser": "o-lin", "openid": "o-lin", "msgtype": "text", "text": {"content": "x"}},
    **{"openid_list": ["o-lin"], "user_list": [{"openid": "o-lin"}], "remark": "r", "tagid": 2},
    **{"tag": {"id": 100, "name": "n"}, "filter": {"is_to_all": True}, "title": "t", "scene": 1},
    **{"button": [{"type": "click", "name": "a", "key": "k"}], "matchrule": {"tag_id": "2"}},
    **{"begin_date": "2026-11-20", "end_date": "2026-11-20", "offset": 0, "count": 1, "begin": 0},
    **{"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "x"}}, "index": 0},
    **{"expire_seconds": 60, "long_data": "x", "action": "long2short", "type": "image"},
    **{"articles": [{"title": "t", "content": "c", "thumb_media_id": "m"}], "command": "Typing"},
    **{"kf_account": "a@sandbox", "nickname": "n", "starttime": 1, "endtime": 2, "msgid": 1},
    **{"appid": "wxsandbox00000001", "secret": "secret-of-the-sandbox", "speed": 1},
    **{"grant_type": "client_credential", "cgi_path": "/cgi-bin/user/get", "lang": "zh_CN"},
    **{"template_id_short": "TM00015", "industry_id1": "1", "industry_id2": "2", "tid": 1},
}
FIELD = re.compile(r'(?:\.get\(|\[)"(\w+)"')


def fields_of(found: Endpoint) -> list[str]:
    """Names that the endpoint's module reads from mappings."""
    module = inspect.getmodule(found.handler)
    assert module is not None
    return sorted(set(FIELD.findall(inspect.getsource(module))))


def field(name: str, rng: random.Random) -> Any:
    honest = name in HONEST and rng.random() < 0.75
    return HONEST[name] if honest else rng.choice(ANYTHING)


def hostile_calls(path: str, token: str, count: int) -> Iterator[Call]:
    found, rng = ENDPOINTS[path], random.Random(path)
    names = fields_of(found)
    for _ in range(count):
        body = {name: field(name, rng) for name in names if rng.random() < 0.9}
        query = {name: str(field(name, rng)) for name in names if rng.random() < 0.4}
        files = {name: Upload("a.png", "image/png", b"x") for name in names if rng.random() < 0.3}
        form = {name: json.dumps(value) for name, value in body.items()}
        raw = json.dumps(body).replace("1.5", "1e999").encode()
        query["access_token"] = token
        if found.upload:
            yield Call(path, found.method, query, b"", files, form)
        else:
            yield Call(path, found.method, query, raw if found.method == "POST" else b"")


def test_no_field_of_any_call_brings_the_platform_down(desk: Desktop, caplog):
    desk.chatting()
    for path in sorted(ENDPOINTS):
        for call in hostile_calls(path, desk.token, 12):
            desk.world.used.clear()  # no call is kept out by its quota
            desk.world._minutes.clear()
            assert desk.gateway.answer(call).body is not None
    desk.timeline.drain(5)
    assert [record.message for record in caplog.records] == []


# --- the control plane's words -------------------------------------------------------------------

PAGE = (ROOT / "docs/reference/sandbox-control.md").read_text("utf-8")
# Not those that move the time or open connections: their fields have rows of their own.
APART = {"advance", "run", "settle", "deliver", "stop", "reset", "connect", "corp"}
ACTS = sorted(set(re.findall(r"`POST /sandbox/(\w+)`", PAGE)) - APART)
NAMES = sorted(set(re.findall(r"`([a-z_]+)`", PAGE)) - {"openid", "count"})
PYTHONS = re.compile(
    r"argument|convert|codec|literal|unhashable|iterable|object|NoneType|attribute"
)


@pytest.mark.parametrize("act", ACTS)
def test_a_refusal_is_our_own_sentence(client: FlaskClient, act: str):
    rng = random.Random(act)
    for _ in range(12):
        body = {name: rng.choice(ANYTHING) for name in NAMES} | {"openid": "o-lin"}
        body["count"] = rng.choice([[], "x", None, {}, True, -1])
        answer = client.post(f"/sandbox/{act}", json=body)
        assert answer.status_code in (200, 404, 409, 422), answer.text
        told = answer.json.get("error", "").partition(", not ")[0]
        assert not PYTHONS.search(told.replace("wants an object", "")), told


@pytest.mark.parametrize(
    ("act", "body", "told"),
    [
        ("people", {"count": 1e999}, "count: wants a whole number"),
        ("people", {"count": True}, "count: wants a whole number"),
        ("say", {"name": "a", "text": {}}, "text: wants a text"),
        ("follow", {"openid": ["o"]}, "openid: wants a text"),
        ("freeze_secret", {"frozen": "no"}, "frozen: wants true or false"),
        ("fail_publish", {"status": 2, "failed": 1}, "failed: wants a list of the numbers of art"),
        ("accept_notice", {"template_ids": [], "accepted": 1}, "accepted: wants a list of texts"),
        ("scripts", {"scripts": [1]}, "scripts: line 1: script: wants an object"),
        ("expire_tokens", {"how": "slowly"}, "how: wants replaced or expired"),
    ],
)
def test_a_refusal_names_the_field(client: FlaskClient, act, body, told):
    status, error = control(client, act, json.dumps(body).encode())
    assert status == 422
    assert error.startswith(told)


@pytest.mark.parametrize(
    "query",
    [
        "limit=x",
        f"limit={'9' * 5000}",
        f"since={'9' * 5000}",
        "since=0001-01-01T00:00%2B14:00",
        "since=yesterday",
    ],
)
def test_a_filter_that_makes_no_sense_is_named(client: FlaskClient, query: str):
    answer = client.get(f"/sandbox/ledger?{query}")
    name = query.partition("=")[0]
    assert answer.status_code == 200 or answer.json["error"].startswith(f"{name}: wants")


@pytest.mark.parametrize("act", ["say", "advance", "reset", "nothing"])
def test_a_form_of_another_page_does_nothing(client: FlaskClient, act: str):
    answer = client.post(f"/sandbox/{act}", data={"name": "a"})
    assert (answer.status_code, answer.json) == (
        415,
        {"error": "wants an application/json object"},
    )


# --- who and where -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:18391@evil.example",
        "localhost:1:2",
        "localhost:80x",
        "localhost/evil",
        "[::1]evil.example",
        "[::1]:80@evil.example",
        "[::1",
        "localhost\n",
        "user@localhost",
    ],
)
def test_a_host_is_a_name_and_a_port(host: str):
    assert refusal(host, "127.0.0.1").startswith("Host ")


@pytest.mark.parametrize(
    ("method", "path", "status", "errcode"),
    [
        pytest.param("GET", "/cgi-bin", 404, 40066, id="beside the door"),
        pytest.param("POST", "/nowhere/at/all", 404, 40066, id="an unknown path"),
        pytest.param("PUT", "/cgi-bin/user/get", 405, 43001, id="a method that no call has"),
        pytest.param("DELETE", "/cgi-bin/tags/create", 405, 43002, id="another"),
        pytest.param("DELETE", "/cgi-bin/nothing", 405, 40066, id="of a call that is none"),
    ],
)
def test_a_program_is_refused_in_json(client: FlaskClient, method, path, status, errcode):
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.json["errcode"]) == (status, errcode)
    assert "rid" in answer.json["errmsg"]


def test_a_body_that_is_too_large_is_refused_in_json(client: FlaskClient):
    large = b"x" * 12_000_001
    answer = client.post("/cgi-bin/tags/create", data=large)
    assert (answer.status_code, answer.json["errcode"]) == (413, 45001)
    told = client.post("/sandbox/say", data=large, content_type="application/json")
    assert (told.status_code, told.json["error"]) == (
        413,
        "POST /sandbox/say: request entity too large",
    )


def test_a_person_with_a_browser_gets_a_page(client: FlaskClient):
    answer = client.get("/nowhere", headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"


# --- tokens --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        pytest.param({}, 40001, id="replaced, where nothing is said"),
        pytest.param({"how": "replaced"}, 40001, id="replaced"),
        pytest.param({"how": "expired"}, 42001, id="expired"),
    ],
)
def test_tokens_end_as_they_are_told(client: FlaskClient, platform: Platform, body, errcode):
    world = platform.world
    plain = world.tokens.plain(world.clock())[0]
    both = [plain, world.tokens.stable(world.clock())[0]]
    assert client.post("/sandbox/expire_tokens", json=body).status_code == 200
    for token in both:
        asked = client.get(f"/cgi-bin/user/get?access_token={token}")
        assert asked.json["errcode"] == errcode
    fresh = world.tokens.stable(world.clock())[0]
    assert "errcode" not in client.get(f"/cgi-bin/user/get?access_token={fresh}").json


def test_a_replaced_token_stays_replaced_when_all_expire(desk: Desktop):
    now, tokens = desk.clock(), desk.world.tokens
    tokens.expire()
    tokens.expire(now)
    assert desk.get("user/get")["errcode"] == 40001
