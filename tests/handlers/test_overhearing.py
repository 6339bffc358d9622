"""What a follower says to a human agent never reaches the callback; rights are honoured all the
same. The platform is the sandbox's: its agents, its log, its refusals."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from bot.inbox.overhearing import overhear
from bot.sandbox.gateway import Call
from bot.store.db import fetch
from bot.store.models import Event, Follower
from bot.values.inbound import AgentSession, Subscribe, TextMessage
from bot.wechat.client import WeChatClient
from bot.wechat.transport import Response
from tests.bot.sandbox.hotline import LAN, staffed

LIN = "o-lin"


class Wire:
    """Carries our requests to the sandbox in this process."""

    def __init__(self, desk):
        self.desk = desk
        self.asked = 0

    def post(self, url, body, timeout=0.0, content_type=""):
        self.asked += 1
        parts = urlsplit(url)
        call = Call(parts.path, "POST", dict(parse_qsl(parts.query)), body)
        return Response(200, self.desk.gateway.answer(call).body)

    def close(self):
        pass


class Token:
    def __init__(self, desk):
        self.desk = desk

    def get(self, now):
        return self.desk.token

    def replace(self, rejected, now):
        return self.desk.token


class Hall:
    """Lin, the house, and the agents' desk, on one clock."""

    def __init__(self, house, desk):
        self.house, self.desk = house, desk
        self.wire = Wire(desk)
        client = WeChatClient(
            "wx", "secret", "https://api", Token(desk), desk.clock, transport=self.wire
        )
        house.services = replace(house.services, client_of=lambda account_id: client)
        house.now = desk.clock()
        house.push(Subscribe)

    def opens(self):
        self.desk.agents.take(LAN, LIN)
        self.house.push(AgentSession, action="create", agent=LAN)

    def closes(self):
        self.desk.agents.close(LAN, LIN)
        self.house.push(AgentSession, action="close", agent=LAN)

    def tells_the_agent(self, text):
        before = len(self.desk.pushed)
        self.desk.acts.say(self.desk.world.person(LIN), text)
        assert len(self.desk.pushed) == before, "the callback hears nothing of it"

    def wait(self, **time):
        self.desk.pass_time(timedelta(**time).total_seconds())
        self.house.now = self.desk.clock()

    def overhear(self):
        return overhear(self.house.services, self.house.now)


@pytest.fixture
def hall(house):
    desk = staffed()
    yield Hall(house, desk)
    desk.timeline.stop()


def kinds(*wanted):
    return [row.kind for row in Event.select().where(Event.kind.in_(wanted)).order_by(Event.id)]


@pytest.mark.parametrize("text", ["退订", "TD", "不要再给我发广告了", "取消推送！"])
def test_an_opt_out_said_to_an_agent_counts_from_when_it_was_said_and_is_noted(hall, text):
    hall.opens()
    hall.wait(minutes=1)
    said_at = hall.house.now
    hall.tells_the_agent(text)
    hall.wait(minutes=2)
    assert hall.overhear() == 1
    assert Follower.get().opted_out_at == said_at
    assert kinds("overheard", "opt_out") == ["overheard", "opt_out"]
    (noted,) = Event.select().where(Event.kind == "overheard")
    assert noted.facts == {"word": "opt_out", "agent": LAN}
    assert noted.sealed is None


def test_read_again_it_changes_nothing_more(hall):
    hall.opens()
    hall.tells_the_agent("退订")
    assert [hall.overhear() for _ in range(3)] == [1, 0, 0]
    assert kinds("overheard", "opt_out") == ["overheard", "opt_out"]


@pytest.mark.parametrize(
    "text",
    ["你好", "我想退订上次订的座位可以吗", "[image]", "优惠券", "", "退订" * 30 + "好不好"],
)
def test_nothing_else_that_is_said_to_an_agent_is_kept(hall, text):
    hall.opens()
    hall.tells_the_agent(text)
    assert hall.overhear() == 0
    assert kinds("overheard", "opt_out") == []


def test_what_the_agent_says_is_no_word_of_the_followers(hall):
    hall.opens()
    hall.desk.agents.say(LAN, LIN, "退订")
    assert hall.overhear() == 0
    assert Follower.get().opted_out_at is None


def test_coming_back_is_believed_as_well_and_the_last_word_counts(hall):
    hall.opens()
    for text in ("退订", "恢复订阅"):
        hall.tells_the_agent(text)
        hall.wait(minutes=1)
    assert hall.overhear() == 2
    assert Follower.get().opted_out_at is None


def test_a_wish_to_be_erased_is_noted_for_the_staff_and_erases_nothing(hall, caplog):
    hall.opens()
    hall.tells_the_agent("删除我的数据")
    with caplog.at_level(logging.ERROR):
        assert hall.overhear() == 1
    assert "alarm: an agent was asked to erase" in caplog.text
    assert "删除" not in caplog.text
    assert Follower.get().erased_at is None


def test_what_was_said_while_waiting_came_to_us_and_is_not_heard_twice(hall):
    """The platform puts it into the log when the agent comes: later than what was said since."""
    hall.house.push(TextMessage, text="人工")
    hall.wait(minutes=1)
    hall.desk.acts.say(hall.desk.world.person(LIN), "退订")
    hall.house.says("退订")
    hall.desk.agents.transferred(hall.desk.world.person(LIN), hall.desk.pushed[-1])
    hall.wait(minutes=1)
    hall.house.says("恢复订阅")
    hall.wait(minutes=1)
    hall.opens()
    assert hall.overhear() == 0
    assert Follower.get().opted_out_at is None


@pytest.mark.parametrize(
    ("waits", "calls"),
    [
        pytest.param(None, 0, id="nobody was ever served: the platform is not asked"),
        pytest.param({"minutes": 0}, 1, id="a session: once a look"),
        pytest.param({"minutes": 59}, 1, id="and for an hour after it"),
        pytest.param({"minutes": 61}, 0, id="then no more"),
    ],
)
def test_when_the_platform_is_asked(hall, waits, calls):
    if waits is not None:
        hall.opens()
        hall.wait(minutes=1)
        hall.closes()
        hall.wait(**waits)
    before = hall.wire.asked
    hall.overhear()
    assert hall.wire.asked - before == calls


def test_a_log_of_several_pages_is_read_to_its_end(hall, monkeypatch):
    monkeypatch.setattr("bot.wechat.client.BATCH_OF_LINES", 2)
    hall.opens()
    for text in ("你好", "在吗", "有人吗", "退订", "谢谢"):
        hall.tells_the_agent(text)
    assert hall.overhear() == 1
    assert hall.wire.asked == 3


def test_where_the_platform_refuses_nothing_breaks_and_the_next_look_finds_it(hall):
    hall.opens()
    hall.tells_the_agent("退订")
    hall.desk.agents.enable(False)
    assert hall.overhear() == 0
    hall.desk.agents.enable()
    assert hall.overhear() == 1


def test_who_was_erased_stays_so(hall):
    from bot.profile import privacy

    hall.opens()
    hall.tells_the_agent("退订")
    privacy.erase(hall.house.follower_id, "follower", hall.house.now)
    assert hall.overhear() == 0
    assert fetch("SELECT COUNT(*) FROM event WHERE kind = 'overheard'") == [(0,)]
