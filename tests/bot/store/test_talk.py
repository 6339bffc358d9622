"""What an account says, its models, and who owns a chat: stages, versions, compare-and-set."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import Conflict, NotFound
from bot.store import accounts, followers, handoff, learnt, talk
from bot.store.db import run
from bot.store.talk import Example
from tests.conftest import NOON, a_follower

SOON = NOON + timedelta(minutes=10)


@pytest.fixture
def account(any_store):
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


def slugs(account, stage="live"):
    return [one.slug for one in talk.documents(account, stage)]


# --- documents, examples, stages ----------------------------------------------------------------


def test_a_document_is_kept_under_its_slug_and_replaced_by_the_next(account):
    talk.put(account, "rule", "tea", {"say": "茶"}, NOON)
    talk.put(account, "rule", "tea", {"say": "红茶"}, SOON, origin="pack catering 1")
    (kept,) = talk.documents(account)
    assert (kept.document, kept.origin, kept.updated_at) == (
        {"say": "红茶"},
        "pack catering 1",
        SOON,
    )


def test_every_change_makes_the_version_grow_and_nothing_else_does(account):
    seen = [talk.version(account)]
    for change in (
        lambda: talk.put(account, "rule", "tea", {}, NOON),
        lambda: talk.add_examples(account, [Example("hours", "几点开门")]),
        lambda: talk.begin_draft(account),
        lambda: talk.publish(account),
        lambda: talk.remove_example(account, "几点开门"),
        lambda: talk.remove(account, "rule", "tea"),
    ):
        change()
        seen.append(talk.version(account))
    assert seen == sorted(set(seen))
    assert not talk.remove(account, "rule", "tea")
    assert talk.add_examples(account, []) == 0
    assert talk.version(account) == seen[-1]


def test_an_example_belongs_to_one_intent(account):
    assert (
        talk.add_examples(account, [Example("hours", "几点开门"), Example("hours", "关门了吗")])
        == 2
    )
    assert talk.add_examples(account, [Example("hours", "几点开门")]) == 0
    assert talk.add_examples(account, [Example("address", "几点开门", "traffic")]) == 1
    assert talk.count_examples(account) == {"address": 1, "hours": 1}
    assert {one.text: one.source for one in talk.examples(account)} == {
        "几点开门": "traffic", "关门了吗": "marketer",
    }  # fmt: skip


def test_a_draft_is_a_copy_that_goes_live_as_a_whole_and_can_be_taken_back(account):
    talk.put(account, "rule", "tea", {"v": 1}, NOON)
    talk.add_examples(account, [Example("hours", "几点开门")])
    assert talk.begin_draft(account)
    assert not talk.begin_draft(account)
    talk.put(account, "rule", "soup", {}, NOON, stage="draft")
    talk.remove_intent_examples(account, "hours", stage="draft")
    assert slugs(account) == ["tea"]
    assert slugs(account, "draft") == ["soup", "tea"]
    assert talk.publish(account)
    assert slugs(account) == ["soup", "tea"]
    assert talk.examples(account) == []
    assert not talk.publish(account), "the draft is spent"
    assert talk.roll_back(account)
    assert slugs(account) == ["tea"]
    assert len(talk.examples(account)) == 1
    assert talk.roll_back(account), "back again"
    assert slugs(account) == ["soup", "tea"]


def test_two_accounts_say_different_things(account):
    other = accounts.add("second", "wx2222222222222222", "s", "t", "k" * 43, "service", NOON)
    talk.put(account, "rule", "tea", {}, NOON)
    assert slugs(other) == []
    assert talk.version(other) == 0


# --- models -------------------------------------------------------------------------------------


def saved(account, content=b"model"):
    return learnt.save(account, "intent", content, "f" * 64, {"accuracy": 0.9}, NOON)


def test_one_model_of_a_kind_is_active(account):
    first, second = saved(account), saved(account, b"better")
    before = talk.version(account)
    learnt.activate(account, first, NOON)
    learnt.activate(account, second, SOON)
    assert talk.version(account) == before + 2
    states = {one.id: (one.state, one.active_from) for one in learnt.models(account)}
    assert states == {first: ("retired", NOON), second: ("active", SOON)}
    assert learnt.content(second) == b"better"


def test_a_model_on_trial_stands_beside_the_active_one(account):
    first, second = saved(account), saved(account)
    learnt.activate(account, first, NOON)
    learnt.try_out(account, second)
    assert learnt.in_state(account, "intent", "active").id == first
    assert learnt.in_state(account, "intent", "shadow").id == second
    assert learnt.end_trial(account, "intent")
    assert not learnt.end_trial(account, "intent")


def test_old_models_go_and_the_active_one_stays(account):
    first = saved(account)
    learnt.activate(account, first, NOON)
    for number in range(9):
        saved(account, b"%d" % number)
    left = [one.id for one in learnt.models(account)]
    assert first in left
    assert len(left) == learnt.KEPT + 1


def test_a_model_that_is_not_what_was_saved_is_refused(account):
    model = saved(account)
    run("UPDATE learnt_model SET content = ? WHERE id = ?", (b"other", model))
    with pytest.raises(Conflict):
        learnt.content(model)
    with pytest.raises(NotFound):
        learnt.activate(account, 404, NOON)


# --- who owns a chat ----------------------------------------------------------------------------


def owner(follower, at=NOON):
    return followers.get(follower).owner(at)


def test_a_chat_goes_from_the_bot_to_the_queue_to_an_agent_and_back(account):
    lin = a_follower(account)
    assert owner(lin) == ""
    assert handoff.ask(lin, "word", NOON, SOON)
    assert owner(lin) == "queue"
    handoff.take(lin, "kf1@gh", NOON, SOON)
    assert owner(lin) == "agent"
    assert handoff.held(account) == {"agent": 1}
    assert handoff.release(lin, "closed", SOON)
    assert owner(lin) == ""
    (asked,) = handoff.asked(lin)
    assert (asked.why, asked.agent, asked.accepted_at, asked.ended_at, asked.outcome) == (
        "word", "kf1@gh", NOON, SOON, "closed",
    )  # fmt: skip


def test_a_held_chat_is_not_asked_for_twice_and_not_released_twice(account):
    lin = a_follower(account)
    assert handoff.ask(lin, "word", NOON, SOON)
    assert not handoff.ask(lin, "anger", NOON, SOON)
    assert handoff.release(lin, "released", NOON)
    assert not handoff.release(lin, "released", NOON)
    assert len(handoff.asked(lin)) == 1


def test_a_hold_ends_by_itself_at_its_end(account):
    lin = a_follower(account)
    handoff.ask(lin, "word", NOON, SOON)
    assert owner(lin, SOON - timedelta(milliseconds=1)) == "queue"
    assert owner(lin, SOON) == ""
    assert handoff.release_expired(SOON - timedelta(seconds=1)) == []
    assert handoff.release_expired(SOON) == [(lin, "queue")]
    assert handoff.asked(lin)[0].outcome == "timed_out"


def test_an_agent_may_take_a_chat_that_nobody_asked_for(account):
    lin = a_follower(account)
    handoff.take(lin, "kf1@gh", NOON, SOON)
    assert owner(lin) == "agent"
    assert handoff.asked(lin)[0].agent == "kf1@gh"
