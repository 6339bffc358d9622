"""Faults of the way to the program, on virtual time and in our own process: nothing waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from bot.sandbox.acts import Acts
from bot.sandbox.clock import SteppedClock
from bot.sandbox.crypto import BadCipher, Box, sign
from bot.sandbox.envelope import CONTROL
from bot.sandbox.inprocess import WsgiWire
from bot.sandbox.pusher import Pusher
from bot.sandbox.stepper import Stepper
from bot.sandbox.wire import NoAnswer
from bot.sandbox.world import World
from bot.sandbox.xml import BadXml, parse
from tests.bot.sandbox.conftest import a_config

Answering = Callable[[bytes], tuple[str, bytes]]
SUCCESS = ("200 OK", b"success")


class Program:
    """A WSGI application that notes what it is asked."""

    def __init__(self, answering: Answering = lambda _: SUCCESS) -> None:
        self.answering = answering
        self.asked: list[tuple[str, bytes]] = []

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        body = environ["wsgi.input"].read()
        self.asked.append((environ["QUERY_STRING"], body))
        status, answer = self.answering(body)
        start(status, [])
        return [answer]

    @property
    def heard(self) -> list[str]:
        """In plain mode: what the texts say."""
        return [parse(body).get("Content", "") for _, body in self.asked]


class Story:
    """A stepped platform's pushes to a program, and Lin, who follows since just now."""

    def __init__(self, program: Program, push: dict[str, Any] | None = None, **changes: Any):
        changes = {"mode": "plain", "start": "2026-11-21T12:00+08:00", **changes}
        self.config = a_config(**changes)
        clock = SteppedClock(self.config.start_at())  # type: ignore[arg-type]
        self.stepper = Stepper(clock)
        self.world = World(self.config, clock)
        wire = WsgiWire(program)
        self.pusher = Pusher(self.world, timeline=self.stepper.timeline(), wire=wire)
        self.acts = Acts(self.world, self.pusher.push)
        self.lin = self.world.person("o-lin")
        self.acts.follow(self.lin)
        self.pusher.drain(0)
        program.asked.clear()
        self.world.faults.set_push(push or {})

    def say(self, *texts: str) -> None:
        for text in texts:
            self.acts.say(self.lin, text)
        self.pusher.drain(0)

    def met(self, name: str) -> int:
        return self.world.faults.report()[name]["met"]


def test_a_reordered_push_is_overtaken_by_the_next_of_the_same_follower():
    program = Program()
    story = Story(program, {"reorder": {"times": 1}})
    story.say("一", "二", "三")
    assert program.heard == ["二", "一", "三"]
    assert story.met("reorder") == 1


def test_a_reordered_push_that_nothing_overtakes_comes_late():
    program = Program()
    story = Story(program, {"reorder": {"times": 1, "seconds": 9}})
    before = story.world.clock()
    story.say("一")
    assert program.heard == ["一"]
    assert (story.world.clock() - before).total_seconds() == 9


def test_a_delayed_push_holds_up_what_the_follower_does_next():
    program = Program()
    story = Story(program, {"delay": {"times": 1, "seconds": 30}})
    wang = story.world.person("o-wang")
    story.acts.say(story.lin, "一")
    story.acts.say(story.lin, "二")
    story.acts.follow(wang)
    story.acts.say(wang, "别人")
    before = story.world.clock()
    story.pusher.drain(0)
    assert program.heard == ["", "别人", "一", "二"]
    assert (story.world.clock() - before).total_seconds() == 30


@pytest.mark.parametrize("seconds", [0, 20], ids=["at once", "later"])
def test_a_duplicate_is_the_same_push_signed_afresh(seconds):
    program = Program()
    story = Story(program, {"duplicate": {"times": 1, "seconds": seconds}})
    before = story.world.clock()
    story.say("一", "二")
    expected = ["一", "一", "二"] if not seconds else ["一", "二", "一"]
    assert program.heard == expected
    twice = [(query, body) for query, body in program.asked if "一".encode() in body]
    assert twice[0][1] == twice[1][1]
    assert twice[0][0] != twice[1][0]
    assert (story.world.clock() - before).total_seconds() == seconds


def test_a_replay_is_an_old_delivery_byte_for_byte():
    program = Program()
    story = Story(program, {"replay": {"starts_in": 60}})
    story.say("一", "二", "三")
    old = list(program.asked)
    story.stepper.clock.set(story.world.clock().replace(hour=13))
    story.say("四")
    assert program.heard[:4] == ["一", "二", "三", "四"]
    assert program.asked[4] in old + program.asked[3:4]
    assert story.met("replay") == 1


