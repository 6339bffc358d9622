"""Rows that teach: what was known of a follower at a moment, and what he did after it.

Two sorts of moments. Before a message: will it be answered? At each of the last month-ends: will he
buy, will he leave? A row counts only when its time is over, so that "not yet" never means "no".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.clock import from_ms, to_ms
from bot.insight.kinds import Progress, silent
from bot.insight.table import Table
from bot.learning import features, past
from bot.learning.features import Terms
from bot.learning.purposes import Purpose, came_or_went
from bot.profile.fold import is_own_act
from bot.profile.parts import State
from bot.store import audience, learning_rows, retention
from bot.store.learning_rows import Logged, Person, Sent, Tried
from bot.values.interest import DAY_MS

SPAN = 500  # followers read together
MOST_ROWS = 200_000
LONGEST_DAYS = 365  # older messages say little of today's followers
TARGET, FOLLOWER, MOMENT = "target", "follower", "moment"
TREATED, CHANCE = "treated", "chance"  # of a trial: 1.0 or 0.0, and how likely it was to be treated


class Moment(NamedTuple):
    """When, what came of it, what was offered, and in which arm of a trial."""

    at: int
    target: float
    terms: Terms | None = None
    arm: tuple[float, ...] = ()  # TREATED and CHANCE


@dataclass(frozen=True)
class Book:
    """What is the same for all followers of an account."""

    now: int
    windows: Mapping[tuple[int, int], int]
    offers: Mapping[int, Terms]
    arms: Mapping[tuple[int, int], float] = field(default_factory=dict)


@dataclass(frozen=True)
class Life:
    """A follower with all that is known of him. `received`: instants of messages, ascending."""

    person: Person
    base: State
    log: Sequence[Logged]
    sends: Sequence[Sent]
    acts: Mapping[int, Sequence[tuple[str, int]]]
    tried: Sequence[Tried] = ()

    @property
    def received(self) -> list[int]:
        return [one.sent for one in self.sends]


MomentsOf = Callable[[Life, Purpose, Book], list[Moment]]


def table(account_id: int, purpose: Purpose, now: datetime, progress: Progress = silent) -> Table:
    """The rows of a purpose: its features, `target` 0 or 1, `follower`, and `moment` (s); of a
    trial also `treated` and `chance`.

    Where there would be more than MOST_ROWS, of a fixed share of the followers.
    """
    moments_of, begins = _MOMENTS[purpose.sort], past.told_from()
    book = book_of(account_id, now, trial=purpose.sort == "trial")
    arm = (TREATED, CHANCE) if purpose.sort == "trial" else ()
    names = (*features.columns(purpose.with_offer), *arm, TARGET, FOLLOWER, MOMENT)
    share, parts, rows = 1.0, list[NDArray[np.float64]](), 0
    low, end = audience.ends(account_id)
    first, after = low - 1, low - 1
    while (high := audience.span_end(account_id, after, SPAN)) is not None:
        found = list(_rows(account_id, purpose, moments_of, book, begins, share, after, high))
        if found:
            parts.append(np.array(found))
            rows += len(found)
        while rows > MOST_ROWS:
            share /= 2
            parts = [part[chosen(part[:, -2], share)] for part in parts]
            rows = sum(len(part) for part in parts)
        progress("rows", high - first, end - first)
        after = high
    whole = np.concatenate(parts) if parts else np.empty((0, len(names)))
    return Table({name: whole[:, place].copy() for place, name in enumerate(names)}, len(whole))


def book_of(account_id: int, now: datetime, trial: bool = False) -> Book:
    """What is the same for all. `trial`: with the runs that held some out."""
    offers = {id_: Terms(*one) for id_, one in learning_rows.offers(account_id).items()}
    book = Book(to_ms(now), learning_rows.windows(account_id), offers)
    if not trial:
        return book
    return replace(book, arms=learning_rows.arms(account_id, book.now - LONGEST_DAYS * DAY_MS))


def some(account_id: int, most: int) -> Iterator[list[int]]:
    """Those who follow now, in chunks; where they are more than `most`, a fixed share of them."""
    share = min(1.0, most / max(1, learning_rows.count(account_id)))
    for ids in learning_rows.everybody(account_id):
        taken = chosen(np.array(ids, np.float64), share) if share < 1 else np.ones(len(ids), bool)
        yield [one for one, kept in zip(ids, taken.tolist(), strict=True) if kept]


def chosen(follower_ids: NDArray[np.float64], share: float) -> NDArray[np.bool_]:
    """A fixed share of followers, whichever their order (Knuth's multiplicative hash)."""
    mixed = follower_ids.astype(np.uint64) * np.uint64(2654435761) % np.uint64(2**32)
    return np.asarray(mixed < np.uint64(round(share * 2**32)))


def _rows(
    account_id: int,
    purpose: Purpose,
    moments_of: MomentsOf,
    book: Book,
    begins: int,
    share: float,
    low: int,
    high: int,
) -> Iterator[list[float]]:
    for life in lives(account_id, book, share, low, high):
        moments = [one for one in moments_of(life, purpose, book) if one.at >= begins]
        moments.sort(key=lambda one: one.at)
        states = past.states(life.base, life.log, [one.at for one in moments])
        for moment, state in zip(moments, states, strict=True):
            at = from_ms(moment.at)
            row = features.person_row(state, life.received, at)
            if moment.terms is not None:
                row += features.offer_row(features.interests(state, at), moment.terms)
            yield [*row, *moment.arm, moment.target, float(life.person.id), moment.at / 1000]


def lives(account_id: int, book: Book, share: float, low: int, high: int) -> Iterator[Life]:
    """All that is known of those with low < id <= high; of a share of them."""
    people = learning_rows.people(account_id, low, high)
    if share < 1 and people:
        taken = chosen(np.array([float(one.id) for one in people]), share)
        people = [one for one, kept in zip(people, taken, strict=True) if kept]
    if not people:
        return
    logs, bases = past.logs(low, high), retention.bases([one.id for one in people])
    since = book.now - (LONGEST_DAYS + features.LEDGER_DAYS) * DAY_MS
    sends: dict[int, list[Sent]] = {}
    for one in learning_rows.sends(account_id, low, high, since):
        sends.setdefault(one.follower_id, []).append(one)
    acts = learning_rows.acts([one.id for mine in sends.values() for one in mine if one.counted])
    tried = _tried(account_id, book, low, high)
    for person in people:
        yield Life(
            person,
            bases.get(person.id, {}),
            logs.get(person.id, []),
            sends.get(person.id, []),
            acts,
            tried.get(person.id, []),
        )


def _tried(account_id: int, book: Book, low: int, high: int) -> dict[int, list[Tried]]:
    found: dict[int, list[Tried]] = {}
    if book.arms:
        since = book.now - LONGEST_DAYS * DAY_MS
        for one in learning_rows.tried(account_id, low, high, since):
            if one.run in book.arms:
                found.setdefault(one.follower_id, []).append(one)
    return found


# --- before a message ----------------------------------------------------------------------------


def _before_messages(life: Life, purpose: Purpose, book: Book) -> list[Moment]:
    """The moment is that of planning: the coupon of the message itself is issued later."""
    found = []
    for one in life.sends:
        window = book.windows.get(one.run, learning_rows.USUAL_WINDOW)
        offer = None if one.batch_id is None else book.offers.get(one.batch_id)
        over = one.sent + window <= book.now
        old = one.sent < book.now - LONGEST_DAYS * DAY_MS
        if not one.counted or not over or old or (purpose.needs_coupon and offer is None):
            continue
        did = {act for act, at in life.acts.get(one.id, ()) if at <= one.sent + window}
        target = float(not did.isdisjoint(purpose.answers))
        found.append(Moment(min(one.planned, one.sent), target, offer or Terms()))
    return found


def _before_trials(life: Life, purpose: Purpose, book: Book) -> list[Moment]:
    """Of who was sent to and who was held out alike: the moment and the time after it begin with
    the planning, as nobody knows when the held-out would have been sent to."""
    found = []
    for one in life.tried:
        window = book.windows.get(one.run, learning_rows.USUAL_WINDOW)
        if one.planned + window > book.now:
            continue
        did = purpose.happened(life.log, one.planned, one.planned + window)
        offer = None if one.batch_id is None else book.offers.get(one.batch_id)
        arm = (float(one.treated), book.arms[one.run])
        found.append(Moment(one.planned, float(did), offer or Terms(), arm))
    return found


# --- at month-ends -----------------------------------------------------------------------------


def _at_landmarks(life: Life, purpose: Purpose, book: Book) -> list[Moment]:
    horizon = purpose.days * DAY_MS
    last = book.now - horizon
    marks = [last - number * purpose.step_days * DAY_MS for number in range(purpose.landmarks)]
    return [
        Moment(at, float(purpose.happened(life.log, at, at + horizon)))
        for at in marks
        if life.person.created <= at
        and follows_at(life.log, at, life.person.subscribed)
        and (not purpose.of_active or _acted(life.log, at - horizon, at))
    ]


def _acted(log: Sequence[Logged], since: int, until: int) -> bool:
    return any(since < one.event.at_ms <= until and is_own_act(one.event.kind) for one in log)


def follows_at(log: Sequence[Logged], at: int, now: bool) -> bool:
    """Whether he followed at a moment, by his comings and goings; of who never came or went, as he
    stands now."""
    moves = sorted(
        (one.event.at_ms, came) for one in log if (came := came_or_went(one.event)) is not None
    )
    before = [came for when, came in moves if when <= at]
    if before:
        return before[-1]
    return not moves[0][1] if moves else now


_MOMENTS: dict[str, MomentsOf] = {
    "message": _before_messages,
    "trial": _before_trials,
    "landmark": _at_landmarks,
}
SORTS = tuple(_MOMENTS)  # of purposes that are taught by such rows
