"""A chat has one owner, and one winner when several want to change it."""

from datetime import timedelta

import pytest

from bot.store import accounts, followers, handoff
from tests.conftest import NOON, a_follower
from tests.support.threads import together

SOON = NOON + timedelta(minutes=10)


@pytest.fixture
def lin(any_store):
    return a_follower(accounts.ensure_default("wxdevelopment0000", "service", NOON))


def test_an_agent_who_came_at_the_last_moment_keeps_the_chat(lin):
    handoff.ask(lin, "word", NOON, SOON)
    handoff.take(lin, "kf1@gh", NOON, SOON + timedelta(hours=1))
    assert handoff.release(lin, "released", NOON, held_by="queue") is False
    assert handoff.release_over(lin, SOON) is False
    assert handoff.release_expired(SOON) == []
    assert followers.get(lin).owner(SOON) == "agent"


def test_who_gives_a_chat_back_is_one(lin):
    handoff.ask(lin, "word", NOON, SOON)
    won = together(8, lambda n: handoff.release_over(lin, SOON))
    assert sorted(won) == [False] * 7 + [True]
    assert [one.outcome for one in handoff.asked(lin)] == ["timed_out"]


def test_who_asks_for_a_person_is_one(lin):
    won = together(8, lambda n: handoff.ask(lin, f"why {n}", NOON, SOON))
    assert sorted(won) == [False] * 7 + [True]
    assert len(handoff.asked(lin)) == 1
