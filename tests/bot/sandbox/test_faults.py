"""Faults on demand: named, counted, the same with the same seed; and the page about them."""

from __future__ import annotations

import json
import random
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from bot.errors import SettingsError
from bot.sandbox.fault_kinds import API, JOBS, PUSH, WHEN, FaultRefused, seconds_of
from bot.sandbox.gateway import Call, Outcome
from bot.sandbox.platform import Platform
from bot.sandbox.tls import _Quiet
from bot.sandbox.web.app import create_app
from bot.sandbox.web.delivery import chunks
from tests.bot.sandbox.conftest import Desktop, a_config

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "sandbox-faults.md"
USERS, TAGS = "/cgi-bin/user/get", "/cgi-bin/tags/create"
DONE = ("hang", "timeout_after_accept", "cut", "bom", "slow_drip", "wrong_length", "latency")
NOT_DONE = ("errcode", "token_storm", "drop", "reset", "500", "502", "html", "garbage")


def calling(desk: Desktop, path: str = TAGS, name: str = "会员") -> Outcome:
    raw = json.dumps({"tag": {"name": name}}, ensure_ascii=False).encode()
    call = Call(path, "POST" if path == TAGS else "GET", {"access_token": desk.token}, raw)
    return desk.gateway.answer(call)


def codes(desk: Desktop, calls: int, path: str = USERS) -> list[int]:
    answers = [json.loads(calling(desk, path).body) for _ in range(calls)]
    return [answer.get("errcode", 0) for answer in answers]


@pytest.fixture
def virtual() -> Iterator[Desktop]:
    desk = Desktop(a_config(start="2026-11-21T12:00+08:00"))
    yield desk
    desk.timeline.stop()


# --- when they happen --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "met"),
    [
        pytest.param({}, [-1, 0, 0, 0, 0, 0, 0, 0], id="once where nothing is said"),
        pytest.param({"times": 3}, [-1, -1, -1, 0, 0, 0, 0, 0], id="so many times"),
        pytest.param({"share": 0.25}, [0, 0, 0, -1, 0, 0, 0, -1], id="an even share"),
        pytest.param({"share": 0.5, "times": 1}, [0, -1, 0, 0, 0, 0, 0, 0], id="both"),
        pytest.param({"probability": 1}, [-1] * 8, id="certainly"),
        pytest.param({"probability": 0}, [0] * 8, id="never"),
        pytest.param({"path": "/cgi-bin/user/*", "times": 1}, [-1] + [0] * 7, id="by a beginning"),
        pytest.param({"path": "/cgi-bin/user/info"}, [0] * 8, id="another call"),
        pytest.param({"path": "*"}, [-1] + [0] * 7, id="any call"),
    ],
)
def test_which_calls_a_fault_meets(desk: Desktop, when, met):
    desk.world.faults.add({"path": USERS, "kind": "errcode", **when})
    assert codes(desk, 8) == met


def test_a_fault_is_in_force_for_its_span_of_the_platforms_time(desk: Desktop):
    desk.world.faults.add({"path": USERS, "probability": 1, "starts_in": 60, "lasts": 60})
    found = codes(desk, 1)
    desk.clock.advance(60)
    found += codes(desk, 2)
    desk.clock.advance(60)
    assert found + codes(desk, 1) == [0, -1, -1, 0]


def test_an_errcode_that_is_not_said_is_system_busy(desk: Desktop):
    desk.world.faults.add({"path": USERS, "kind": "errcode"})
    assert codes(desk, 2) == [-1, 0]


def test_no_wait_is_longer_than_a_day():
    wide = seconds_of({"lognormal": [86_400, 10]})
    rng = random.Random(1)
    assert max(wide.drawn(rng) for _ in range(100)) == 86_400


def test_the_same_seed_meets_the_same_faults():
    def run(seed: int) -> list[int]:
        desk = Desktop(a_config(seed=seed))
        desk.world.faults.add({"path": USERS, "probability": 0.5})
        found = codes(desk, 40)
        desk.timeline.stop()
        return found

    assert run(7) == run(7)
    assert run(7) != run(8)
    assert 10 <= run(7).count(-1) <= 30


def test_what_one_fault_meets_does_not_depend_on_the_others(desk: Desktop):
    desk.world.faults.add({"path": TAGS, "probability": 0.5})
    desk.world.faults.add({"path": USERS, "probability": 0.5})
    alone = Desktop(a_config())
    alone.world.faults.add({"path": TAGS, "probability": 0.5})
    alone.world.faults.add({"path": USERS, "probability": 0.5})
    for _ in range(5):
        calling(alone, TAGS)
    assert codes(desk, 20) == codes(alone, 20)
    alone.timeline.stop()


