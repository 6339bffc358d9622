"""The model of a stage: learnt from its examples, kept in the store, in use with its documents.

A model goes with the examples that it was made of, known by their fingerprint. What is already
there is not learnt again, and when a draft is published, or what was live before comes back, the
model made of these very examples comes with it.
"""

from __future__ import annotations

from datetime import datetime

from bot.errors import InvalidInput
from bot.nlp.learn.model import VERSION
from bot.nlp.learn.reading import Row, Table, fingerprint
from bot.store import learnt, talk
from bot.store.db import transaction
from bot.store.learnt import Kept
from bot.store.talk import DRAFT, LIVE
from bot.talk.checking import must_hold
from bot.talk.live import INTENT_MODEL


def table_of(account_id: int, stage: str = LIVE) -> Table:
    """The examples of a stage as rows to learn from, followers' own words among them."""
    found = talk.examples(account_id, stage)
    return Table(tuple(Row(one.text, (one.intent,)) for one in found), several=False)


def train_stage(account_id: int, stage: str, now: datetime) -> tuple[Kept, bool]:
    """The model of a stage's examples, in use (live) or on trial (draft); whether it was made now.

    Making one of 20,000 examples takes about a minute of one core. Raises InvalidInput where the
    examples are of fewer than two intents.
    """
    table = table_of(account_id, stage)
    if len(table.labels()) < 2:
        raise InvalidInput(
            f"{stage} has examples of {len(table.labels())} intents, and two at least are needed; "
            "begin with: hongyan pack apply NAME",
            "label",
        )
    made = fingerprint(table.rows)
    known = _made_of(account_id, made)
    model_id = known.id if known else _learnt(account_id, stage, table, now)
    with transaction():
        if stage == LIVE:
            if known is None or known.state != "active":
                learnt.activate(account_id, model_id, now)
        elif known is None or known.state == "new":
            learnt.try_out(account_id, model_id)
    found = next(one for one in learnt.models(account_id, INTENT_MODEL) if one.id == model_id)
    return found, known is None


def _learnt(account_id: int, stage: str, table: Table, now: datetime) -> int:
    from bot.nlp.learn.train import train  # scikit-learn: only here, and only when it is wanted

    model = train(table, now)
    said = {**model.card.metrics, "stage": stage, "rows": model.card.rows, "version": VERSION}
    content = model.to_bytes()
    return learnt.save(account_id, INTENT_MODEL, content, model.card.fingerprint, said, now)


def publish(account_id: int, now: datetime) -> bool:
    """The draft goes live with its model; what was live can be rolled back to. False: no draft.

    Raises bot.talk.checking.Faulty where the draft names what is not there.
    """
    with transaction():
        must_hold(account_id, DRAFT)
        done = talk.publish(account_id)
        return done and _follow(account_id, now)


def roll_back(account_id: int, now: datetime) -> bool:
    """What was live before is live again with its model. False: nothing was."""
    with transaction():
        done = talk.roll_back(account_id)
        return done and _follow(account_id, now)


def is_current(account_id: int, stage: str = LIVE) -> bool:
    """Whether there is a model of exactly these examples, or no examples to learn from."""
    table = table_of(account_id, stage)
    return not table.rows or _made_of(account_id, fingerprint(table.rows)) is not None


def drop_draft(account_id: int) -> bool:
    """Forget the draft and end the trial of its model. False: there was none."""
    with transaction():
        there = talk.drop_draft(account_id)
        if there:
            _end_trial_of_draft(account_id)
    return there


def _follow(account_id: int, now: datetime) -> bool:
    """Use the model of what is live now; where none was made, the old one stays until then."""
    table = table_of(account_id)
    known = _made_of(account_id, fingerprint(table.rows)) if table.rows else None
    if known is not None and known.state != "active":
        learnt.activate(account_id, known.id, now)
    if not talk.has(account_id, DRAFT):
        _end_trial_of_draft(account_id)
    return True


def _end_trial_of_draft(account_id: int) -> None:
    """A model that was on trial for the draft is none for what comes after it."""
    tried = learnt.in_state(account_id, INTENT_MODEL, "shadow")
    if tried is not None and tried.metrics.get("stage") == DRAFT:
        learnt.end_trial(account_id, INTENT_MODEL)


def _made_of(account_id: int, made: str) -> Kept | None:
    """The latest model of this version of the learner with these examples."""
    for one in learnt.models(account_id, INTENT_MODEL):
        if one.fingerprint == made and one.metrics.get("version") == VERSION:
            return one
    return None
