"""Replies that no HTTP answer carries: message by message, each once, and never beside an agent."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from bot.errors import MessageRefused, OutcomeUnknown, Transient
from bot.inbox import codec, receive
from bot.inbox.context import Handled
from bot.inbox.late import deliver_late
from bot.inbox.repairing import repair_inbox
from bot.store import followers, handoff, repair
from bot.store.db import fetch, run, transaction
from bot.values.replies import (
    NO_REPLY,
    Article,
    ImageReply,
    Later,
    MenuOption,
    MenuReply,
    MiniProgramReply,
    NewsReply,
    Several,
    TextReply,
    TransferReply,
    VideoReply,
)
from tests.bot.inbox.conftest import answering
from tests.conftest import NOON

ONE, TWO, THREE = TextReply("一"), ImageReply("m"), TextReply("三")
ALL = Several((ONE, TWO, THREE))
MENU = MenuReply("您是想问：", (MenuOption("i:hours", "营业时间"),), "尾")


def wait_for(condition):
    for _ in range(2000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not happen in 20 s")


def answers(house):
    return [row[0] for row in fetch("SELECT answer FROM inbox ORDER BY event_id")]


def shown(house):
    return [reply for _, reply in house.phone.shown]


@pytest.mark.parametrize(
    "reply",
    [
        ALL,
        MENU,
        Later(MENU),
        Several((TransferReply("kf@gh"), Later(ONE))),
        NewsReply((Article("t", "d", "https://u", "https://p"),)),
        VideoReply("m", "t"),
        MiniProgramReply("t", "wx1", "p", "m"),
        NO_REPLY,
    ],
)
def test_replies_of_every_kind_come_back_from_the_store(reply):
    assert codec.from_json(codec.to_json(reply)) == reply


@pytest.mark.parametrize(
    ("reply", "messages", "at_once"),
    [
        (ONE, (ONE,), NO_REPLY),
        (ALL, (ONE, TWO, THREE), NO_REPLY),
        (Later(MENU), (MENU,), NO_REPLY),
        (Several((TransferReply(), ONE)), (ONE,), TransferReply()),
        (TransferReply(), (), NO_REPLY),
        (NO_REPLY, (), NO_REPLY),
    ],
)
def test_what_goes_out_as_messages_and_what_over_http(reply, messages, at_once):
    assert codec.messages(reply) == messages
    assert codec.at_once(reply) == at_once


@pytest.mark.parametrize(
    ("reply", "expected"),
    [(ALL, [ONE, TWO, THREE]), (Later(MENU), [MENU]), (MiniProgramReply("t", "a", "p", "m"), None)],
)
def test_they_follow_the_empty_answer_and_each_spends_one_of_the_window(house, reply, expected):
    expected = expected or [reply]
    assert house.deliver(house.receiver(answering(lambda ctx: reply))) == ""
    wait_for(lambda: answers(house) == ["sent"])
    assert shown(house) == expected
    assert fetch("SELECT window_left FROM follower") == [(5 - len(expected),)]


def test_a_transfer_travels_over_http_and_its_words_follow(house):
    receiver = house.receiver(answering(lambda ctx: Several((TransferReply(), ONE))))
    assert house.deliver(receiver) == "<transfer_customer_service>"
    wait_for(lambda: answers(house) == ["sent"])
    assert shown(house) == [ONE]
    counts = repair.callback_counts(house.account.id)
    assert (counts["answered"], counts["late"]) == (1, 0)
    house.deliver(house.receiver(answering(lambda ctx: ALL)), MsgId=77)
    counts = repair.callback_counts(house.account.id)
    assert (counts["answered"], counts["late"]) == (1, 1)


def test_a_repeat_sends_nothing_again(house):
    receiver = house.receiver(answering(lambda ctx: ALL))
    fields = house.platform.fields(NOON)
    assert [house.again(receiver, fields) for _ in range(3)] == [""] * 3
    wait_for(lambda: answers(house) == ["sent"])
    repair_inbox(house.services, answering(lambda ctx: ALL), NOON + timedelta(minutes=5))
    assert shown(house) == [ONE, TWO, THREE]


def test_a_repeat_that_is_being_counted_does_not_put_the_answer_off(house):
    """Whoever wants this one answer waits for its row; a round of many would come back to it."""
    late_answer(house)
    counting = threading.Event()

    def count():
        with transaction():
            run("UPDATE inbox SET repeats = repeats + 1")
            counting.set()
            threading.Event().wait(0.3)
        house.services.store.leave()

    repeat = threading.Thread(target=count)
    repeat.start()
    counting.wait()
    event_id = fetch("SELECT event_id FROM inbox")[0][0]
    tried = deliver_late(house.services, NOON, event_id=event_id)
    repeat.join()
    assert (tried, answers(house), shown(house)) == (1, ["sent"], [ONE])


class FailingAfter:
    """A phone that takes so many messages and then fails as told."""

    def __init__(self, phone, count, error):
        self.phone, self.count, self.error = phone, count, error
        self.real = phone.send_custom

    def __call__(self, openid, reply):
        if len(self.phone.shown) >= self.count and self.error is not None:
            error, self.error = self.error, None
            raise error
        self.real(openid, reply)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_what_went_out_before_a_failure_is_never_sent_again(house, count, monkeypatch):
    phone = FailingAfter(house.phone, count, Transient(-1, "busy"))
    monkeypatch.setattr(house.phone, "send_custom", phone)
    house.deliver(house.receiver(answering(lambda ctx: ALL)))
    wait_for(lambda: phone.error is None and answers(house) == ["late"])
    assert len(house.phone.shown) == count
    deliver_late(house.services, NOON + timedelta(seconds=5))
    assert shown(house) == [ONE, TWO, THREE]
    assert answers(house) == ["sent"]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(OutcomeUnknown(None, "time-out"), "unknown"), (MessageRefused(45015, "window"), "lost")],
)
def test_after_an_end_without_word_the_rest_stays_unsent(house, error, outcome, monkeypatch):
    monkeypatch.setattr(house.phone, "send_custom", FailingAfter(house.phone, 1, error))
    house.deliver(house.receiver(answering(lambda ctx: ALL)))
    wait_for(lambda: answers(house) == [outcome])
    assert deliver_late(house.services, NOON + timedelta(minutes=1)) == 0
    assert shown(house) == [ONE]


def test_a_process_that_dies_between_two_messages_sends_none_twice(house):
    house.deliver(house.receiver(answering(lambda ctx: ALL)))
    wait_for(lambda: answers(house) == ["sent"])
    run("UPDATE inbox SET answer = 'sending', lease_until = 0")
    house.phone.shown.clear()
    assert deliver_late(house.services, NOON) == 0
    assert answers(house) == ["unknown"]
    assert shown(house) == []


def test_a_window_that_ends_in_the_middle_ends_the_rest(house):
    receiver = house.receiver(answering(lambda ctx: Several((ONE,) * 5)))
    house.deliver(receiver, MsgType="event", Event="CLICK", EventKey="K")
    wait_for(lambda: answers(house) == ["lost"])
    assert len(house.phone.shown) == 3


# --- two voices ---------------------------------------------------------------------------------


def late_answer(house, reply=ONE, handler="test"):
    """An answer that is due, its message not sent yet."""
    house.phone.error = Transient(-1, "busy")
    house.deliver(house.receiver(lambda message, ctx: Handled(Later(reply), handler, "because")))
    wait_for(lambda: house.phone.asked == 1 and answers(house) == ["late"])
    house.phone.error = None
    return followers.find(house.account.id, "o-lin").id


def test_a_late_answer_is_dropped_once_an_agent_has_the_chat(house):
    lin = late_answer(house)
    handoff.take(lin, "kf@gh", NOON, NOON + timedelta(minutes=30))
    assert deliver_late(house.services, NOON) == 0
    assert fetch("SELECT answer, reason FROM inbox") == [
        ("lost", "because; dropped: an agent took the chat")
    ]
    assert shown(house) == []


def test_but_not_one_of_the_hand_off_itself(house):
    lin = late_answer(house, handler="agent.session")
    handoff.take(lin, "kf@gh", NOON, NOON + timedelta(minutes=30))
    assert deliver_late(house.services, NOON) == 1
    assert shown(house) == [ONE]


@pytest.mark.parametrize("until", [0, -1])
def test_an_agent_whose_time_is_over_drops_nothing(house, until):
    lin = late_answer(house)
    handoff.take(lin, "kf@gh", NOON, NOON + timedelta(minutes=until))
    assert deliver_late(house.services, NOON) == 1
    assert shown(house) == [ONE]


def test_an_agent_who_comes_in_the_middle_ends_the_rest(house, monkeypatch):
    real = house.phone.send_custom

    def send(openid, reply):
        real(openid, reply)
        lin = followers.find(house.account.id, "o-lin").id
        handoff.take(lin, "kf@gh", NOON, NOON + timedelta(minutes=30))

    monkeypatch.setattr(house.phone, "send_custom", send)
    house.deliver(house.receiver(answering(lambda ctx: ALL)))
    wait_for(lambda: answers(house) == ["lost"])
    assert shown(house) == [ONE]


def test_an_answer_decided_before_an_agent_came_is_not_said(house):
    def taken_meanwhile(ctx):
        handoff.take(ctx.follower.id, "kf@gh", NOON, NOON + timedelta(minutes=30))
        return ONE

    assert house.deliver(house.receiver(answering(taken_meanwhile))) == ""
    assert fetch("SELECT answer, reply FROM inbox") == [("none", None)]


# --- the sign that somebody is at it --------------------------------------------------------------


@pytest.mark.parametrize("error", [None, Transient(45080, "no interaction")])
def test_a_slow_answer_is_announced_and_comes_whether_or_not_that_works(house, monkeypatch, error):
    monkeypatch.setattr(receive, "REPLY_BUDGET_SECONDS", 0.05)
    ready = threading.Event()

    def slow(message, ctx):
        ready.wait(5)
        house.phone.error = None
        return Handled(ONE, "slow")

    house.phone.error = error
    assert house.deliver(house.receiver(slow)) == ""
    wait_for(lambda: house.phone.typed == 1)
    ready.set()
    wait_for(lambda: answers(house) == ["sent"])
    assert shown(house) == [ONE]


def test_a_slow_event_shows_no_sign(house, monkeypatch):
    monkeypatch.setattr(receive, "REPLY_BUDGET_SECONDS", 0.05)
    ready = threading.Event()

    def slow(message, ctx):
        ready.wait(5)
        return Handled(NO_REPLY, "slow")

    house.deliver(house.receiver(slow), MsgType="event", Event="CLICK", EventKey="K")
    ready.set()
    wait_for(lambda: answers(house) == ["none"])
    assert house.phone.typed == 0
