"""At which hour somebody acts: his own acts, leaning on everybody's by a weight that is learnt.

One half of everybody's acts, by the toss of a coin for each, teaches; the other half judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from bot.errors import InvalidInput
from bot.insight import hours
from bot.insight.choose import ahead
from bot.insight.hours import HOURS, LEAST_PEOPLE, Habit
from bot.insight.hours_kind import habit_of, learnt_of, parted
from bot.learning import rows
from bot.learning.serving import Doubles, Now, Serving
from bot.learning.ways import Ask, Taught, fingerprint
from bot.profile.parts import State
from bot.profile.rhythm import acts_by_hour
from bot.store import profiles

GAIN = "log likelihood of a follower's acts"
_ALIKE = 1e9  # acts that the habit weighs where nobody is taken to differ from it


def teach(ask: Ask) -> Taught:
    """Raises InvalidInput where too few acted twice."""
    acts = np.concatenate(
        [_acts(list(profiles.states_of(ids).values())) for ids in _chunks(ask)]
        or [np.empty((0, HOURS))]
    )
    acts = acts[acts.sum(axis=1) > 0]
    taught, later = parted(acts, ask.seed)
    habit = hours.learn(taught)
    if not habit.people:
        raise InvalidInput(
            f"too little to learn hours from: it takes {LEAST_PEOPLE} followers who acted several "
            f"times, and there are {int((acts.sum(axis=1) > 1).sum())}"
        )
    used = Habit(habit.shares, _ALIKE, 0) if ask.used is None else habit_of(ask.used.learnt)
    old, new = (hours.foretold(one, taught, later) for one in (used, habit))
    chosen = f"{habit.weight:.3g} acts weigh as much as everybody's habit"
    card = {"people": len(acts), "seed": ask.seed, "columns": {}, "chosen": chosen}
    verdict = ahead(old, new, GAIN, seed=ask.seed)
    return Taught(learnt_of(habit, card), verdict, len(acts), fingerprint(acts))


def _chunks(ask: Ask) -> Sequence[Sequence[int]]:
    return [ids for ids in rows.some(ask.account_id, rows.MOST_ROWS) if ids]


def _acts(states: Sequence[State]) -> Doubles:
    """(n, 24) own acts by hour, taps weighed."""
    return np.array([acts_by_hour(state) for state in states], np.float64).reshape(-1, HOURS)


def say_own(of: Serving, found: Now, now: datetime) -> dict[str, Doubles]:
    """The best hour; of who never acted nothing is said."""
    acts = _acts(found.states)
    best = habit_of(of.learnt).best(acts).astype(np.float64)
    return {of.purpose.slug: np.where(acts.sum(axis=1) > 0, best, np.nan)}
