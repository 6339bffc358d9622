"""How many messages somebody bears: the hazard of leaving, from everybody's days of some months.

A day at risk is one on which somebody follows and has not refused marketing; he leaves where he
stops following or refuses on it. Days are counted by the touches before them, so memory follows the
touches and not the days. Earlier days teach, the last month judges.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import numpy as np

from bot.clock import to_ms
from bot.errors import InvalidInput
from bot.insight import fatigue
from bot.insight.choose import ahead
from bot.insight.fatigue import LEAST_EVENTS, MONTH_DAYS, Days, Hazard
from bot.insight.fatigue_kind import hazard_of, learnt_of
from bot.learning import rows
from bot.learning.purposes import came_or_went
from bot.learning.rows import Life
from bot.learning.serving import Doubles, Now, Serving
from bot.learning.ways import Ask, Taught, enough, fingerprint
from bot.store import audience, learning_rows
from bot.values.interest import DAY_MS

WATCHED_DAYS = 120
MOST_PEOPLE = 50_000
LEAST_JUDGED = 10  # who left in the last month
GAIN = "log likelihood of a day"

Cell = tuple[bool, int, int, bool]  # in the last month; touches of 7 and of 30 days; left
_OUT = {"opt_out": True, "opt_in": False}


def teach(ask: Ask) -> Taught:
    """Raises InvalidInput where too few left."""
    cells = _cells(ask)
    taught, judged = (_days(cells, late) for late in (False, True))
    left = int(judged.left.sum())
    enough("days of the last month on which somebody left", left,
           int(judged.days.sum()) - left, LEAST_JUDGED)  # fmt: skip
    hazard = fatigue.learn(taught)
    if hazard is None:
        raise InvalidInput(
            f"too little to learn from: before the last month {int(taught.left.sum())} left, and "
            f"it takes {LEAST_EVENTS}. Until then the fixed cap holds"
        )
    usual = np.full(len(judged.left), taught.left.sum() / taught.days.sum())
    old = usual if ask.used is None else _said(hazard_of(ask.used.learnt), judged)
    count = np.concatenate([judged.left, judged.days - judged.left])
    verdict = ahead(
        _gains(old), _gains(_said(hazard, judged)), GAIN, count.astype(np.int64), ask.seed
    )
    odds = np.exp(hazard.weights).tolist()
    chosen = f"odds of leaving x {odds[0]:.3f} a message of a week, x {odds[1]:.3f} of a month"
    card = {"seed": ask.seed, "columns": {}, "chosen": chosen}
    return Taught(
        learnt_of(hazard, card), verdict, int(taught.days.sum()),
        fingerprint(taught.week, taught.month, taught.left, taught.days),
    )  # fmt: skip


def _said(hazard: Hazard, days: Days) -> Doubles:
    return hazard.per_day(days.week, days.month, {})


def _gains(chance: Doubles) -> Doubles:
    """Log likelihoods of those days on which somebody left, then of the others."""
    return np.asarray(np.log(np.concatenate([chance, 1 - chance])))


def _days(cells: Counter[Cell], late: bool) -> Days:
    """A row for each pair of touches, of one of both parts."""
    kept = sorted({(week, month) for when, week, month, _ in cells if when is late})
    left = np.array([cells[late, week, month, True] for week, month in kept], np.float64)
    stayed = np.array([cells[late, week, month, False] for week, month in kept], np.float64)
    touches = np.array(kept, np.float64).reshape(len(kept), 2)
    return Days(touches[:, 0], touches[:, 1], left, {}, left + stayed)


# --- days at risk ------------------------------------------------------------------------------


def _cells(ask: Ask) -> Counter[Cell]:
    book, cells = rows.book_of(ask.account_id, ask.now), Counter[Cell]()
    share = min(1.0, MOST_PEOPLE / max(1, learning_rows.count(ask.account_id)))
    low, end = audience.ends(ask.account_id)
    first = after = low - 1
    while (high := audience.span_end(ask.account_id, after, rows.SPAN)) is not None:
        for life in rows.lives(ask.account_id, book, share, after, high):
            cells.update(_of_life(life, book.now))
        ask.progress("days", high - first, end - first)
        after = high
    return cells


def _of_life(life: Life, now: int) -> Counter[Cell]:
    """Somebody's days at risk."""
    moves, received, cells = _moves(life), life.received, Counter[Cell]()
    begins = now - WATCHED_DAYS * DAY_MS
    last = now - MONTH_DAYS * DAY_MS
    for start, end, left in _stretches(moves, life, max(begins, life.person.created), now):
        days = max(1, -((start - end) // DAY_MS))
        for number in range(days):
            at = start + number * DAY_MS
            until = bisect_right(received, at)
            week, month = (
                until - bisect_right(received, at - span * DAY_MS) for span in (7, MONTH_DAYS)
            )
            cells[at >= last, week, month, left and number == days - 1] += 1
    return cells


def _moves(life: Life) -> list[tuple[int, bool]]:
    """(instant, whether he may be reached from then on), ascending."""
    found = []
    for one in life.log:
        came, out = came_or_went(one.event), _OUT.get(one.event.kind)
        if came is not None:
            found.append((one.event.at_ms, came))
        elif out is not None:
            found.append((one.event.at_ms, not out))
    return sorted(found)


def _stretches(
    moves: list[tuple[int, bool]], life: Life, begins: int, now: int
) -> Iterator[tuple[int, int, bool]]:
    """(from, until, whether he left then) of the times in which he could be reached."""
    before = [reached for at, reached in moves if at <= begins]
    reached = before[-1] if before else (not moves[0][1] if moves else life.person.subscribed)
    start = begins
    for at, after in [*(one for one in moves if begins < one[0] <= now), (now, True)]:
        if reached and (not after or at == now) and at > start:
            yield start, at, not after
        if after and not reached:
            start = at
        reached = after


# --- what is said ------------------------------------------------------------------------------


def say_own(of: Serving, found: Now, now: datetime) -> dict[str, Doubles]:
    """The chance to leave within MONTH_DAYS, touches staying as they are."""
    week, month = touches(found, now)
    return {of.purpose.slug: hazard_of(of.learnt).gone_within(week, month, {})}


def touches(found: Now, now: datetime) -> tuple[Doubles, Doubles]:
    """Messages of the last 7 and of the last 30 days, (n) each."""
    now_ms = to_ms(now)
    counts = [
        [sum(at > now_ms - span * DAY_MS for at in one) for one in found.received]
        for span in (7, MONTH_DAYS)
    ]
    return np.array(counts[0], np.float64), np.array(counts[1], np.float64)


def worn(of: Serving, found: Now, now: datetime) -> Doubles:
    """By how much one more message raises the chance to leave within MONTH_DAYS, (n)."""
    week, month = touches(found, now)
    hazard = hazard_of(of.learnt)
    more = hazard.gone_within(week, month, {}, more=1)
    return np.asarray(more - hazard.gone_within(week, month, {}))
