"""The program's answer transfer_customer_service, over a real callback."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.acts import Acts
from bot.sandbox.agents import Agents
from bot.sandbox.crypto import Box
from bot.sandbox.judge import TRANSFER, Expected, Judge
from bot.sandbox.people import FAULT_NOTICE, Person
from bot.sandbox.pusher import Pusher
from bot.sandbox.sessions import Agent, Service
from bot.sandbox.world import World
from bot.sandbox.xml import parse
from tests.bot.sandbox.conftest import AES_KEY, SUCCESS, Answer, Asked, a_config

LAN = "lan@gh_sandbox000001"
NAMED = f"<TransInfo><KfAccount><![CDATA[{LAN}]]></KfAccount></TransInfo>"


def reply(more: str = "") -> bytes:
    return (
        "<xml><ToUserName>o-lin</ToUserName><FromUserName>gh_sandbox000001</FromUserName>"
        f"<CreateTime>1760000000</CreateTime><MsgType>{TRANSFER}</MsgType>{more}</xml>"
    ).encode()


class Line:
    """A world in plain mode, its pusher, its program, and Lan at work."""

    def __init__(self, dumb_bot: Any, more: str = "", events: bytes = b"success") -> None:
        def answer(asked: Asked) -> Answer:
            pushed = parse(asked.body)
            self.pushed.append(str(pushed.get("Event") or pushed.get("Content")))
            if pushed["MsgType"] == "text":
                return (200, "text/xml", reply(more))
            return (200, "text/xml", events) if pushed["Event"] != "subscribe" else SUCCESS

        self.pushed: list[str] = []
        self.world = World(a_config(mode="plain", callback_url=dumb_bot(answer).url))
        self.pusher = Pusher(self.world, workers=2)
        self.acts = Acts(self.world, self.pusher.push)
        self.agents = Agents(self.world, self.acts)
        self.service = self.world.room(Service)
        self.service.agents[LAN] = Agent(LAN, "小兰", 1001, wx="lan_2026", online=True)
        self.lin: Person = self.world.person("o-lin")
        self.acts.follow(self.lin)
        self.pusher.start()

    def say(self, text: str) -> None:
        self.acts.say(self.lin, text)
        assert self.pusher.drain(10)


@pytest.fixture
def line(dumb_bot) -> Any:
    lines: list[Line] = []

    def make(**given: Any) -> Line:
        lines.append(Line(dumb_bot, **given))
        return lines[-1]

    yield make
    for one in lines:
        one.pusher.stop()


def test_the_follower_waits_and_sees_nothing_of_it(line):
    here = line()
    here.say("转人工")
    assert list(here.service.waiting) == ["o-lin"]
    assert [bubble.text for bubble in here.lin.chat] == ["关注了公众号", "转人工"]
    assert here.pusher.report()["answered"] == 1


def test_taken_by_an_agent_the_chat_is_the_agent_s(line):
    here = line()
    here.say("转人工")
    here.agents.take(LAN, "o-lin")
    here.say("退款")
    assert here.pushed == ["subscribe", "转人工", "kf_create_session"]
    assert [record.text for record in here.service.records] == ["转人工", "退款"]


def test_an_answer_that_names_an_agent_begins_the_session(line):
    here = line(more=NAMED)
    here.say("找小兰")
    assert here.service.sessions["o-lin"].account == LAN
    assert here.pushed[-1] == "kf_create_session"


def test_whatever_answers_a_session_s_event_the_follower_sees_nothing(line):
    here = line(more=NAMED, events=b"<html>oops</html>")
    here.say("找小兰")
    assert FAULT_NOTICE not in [bubble.text for bubble in here.lin.chat]


@pytest.mark.parametrize(
    ("more", "account"),
    [
        pytest.param("", "", id="nobody"),
        pytest.param(NAMED, LAN, id="an agent"),
    ],
)
def test_whom_an_answer_names(more, account):
    judge = Judge("plain", "tokentoken", Box(AES_KEY, "wxsandbox00000001"))
    verdict = judge.verdict(reply(more), Expected("o-lin", "gh_sandbox000001", "text"))
    assert (verdict.outcome, verdict.kind, verdict.text) == ("answered", TRANSFER, account)
