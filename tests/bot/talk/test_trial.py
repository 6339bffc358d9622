"""Replays and trials: what a draft would say otherwise, and that nobody notices."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import NotFound
from bot.store import accounts, shadow, talk
from bot.talk import trial
from tests.bot.talk.test_learning import said
from tests.conftest import NOON, a_follower

HOUR = timedelta(hours=1)
TEA = {"slug": "tea", "keywords": ["奶茶"], "answers": [{"text": "奶茶八折"}]}


@pytest.fixture
def account(any_store):
    return accounts.by_id(accounts.ensure_default("wxdevelopment0000", "service", NOON))


@pytest.fixture
def lin(account):
    return a_follower(account.id)


def draft(account, **documents):
    talk.begin_draft(account.id)
    for slug, document in documents.items():
        talk.put(account.id, "rule", slug, document, NOON, stage="draft")


def test_a_replay_lists_the_messages_that_the_draft_answers_otherwise(account, lin):
    tea = said(account.id, lin, "奶茶", at=NOON - HOUR)
    said(account.id, lin, "你好", "text.greet", at=NOON - HOUR)
    draft(account, tea=TEA)
    found = trial.replay(account, NOON - timedelta(days=1), NOON)
    assert found.messages == 2
    (one,) = found.differences
    assert (one.event_id, one.live.key, one.trial.key) == (tea, "topic:奶茶", "rule:tea")
    assert one.trial.says == "奶茶八折"


def test_another_wording_of_the_same_answer_is_a_difference(account, lin):
    talk.put(account.id, "rule", "tea", TEA, NOON)
    said(account.id, lin, "奶茶", "rules.tea", at=NOON - HOUR)
    draft(account, tea={**TEA, "answers": [{"text": "奶茶七折"}]})
    (one,) = trial.replay(account, NOON - timedelta(days=1), NOON).differences
    assert (one.live.says, one.trial.says) == ("奶茶八折", "奶茶七折")


@pytest.mark.parametrize("handler", ["dialogue.booking", "agent.silence", "handoff.misses"])
def test_what_went_before_decided_and_no_set(account, lin, handler):
    said(account.id, lin, "奶茶", handler, at=NOON - HOUR)
    draft(account, tea=TEA)
    assert trial.replay(account, NOON - timedelta(days=1), NOON).messages == 0


def test_what_was_asked_back_is_compared_as_well(account, lin):
    said(account.id, lin, "奶茶", "clarify.ask", at=NOON - HOUR)
    draft(account, tea=TEA)
    assert len(trial.replay(account, NOON - timedelta(days=1), NOON).differences) == 1


def test_long_numbers_are_not_shown(account, lin):
    said(account.id, lin, "奶茶13800001111", at=NOON - HOUR)
    draft(account, tea={**TEA, "keywords": [{"text": "奶茶", "match": "contains"}]})
    (one,) = trial.replay(account, NOON - timedelta(days=1), NOON).differences
    assert one.text == "奶茶00000000000"


def test_there_must_be_something_to_try(account):
    with pytest.raises(NotFound):
        trial.replay(account, NOON - HOUR, NOON)
    with pytest.raises(NotFound):
        trial.start(account.id, NOON)


def test_a_trial_decides_each_message_once_and_keeps_the_disagreements(account, lin):
    draft(account, tea=TEA)
    said(account.id, lin, "奶茶", at=NOON - HOUR)  # before it began
    name = trial.start(account.id, NOON)
    assert name.startswith("draft since 2026-11-21")
    tea = said(account.id, lin, "奶茶", at=NOON + HOUR)
    said(account.id, lin, "你好", "text.greet", at=NOON + HOUR)
    later = NOON + 2 * HOUR
    assert trial.run_trials(account, later) == 2
    assert trial.run_trials(account, later) == 0
    assert [(one.event_id, one.live, one.shadow) for one in shadow.disagreements(account.id)] == [
        (tea, "topic:奶茶", "rule:tea")
    ]
    assert shadow.counted(account.id) == [("topic:奶茶", "rule:tea", 1)]
    assert shadow.running(account.id).decided == 2


def test_a_stopped_trial_decides_no_more_and_keeps_what_it_found(account, lin):
    draft(account, tea=TEA)
    trial.start(account.id, NOON)
    said(account.id, lin, "奶茶", at=NOON + HOUR)
    trial.run_trials(account, NOON + 2 * HOUR)
    assert shadow.stop(account.id)
    assert not shadow.stop(account.id)
    assert trial.run_trials(account, NOON + 3 * HOUR) == 0
    assert len(shadow.disagreements(account.id)) == 1


def test_a_trial_is_no_document_of_any_stage(account):
    draft(account, tea=TEA)
    trial.start(account.id, NOON)
    assert {one.slug for one in talk.documents(account.id, "draft")} == {"tea"}
    assert talk.documents(account.id) == []