def test_a_wrong_signature_is_sent_once_and_then_the_right_one():
    checked: list[bool] = []
    config = a_config()

    def answering(_: bytes) -> tuple[str, bytes]:
        query = {name: values[0] for name, values in parse_qs(program.asked[-1][0]).items()}
        right = sign(config.token, query["timestamp"], query["nonce"]) == query["signature"]
        checked.append(right)
        return SUCCESS if right else ("403 FORBIDDEN", b"")

    program = Program()
    story = Story(program, {"corrupt_signature": {"times": 1}})
    program.answering = answering
    story.say("一")
    assert checked == [False, True]
    assert story.pusher.report()["failed"] == 0


def test_a_cipher_that_cannot_be_opened_is_rightly_signed():
    opened: list[str] = []
    config = a_config()
    box = Box(config.aes_key, config.appid)

    def answering(body: bytes) -> tuple[str, bytes]:
        query = {name: values[0] for name, values in parse_qs(program.asked[-1][0]).items()}
        sealed = parse(body)["Encrypt"]
        signed = sign(config.token, query["timestamp"], query["nonce"], sealed)
        assert signed == query["msg_signature"]
        try:
            opened.append(parse(box.open(sealed))["Content"])
        except BadCipher:
            opened.append("")
            return "403 FORBIDDEN", b""
        return SUCCESS

    program = Program()
    story = Story(program, {"corrupt_cipher": {"times": 1}}, mode="safe")
    program.answering = answering
    story.say("一")
    assert opened == ["", "一"]


def test_plain_mode_has_no_cipher_to_corrupt():
    story = Story(Program(), {"corrupt_cipher": 1})
    story.say("一")
    assert story.met("corrupt_cipher") == 0


def test_a_raw_control_character_comes_at_every_try_of_a_text():
    program = Program()
    story = Story(program, {"corrupt_xml": 1})
    program.answering = lambda _: ("400 BAD REQUEST", b"")
    story.say("一")
    story.acts.click(story.lin, "COUPON")
    story.pusher.drain(0)
    bodies = [body for _, body in program.asked]
    for body in bodies[:3]:
        with pytest.raises(BadXml):
            parse(body)
        assert parse(body.replace(CONTROL.encode(), b""))["Content"] == "一"
    assert all(parse(body)["Event"] == "CLICK" for body in bodies[3:])
    assert story.met("corrupt_xml") == 1


def test_labels_limit_a_fault_to_some_pushes():
    program = Program()
    story = Story(program, {"duplicate": {"probability": 1, "labels": ["CLICK"]}})
    story.say("一")
    story.acts.click(story.lin, "COUPON")
    story.pusher.drain(0)
    assert len(program.asked) == 3
    (record,) = story.world.ledger.records("push_fault")
    assert {n: record[n] for n in ("fault", "openid", "label")} == {
        "fault": "duplicate",
        "openid": "o-lin",
        "label": "CLICK",
    }


def test_the_same_seed_gives_the_same_ledger_and_the_same_deliveries():
    def lived() -> tuple[list[dict[str, Any]], list[str]]:
        program = Program()
        push = {
            "lose_answers": 0.3,
            "duplicate": {"probability": 0.3, "seconds": {"uniform": [0, 9]}},
            "reorder": 0.3,
            "delay": {"probability": 0.3, "seconds": {"lognormal": [2, 1]}},
            "replay": 0.2,
        }
        story = Story(program, push)
        for number in range(30):
            story.say(f"甲{number}", f"乙{number}")
        return story.world.ledger.records(), [query for query, _ in program.asked]

    first, second = lived(), lived()
    assert first[0] == second[0]
    assert len(first[1]) == len(second[1]) > 60


def test_on_virtual_time_a_refused_push_costs_no_time():
    def failing(_: bytes) -> tuple[str, bytes]:
        raise RuntimeError("the program stumbles")

    story = Story(Program())
    program = Program(failing)
    story.pusher.connect(WsgiWire(program))
    before = story.world.clock()
    story.say("一")
    assert (len(program.asked), story.world.clock()) == (3, before)
    assert story.pusher.report()["refused"] == 3


def test_a_program_in_this_process_can_be_too_late():
    wire = WsgiWire(Program(), limit=1e-9)
    with pytest.raises(NoAnswer) as refused:
        wire.post({}, b"")
    assert refused.value.late


def test_a_program_in_this_process_is_verified_at_its_path():
    seen: list[str] = []

    def echo(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        seen.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        start("200 OK", [])
        return [parse_qs(environ["QUERY_STRING"])["echostr"][0].encode()]

    world = World(a_config(callback_url=""))
    assert Pusher(world, workers=0, wire=WsgiWire(echo, path="/wx")).verify()
    assert seen == ["GET /wx"]