def test_the_first_armed_that_happens_is_met_and_latency_comes_on_top(desk: Desktop):
    desk.world.faults.arm(
        {
            "api": [
                {"kind": "latency", "path": "*", "seconds": 0.5},
                {"kind": "latency", "path": USERS, "seconds": 0.25},
                {"kind": "errcode", "path": USERS, "errcode": 45009},
                {"kind": "502", "path": USERS},
            ]
        }
    )
    first, second, third = (calling(desk, USERS) for _ in range(3))
    assert [first.hang, second.hang, third.hang] == [0.75] * 3
    assert b"45009" in first.body
    assert (second.status, third.status) == (502, 200)


@pytest.mark.parametrize(
    ("seconds", "low", "high"),
    [
        pytest.param(0.5, 0.5, 0.5, id="fixed"),
        pytest.param({"uniform": [0.1, 0.3]}, 0.1, 0.3, id="uniform"),
        pytest.param({"lognormal": [0.2, 0.5]}, 0.02, 2.0, id="lognormal around its median"),
    ],
)
def test_how_latency_is_distributed(desk: Desktop, seconds, low, high):
    desk.world.faults.add({"kind": "latency", "path": "*", "seconds": seconds})
    drawn = sorted(calling(desk, USERS).hang for _ in range(200))
    assert low <= drawn[0] <= drawn[-1] <= high
    assert len(set(drawn)) == (1 if low == high else 200)
    assert drawn[100] == pytest.approx((low + high) / 2 if low > 0.05 else 0.2, rel=0.3)


# --- what they do ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", DONE)
def test_after_these_the_call_has_been_done(desk: Desktop, kind):
    desk.world.faults.add({"kind": kind, "path": TAGS})
    calling(desk)
    assert "会员" in desk.world.tags.values()


@pytest.mark.parametrize("kind", NOT_DONE)
def test_after_these_nothing_has_been_done(desk: Desktop, kind):
    desk.world.faults.add({"kind": kind, "path": TAGS})
    calling(desk)
    assert "会员" not in desk.world.tags.values()


@pytest.mark.parametrize("kind", ["500", "502", "html", "garbage"])
def test_a_wrong_page_can_hide_a_call_that_was_done(desk: Desktop, kind):
    desk.world.faults.add({"kind": kind, "path": TAGS, "done": True})
    outcome = calling(desk)
    assert "会员" in desk.world.tags.values()
    with pytest.raises(json.JSONDecodeError):
        json.loads(outcome.body)


def test_a_token_storm_ends_when_the_token_was_fetched_often_enough(desk: Desktop):
    desk.world.faults.add({"kind": "token_storm", "fetches": 2})
    config = desk.world.config
    fields = {"grant_type": "client_credential", "appid": config.appid, "secret": config.appsecret}
    found = codes(desk, 2)
    assert "access_token" in desk.post("stable_token", fields)
    found += codes(desk, 1)
    assert desk.post("stable_token", {**fields, "secret": "wrong"})["errcode"] == 40125
    found += codes(desk, 1)
    assert "access_token" in desk.get("token", **fields)
    assert found + codes(desk, 1) == [40001, 40001, 40001, 40001, 0]


def test_a_byte_order_mark_stands_before_the_json(desk: Desktop):
    desk.world.faults.add({"kind": "bom", "path": USERS})
    body = calling(desk, USERS).body
    with pytest.raises(ValueError, match="BOM"):
        json.loads(body.decode())
    assert "total" in json.loads(body.decode("utf-8-sig"))


@pytest.mark.parametrize("kind", API)
def test_on_virtual_time_nobody_waits(virtual: Desktop, kind):
    virtual.world.faults.add({"kind": kind, "path": "*"})
    outcome = calling(virtual)
    assert (outcome.hang, outcome.seconds) == (0.0, 0.0)
    assert outcome.way in ("", "cut", "drop", "reset", "wrong_length")
    assert (outcome.way == "cut") == (kind in ("cut", "timeout_after_accept"))
    assert virtual.world.faults.report()[kind] == {"armed": 1, "met": 1}


def test_each_is_counted_by_name_and_stands_in_the_ledger(desk: Desktop):
    faults = desk.world.faults
    faults.add({"kind": "502", "path": USERS, "times": 2})
    faults.add({"kind": "502", "path": TAGS})
    faults.add({"kind": "errcode", "path": TAGS})
    for _ in range(3):
        calling(desk, USERS)
    calling(desk, TAGS)
    assert faults.report() == {"errcode": {"armed": 1, "met": 0}, "502": {"armed": 2, "met": 3}}
    records = desk.world.ledger.records("api_fault")
    assert [(one["fault"], one["path"]) for one in records] == [("502", USERS)] * 2 + [
        ("502", TAGS)
    ]
    faults.clear()
    assert not faults.active
    assert codes(desk, 1, TAGS) == [0]
    assert faults.report()["502"] == {"armed": 2, "met": 3}


