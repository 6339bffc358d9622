"""What the control plane tells: filters, pages, screens, exchanges, time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from bot.sandbox.crowd.scripts import Scripts
from bot.sandbox.inprocess import WsgiWire
from bot.sandbox.platform import Platform
from bot.sandbox.web.app import create_app
from bot.sandbox.web.control_acts import acting
from bot.sandbox.web.control_exchanges import duplicate_id, push_key
from bot.sandbox.web.control_plane import managing
from bot.sandbox.web.control_time import Driver
from bot.sandbox.web.stage import Stage
from tests.bot.sandbox.conftest import a_config

START = "2026-11-21T12:00+08:00"
START_MS = 1_795_233_600_000
DOCS = Path(__file__).parents[3] / "docs/reference/sandbox-control.md"


def silent(environ: dict[str, Any], start: Any) -> list[bytes]:
    """A program that has nothing to say."""
    start("200 OK", [])
    return [b"success"]


@pytest.fixture
def platform() -> Iterator[Platform]:
    made = Platform(a_config(start=START, callback_url="", mode="plain"))
    made.start()
    made.run(0)
    made.pusher.connect(WsgiWire(silent))
    yield made
    made.stop()


@pytest.fixture
def client(platform: Platform) -> FlaskClient:
    return create_app(platform).test_client()


def post(client: FlaskClient, act: str, expected: int = 200, **body: Any) -> dict[str, Any]:
    response = client.post(f"/sandbox/{act}", json=body)
    assert response.status_code == expected, response.text
    answer: dict[str, Any] = response.json
    return answer


def get(client: FlaskClient, path: str, expected: int = 200) -> dict[str, Any]:
    response = client.get(f"/sandbox/{path}")
    assert response.status_code == expected, response.text
    answer: dict[str, Any] = response.json
    return answer


# --- the ledger ----------------------------------------------------------------------------------


@pytest.fixture
def lived(client: FlaskClient) -> FlaskClient:
    """小林 follows at once, 小王 a minute later; then 小林 says two things."""
    post(client, "follow", name="小林")
    post(client, "run", seconds=60)
    post(client, "follow", name="小王")
    post(client, "say", name="小林", text="一")
    post(client, "say", name="小林", text="二")
    return client


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        pytest.param("kind=follow", ["follow", "follow"], id="one kind"),
        pytest.param("kind=follow,message&limit=3", ["follow", "message", "message"], id="last"),
        pytest.param(f"kind=follow&since={START_MS + 60_000}", ["follow"], id="since an instant"),
        pytest.param("kind=follow&since=2026-11-21T12:01%2B08:00", ["follow"], id="in ISO"),
        pytest.param("kind=dance", [], id="a kind that never was"),
        pytest.param("kind=message&openid=o-nobody", [], id="nobody's"),
    ],
)
def test_the_ledger_is_filtered(lived: FlaskClient, query: str, kinds: list[str]):
    assert [one["kind"] for one in get(lived, f"ledger?{query}")["records"]] == kinds


def test_the_ledger_comes_as_lines(lived: FlaskClient):
    answer = lived.get("/sandbox/ledger?kind=message&format=jsonl")
    assert answer.mimetype == "application/x-ndjson"
    records = [json.loads(line) for line in answer.text.splitlines()]
    assert records == get(lived, "ledger?kind=message")["records"]


def test_without_a_filter_all_books_come_at_once(lived: FlaskClient):
    assert {"accepted", "people", "callbacks", "faults"} <= set(get(lived, "ledger"))


# --- people --------------------------------------------------------------------------------------


def test_followers_come_in_pages_in_the_order_of_their_follow(client: FlaskClient):
    everybody = post(client, "people", count=5)["openids"]
    seen, after = [], ""
    while True:
        page = get(client, f"followers?limit=2&after={after}")
        seen += [one["openid"] for one in page["followers"]]
        after = page["next"]
        if not after:
            break
    assert (seen, page["total"]) == (everybody, 5)
    post(client, "unfollow", openid=everybody[0])
    assert get(client, "followers?subscribed=1")["total"] == 4
    assert get(client, "followers")["total"] == 5


def test_one_follower_is_told_whole(lived: FlaskClient):
    openid = post(lived, "person", name="小林")["openid"]
    told = get(lived, f"followers/{openid}")
    assert (told["name"], told["subscribed"], told["subscribe_at"]) == ("小林", True, START_MS)
    assert told["window"] == {"open": True, "left": 5, "until": START_MS + 60_000 + 48 * 3600_000}


def test_a_screen_is_read_on_from_where_it_was(lived: FlaskClient):
    openid = post(lived, "person", name="小林")["openid"]
    whole = get(lived, f"followers/{openid}/screen")
    assert [one["number"] for one in whole["bubbles"]] == [1, 2, 3]
    assert [one["text"] for one in whole["bubbles"]][1:] == ["一", "二"]
    post(lived, "say", openid=openid, text="三")
    news = get(lived, f"followers/{openid}/screen?since={whole['shown']}")["bubbles"]
    assert [(one["number"], one["text"]) for one in news] == [(4, "三")]


def test_a_long_chat_keeps_its_numbers(client: FlaskClient):
    post(client, "follow", name="小林")
    for number in range(205):
        openid = post(client, "say", name="小林", text=str(number))["openid"]
    screen = get(client, f"followers/{openid}/screen")
    assert screen["shown"] == 206
    assert (screen["bubbles"][0]["number"], screen["bubbles"][-1]["number"]) == (7, 206)
    assert screen["bubbles"][-1]["text"] == "204"


def test_taken_messages_are_told_with_their_words(client: FlaskClient, platform: Platform):
    openid = post(client, "follow", name="小林")["openid"]
    platform.world.accepted(openid, "text", "custom", "1", "好 https://e.example/t/a", "c-1")
    (message,) = get(client, f"followers/{openid}/messages")["messages"]
    assert (message["text"], message["client_id"]) == ("好 https://e.example/t/a", "c-1")
    assert message["links"] == ["https://e.example/t/a"]


# --- exchanges -----------------------------------------------------------------------------------


def test_each_delivery_is_told(lived: FlaskClient):
    pushes = get(lived, "pushes")["pushes"]
    assert [one["label"] for one in pushes] == ["subscribe", "subscribe", "text", "text"]
    assert {one["outcome"] for one in pushes} == {"silent"}
    assert len({one["key"] for one in pushes}) == 4
    assert [one["label"] for one in get(lived, "pushes?label=text&limit=1")["pushes"]] == ["text"]


def test_calls_are_told_with_repeats_of_a_duplicate_id(client: FlaskClient, platform: Platform):
    token = platform.world.tokens.plain(platform.world.clock())[0]
    openid = post(client, "follow", name="小林")["openid"]
    path = "/cgi-bin/message/template/send"
    body = {"touser": openid, "template_id": "none", "client_msg_id": "order-1", "data": {}}
    for _ in range(2):
        client.post(f"{path}?access_token={token}", json=body)
    calls = get(client, f"calls?path={path}")
    told = [(one["errcode"], one["duplicate_id"], one["repeats"]) for one in calls["calls"]]
    assert told == [(40037, "order-1", 0), (40037, "order-1", 1)]
    assert get(client, f"calls?since={calls['next']}")["calls"] == []
    assert get(client, "calls?errcode=0")["calls"] == []
    assert get(client, f"calls?openid={openid}")["calls"] == calls["calls"]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param('{"client_msg_id": "a"}', "a", id="of a template message"),
        pytest.param('{"clientmsgid": "b"}', "b", id="of a mass message"),
        pytest.param('{"touser": "o"}', "", id="none"),
        pytest.param("[1]", "", id="no object"),
        pytest.param("<xml/>", "", id="no JSON"),
    ],
)
def test_what_marks_a_repeated_call(sent: str, expected: str):
    assert duplicate_id(sent) == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param("<xml><MsgId>7</MsgId></xml>", "7", id="a message's MsgId"),
        pytest.param(
            "<xml><FromUserName>o</FromUserName><CreateTime>1</CreateTime></xml>",
            "o+1",
            id="an event's sender and time",
        ),
        pytest.param("x", "", id="no XML"),
    ],
)
def test_what_marks_a_repeated_delivery(sent: str, expected: str):
    assert push_key(sent) == expected


# --- time ----------------------------------------------------------------------------------------


def test_an_act_on_virtual_time_is_delivered_before_its_answer(client: FlaskClient):
    post(client, "follow", name="小林")
    assert [one["label"] for one in get(client, "pushes")["pushes"]] == ["subscribe"]
    assert get(client, "clock") == {"now": START_ISO, "at": START_MS, "virtual": True}


START_ISO = "2026-11-21T12:00:00+08:00"


@pytest.mark.parametrize(
    ("act", "body"),
    [
        pytest.param("run", {"seconds": 1}, id="running"),
        pytest.param("advance", {"seconds": 1}, id="moving"),
        pytest.param("say", {"name": "小林", "text": "x"}, id="acting"),
        pytest.param("deliver", {}, id="waiting for pushes"),
        pytest.param("settle", {}, id="settling"),
        pytest.param("stop", {}, id="stopping"),
    ],
)
def test_who_asks_from_inside_a_callback_is_refused(platform: Platform, act: str, body: dict):
    client = create_app(platform).test_client()
    inside: list[Any] = []

    def curious(environ: dict[str, Any], start: Any) -> list[bytes]:
        inside.append(client.post(f"/sandbox/{act}", json=body))
        return silent(environ, start)

    platform.pusher.connect(WsgiWire(curious))
    post(client, "follow", name="小林")
    assert [one.status_code for one in inside] == [409]
    assert "time" in inside[0].json["error"]
    assert [one["label"] for one in get(client, "pushes")["pushes"]] == ["subscribe"]


def test_the_wall_clock_is_not_run():
    platform = Platform(a_config(callback_url=""))
    client = create_app(platform).test_client()
    assert "start" in post(client, "run", 409, seconds=1)["error"]
    assert get(client, "clock")["virtual"] is False


def test_settling_lives_through_the_jobs(client: FlaskClient):
    assert post(client, "settle", seconds=5) == {"settled": True}
    assert get(client, "clock")["at"] == START_MS + 5000


# --- scripts, truth, reset -----------------------------------------------------------------------


def test_scripts_are_played_when_time_is_run(client: FlaskClient):
    script = {"name": "小林", "steps": [["23:50", "follow"], ["00:10", "say", "营业到几点"]]}
    assert post(client, "scripts", scripts=[script])["played"] == 1
    post(client, "run", seconds=86_400)
    says = get(client, "ledger?kind=follow,message")["records"]
    assert [one["kind"] for one in says] == ["follow", "message"]
    assert get(client, "scripts") == {"failures": []}


def test_a_step_that_cannot_be_done_is_told(client: FlaskClient):
    script = {"name": "小林", "steps": [["+1m", "say", "你好"]]}
    post(client, "scripts", scripts=[script])
    post(client, "run", seconds=120)
    (failure,) = get(client, "scripts")["failures"]
    assert (failure["name"], failure["act"]) == ("小林", "say")


def test_the_truth_is_what_no_api_tells():
    config = a_config(start=START, callback_url="", followers=3, people="life")
    client = create_app(Platform(config)).test_client()
    told = get(client, "truth")["truth"]
    assert [one["kind"] for one in told] == ["person"] * 3
    lines = client.get("/sandbox/truth?format=jsonl").text.splitlines()
    assert [json.loads(line) for line in lines] == told


def test_a_reset_makes_the_world_new():
    stage = Stage(a_config(start=START, callback_url=""))
    stage.start()
    client = FlaskClient(stage.app)
    first = post(client, "follow", name="小林")["openid"]
    post(client, "run", seconds=3600)
    post(client, "reset")
    again = FlaskClient(stage.app)
    assert get(again, "state")["followers"] == 0
    assert get(again, "clock")["at"] == START_MS
    assert post(again, "follow", name="小林")["openid"] == first
    stage.stop()


def test_only_a_stage_can_make_the_world_new(client: FlaskClient):
    assert "error" in post(client, "reset", 409)


# --- refusals, and the page that names it all ----------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("ledger?since=yesterday", 422, id="an instant that is none"),
        pytest.param("ledger?since=2026-11-21T12:00", 422, id="an instant without a zone"),
        pytest.param("ledger?kind=follow&limit=-1", 422, id="a limit below nothing"),
        pytest.param("followers?after=o-nobody", 422, id="a page after nobody"),
        pytest.param("followers/o-nobody", 404, id="nobody"),
        pytest.param("followers/o-nobody/screen", 404, id="nobody's screen"),
        pytest.param("followers/o-nobody/messages", 404, id="nobody's messages"),
        pytest.param("chat/o-nobody", 404, id="nobody's chat"),
    ],
)
def test_what_cannot_be_told(client: FlaskClient, path: str, status: int):
    assert set(get(client, path, status)) == {"error"}


@pytest.mark.parametrize(
    ("act", "body", "status"),
    [
        pytest.param("scan", {"name": "小林", "ticket": "x"}, 404, id="a ticket of nobody's"),
        pytest.param("read", {"name": "小林", "article": "x"}, 404, id="an article that is none"),
        pytest.param("people", {"count": -1}, 422, id="fewer than nobody"),
        pytest.param("connect", {"url": "ftp://x"}, 422, id="an address that is none"),
        pytest.param("scripts", {"scripts": {}}, 422, id="scripts that are none"),
        pytest.param("scripts", {"scripts": [{"name": "x"}]}, 422, id="a script without steps"),
        pytest.param("agent_online", {"account": "x@gh"}, 409, id="an agent that is none"),
        pytest.param("fail_mass", {"status": "x"}, 422, id="an end that is none"),
        pytest.param("ban_template", {"template_id": "x"}, 422, id="a template that is none"),
        pytest.param("accept_notice", {"template_ids": "x"}, 422, id="notices that are none"),
        pytest.param("web_code", {"scope": "x"}, 422, id="a scope that is none"),
        pytest.param("faults", {"push": {"dance": 1}}, 422, id="a fault that is none"),
    ],
)
def test_what_cannot_be_done(client: FlaskClient, act: str, body: dict, status: int):
    assert set(post(client, act, status, **body)) == {"error"}


def routes(platform: Platform) -> set[str]:
    """Every call: `GET /sandbox/...`, `POST /sandbox/...`."""
    rules = create_app(platform).url_map.iter_rules()
    reading = {
        f"GET {rule.rule}"
        for rule in rules
        if rule.endpoint.startswith("control.") and "GET" in (rule.methods or ())
    }
    scripts = Scripts(platform.world, platform.acts, platform.timeline)
    doing = {*acting(platform), *managing(platform, Driver(platform), scripts), "reset"}
    return reading | {f"POST /sandbox/{name}" for name in doing}


def test_the_reference_names_every_call_and_no_other(platform: Platform):
    named = set(re.findall(r"`((?:GET|POST) /sandbox/[a-z_/<>]+)", DOCS.read_text()))
    assert named == routes(platform)