# --- over HTTP ---------------------------------------------------------------------------------


@pytest.fixture
def served() -> Iterator[tuple[Platform, str, int]]:
    """A platform, its token, its port."""
    platform = Platform(a_config(callback_url=""))
    server = make_server(
        "127.0.0.1", 0, create_app(platform), threaded=True, request_handler=_Quiet
    )
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield platform, platform.world.tokens.plain(platform.world.clock())[0], server.server_port
    server.shutdown()
    server.server_close()


def raw_answer(served: tuple[Platform, str, int], fault: dict[str, Any]) -> bytes | type[OSError]:
    """Every byte that comes until the connection ends, or how it broke."""
    platform, token, port = served
    platform.world.faults.add({"path": USERS, **fault})
    with socket.create_connection(("127.0.0.1", port), 5) as there:
        there.sendall(f"GET {USERS}?access_token={token} HTTP/1.0\r\n\r\n".encode())
        found = b""
        try:
            while chunk := there.recv(65536):
                found += chunk
        except OSError as error:
            return type(error)
        return found


WHOLE = b'{"total": 0, "count": 0, "next_openid": ""}'


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param({"kind": "drop"}, b"", id="drop: not a byte"),
        pytest.param({"kind": "timeout_after_accept", "seconds": 0.01}, b"", id="silence"),
        pytest.param({"kind": "reset"}, ConnectionResetError, id="reset"),
    ],
)
def test_connections_that_end_without_an_answer(served, fault, expected):
    assert raw_answer(served, fault) == expected


@pytest.mark.parametrize(
    ("fault", "body", "promised"),
    [
        pytest.param({"kind": "hang", "seconds": 0.01}, WHOLE, len(WHOLE), id="hang: late"),
        pytest.param({"kind": "slow_drip", "seconds": 0.05}, WHOLE, len(WHOLE), id="bit by bit"),
        pytest.param({"kind": "wrong_length"}, WHOLE, len(WHOLE) + 10, id="a wrong length"),
        pytest.param({"kind": "cut"}, WHOLE[:1], len(WHOLE) + 10, id="cut halfway"),
    ],
)
def test_answers_that_come_oddly(served, fault, body, promised):
    answer = raw_answer(served, fault)
    assert isinstance(answer, bytes)
    head, _, came = answer.partition(b"\r\n\r\n")
    assert came == body
    length = re.search(rb"(?i)content-length: (\d+)", head)
    assert length is not None
    assert int(length[1]) == promised


def test_a_server_that_hides_its_sockets_sends_less_than_it_promised():
    """Granian then drops the connection before the head is sent."""
    for way in ("drop", "reset", "silence"):
        assert list(chunks(Outcome(b"", way=way), {"SERVER_SOFTWARE": "Granian"})) == [b" "]


# --- what makes no fault -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "key"),
    [
        pytest.param({"apis": []}, "apis", id="an unknown part"),
        pytest.param({"api": {}}, "api", id="a part of the wrong kind"),
        pytest.param({"push": []}, "push", id="pushes as a list"),
        pytest.param({"api": [{"kind": "magic", "path": "*"}]}, "kind", id="an unknown kind"),
        pytest.param({"api": [{"kind": "cut"}]}, "path", id="no path"),
        pytest.param({"api": [{"kind": "cut", "path": "user"}]}, "path", id="half a path"),
        pytest.param(
            {"api": [{"kind": "cut", "path": "*", "seconds": 1}]}, "seconds", id="another's key"
        ),
        pytest.param({"api": [{"path": "*", "times": 0}]}, "times", id="no times"),
        pytest.param({"api": [{"path": "*", "times": 1.5}]}, "times", id="half a time"),
        pytest.param({"api": [{"path": "*", "share": 2}]}, "share", id="more than all"),
        pytest.param({"api": [{"path": "*", "probability": True}]}, "probability", id="a truth"),
        pytest.param({"api": [{"path": "*", "errcode": "x"}]}, "errcode", id="a code in words"),
        pytest.param({"api": [{"path": "*", "errcode": 0}]}, "errcode", id="a code of no error"),
        pytest.param({"api": [{"path": "*", "errcode": -2}]}, "errcode", id="a code of nobody"),
        pytest.param({"api": [{"path": "*", "errcode": None}]}, "errcode", id="no code"),
        pytest.param({"api": [{"path": "*", "lasts": -1}]}, "lasts", id="before its begin"),
        pytest.param({"api": [{"path": "*", "lasts": 1e308}]}, "lasts", id="beyond all time"),
        pytest.param(
            {"api": [{"path": "*", "starts_in": 1e12}]}, "starts_in", id="begins after all time"
        ),
        *(
            pytest.param(
                {"api": [{"kind": "latency", "path": "*", "seconds": seconds}]},
                "seconds",
                id=f"late by {name}",
            )
            for seconds, name in [
                (86_401, "more than a day"),
                (1e308, "more than all time"),
                (10**400, "a number that no float holds"),
                (float("inf"), "infinity"),
                (float("nan"), "no number"),
                (-1, "less than nothing"),
                (None, "nothing"),
                ("1", "a text"),
                ({"uniform": [1, 1e308]}, "up to more than all time"),
                ({"lognormal": [1e308, 1]}, "a median above a day"),
                ({"lognormal": [1, 11]}, "too wide a spread"),
                ({"lognormal": [0, 1]}, "a median of nothing"),
            ]
        ),
        pytest.param({"push": {"delay": {"seconds": 1e308}}}, "seconds", id="a push never due"),
        pytest.param({"push": {"delay": float("nan")}}, "delay", id="a probability that is none"),
        pytest.param(
            {"api": [{"kind": "hang", "path": "*", "seconds": {"normal": [1, 1]}}]},
            "seconds",
            id="an unknown distribution",
        ),
        pytest.param(
            {"api": [{"kind": "hang", "path": "*", "seconds": {"uniform": [2, 1]}}]},
            "seconds",
            id="from high to low",
        ),
        pytest.param(
            {"api": [{"kind": "502", "path": "*", "done": 1}]}, "done", id="done as a number"
        ),
        pytest.param(
            {"api": [{"kind": "token_storm", "fetches": 0}]}, "fetches", id="a storm without end"
        ),
        pytest.param({"push": {"loose_answers": 1}}, "loose_answers", id="an unknown push fault"),
        pytest.param({"push": {"duplicate": 1.5}}, "duplicate", id="too probable"),
        pytest.param({"push": {"duplicate": {"sare": 1}}}, "sare", id="a slip of the pen"),
        pytest.param({"push": {"replay": {"labels": "text"}}}, "labels", id="no list of labels"),
        pytest.param({"template_failed": "often"}, "template_failed", id="a word"),
    ],
)
def test_a_wrong_document_is_refused_with_the_key_named(desk: Desktop, given, key):
    with pytest.raises(SettingsError, match=rf"^sandbox faults: {key}: [^\n]+$"):
        a_config(faults=given)
    with pytest.raises(FaultRefused, match=rf"^{key}: "):
        desk.world.faults.arm(given)


def test_nothing_is_armed_where_one_of_several_is_wrong(desk: Desktop):
    with pytest.raises(FaultRefused):
        desk.world.faults.arm({"api": [{"path": "*"}, {"path": "*", "times": 0}]})
    assert not desk.world.faults.active


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"api": [{"path": USERS}]}, id="a document"),
        pytest.param({"path": USERS}, id="a single fault of the API"),
        pytest.param({"lose_answers": 0.5}, id="push faults by their names"),
        pytest.param({"template_failed": 1}, id="a failing template message"),
    ],
)
def test_the_forms_that_a_control_call_may_take(desk: Desktop, given):
    desk.world.faults.arm(given)
    assert desk.world.faults.active


def test_a_push_fault_is_taken_away_by_zero(desk: Desktop):
    desk.world.faults.set_push({"duplicate": 1, "template_failed": 1})
    desk.world.faults.set_push({"duplicate": 0, "template_failed": 0})
    assert not desk.world.faults.active


# --- the page ----------------------------------------------------------------------------------


def rows() -> dict[str, str]:
    """Name -> the row of every table that begins with a name in code."""
    lines = REFERENCE.read_text(encoding="utf-8").splitlines()
    found = (re.match(r"\| `([^`]+)` \|", line) for line in lines)
    return {one[1]: line for one, line in zip(found, lines, strict=True) if one}


def test_the_page_names_every_fault_with_its_keys_and_no_other():
    tables = {**API, **PUSH, **JOBS}
    assert set(rows()) == {*tables, *WHEN}
    for name, kind in tables.items():
        assert kind.does.replace("`", "") in rows()[name].replace("`", "")
        for key in kind.takes:
            assert f"`{key}`" in rows()[name]


def test_the_examples_of_the_page_are_accepted():
    text = REFERENCE.read_text(encoding="utf-8")
    examples = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert examples
    for example in examples:
        a_config(faults=json.loads(example))
