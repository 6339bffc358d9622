"""Models of when somebody acts: `hongyan model train hours`.

--user COLUMN --time COLUMN      a log of acts, each with its date and time of day
(neither)                        a row a person, with the columns hour_0 .. hour_23: acts in each
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight import hours
from bot.insight.hours import HOURS, Habit
from bot.insight.kinds import Columns, Kind, Request, Rows
from bot.insight.modelfile import Learnt
from bot.insight.rows import fingerprint
from bot.insight.schema import texts
from bot.insight.split import times
from bot.insight.table import Table

Doubles = NDArray[np.float64]
COLUMNS = tuple(f"hour_{hour}" for hour in range(HOURS))
GAIN = "log likelihood of an act"
_HOUR, _DAY = 3600, 86_400


def train(request: Request) -> Learnt:
    """The habit of all, and how much each differs from it. Raises InvalidInput without acts."""
    _, acts = acts_of(request.table, request.columns)
    if not acts.sum():
        raise InvalidInput("nobody acted: there are no hours to learn")
    habit = hours.learn(acts)
    card = {
        "rows": request.table.rows,
        "people": len(acts),
        "seed": request.seed,
        "fingerprint": fingerprint(request.table),
        "columns": asdict(request.columns),
        "held_out": _judged(acts, request.seed),
        "reasons": [_said(habit)],
    }
    return learnt_of(habit, card)


def learnt_of(habit: Habit, card: dict[str, Any]) -> Learnt:
    """A habit as a model."""
    arrays = {"shares": habit.shares, "weight": np.array([habit.weight])}
    return Learnt({"kind": "hours", "habit_of": habit.people, **card}, arrays)


def habit_of(learnt: Learnt) -> Habit:
    held = learnt.arrays
    return Habit(held["shares"], float(held["weight"][0]), int(learnt.card["habit_of"]))


def _said(habit: Habit) -> str:
    if not habit.people:
        return f"too few people acted twice: {habit.weight:g} acts weigh as much as the habit"
    return f"{habit.weight:.3g} acts weigh as much as the habit, learnt of {habit.people} people"


def parted(acts: Doubles, seed: int) -> tuple[Doubles, Doubles]:
    """Each act falls to one side or the other by the toss of a coin: what teaches, what judges."""
    taught = np.random.default_rng(seed).binomial(acts.astype(np.int64), 0.5).astype(np.float64)
    return taught, acts - taught


def _judged(acts: Doubles, seed: int) -> dict[str, Any]:
    """One half of the acts foretold from the other, by the model and by everybody's habit alone."""
    taught, later = parted(acts, seed)
    return {"metrics": _figures(hours.learn(taught), taught, later)}


def _figures(habit: Habit, taught: Doubles, later: Doubles) -> dict[str, Any]:
    every, count = Habit(habit.shares, 1e9, 0), max(float(later.sum()), 1.0)
    return {
        "people": len(taught),
        GAIN: float(hours.foretold(habit, taught, later).sum()) / count,
        f"{GAIN}, by everybody's habit": float(hours.foretold(every, taught, later).sum()) / count,
    }


def acts_of(table: Table, columns: Columns) -> tuple[Sequence[str], Doubles]:
    """Names and acts by hour, (n, 24), of each person.

    Raises InvalidInput for a log of which one role is missing, and for acts below 0.
    """
    if (columns.user is None) != (columns.time is None):
        raise InvalidInput("a log of acts needs both: who (--user) and when (--time)")
    if columns.user is not None and columns.time is not None:
        return _counted(table, columns.user, columns.time)
    acts = np.stack([table.numbers(name) for name in COLUMNS], axis=1)
    wrong = ~(np.isfinite(acts) & (acts >= 0) & (acts == np.floor(acts)))
    if wrong.any():
        line, hour = np.argwhere(wrong)[0].tolist()
        raise InvalidInput(f"line {line + 2}, column hour_{hour}: acts are whole numbers from 0")
    name = columns.id
    known = name is not None and name in table.columns
    return (texts(table, str(name)) if known else [str(n + 1) for n in range(len(acts))]), acts


def _counted(table: Table, user: str, time: str) -> tuple[Sequence[str], Doubles]:
    if user not in table.columns:
        table.texts(user)
    seen: dict[str, int] = {}
    who = np.array([seen.setdefault(name, len(seen)) for name in texts(table, user)], np.intp)
    hour = (times(table, time) % _DAY // _HOUR).astype(np.intp)
    found = np.zeros((len(seen), HOURS))
    np.add.at(found, (who, hour), 1.0)
    return list(seen), found


def evaluate(learnt: Learnt, table: Table, columns: Columns) -> dict[str, Any]:
    """How well one half of these acts is foretold from the other, beside everybody's habit."""
    _, acts = acts_of(table, _roles(learnt, columns))
    taught, later = parted(acts, int(learnt.card["seed"]))
    return {"metrics": _figures(habit_of(learnt), taught, later)}


def _roles(learnt: Learnt, columns: Columns) -> Columns:
    given = {role: name for role, name in asdict(columns).items() if name}
    return replace(Columns(**learnt.card["columns"]), **given)


def predict(learnt: Learnt, table: Table) -> tuple[Sequence[str], Rows]:
    """id, score: the best hour (0 to 23), own: how much of it is the person's own habit, 0..1."""
    names, acts = acts_of(table, Columns(**learnt.card["columns"]))
    habit = habit_of(learnt)
    return ("id", "score", "own"), _lines(names, habit.best(acts), habit.own(acts))


def _lines(
    names: Sequence[str], best: NDArray[np.int64], own: Doubles
) -> Iterator[tuple[str, int, str]]:
    for name, hour, share in zip(names, best.tolist(), own.tolist(), strict=True):
        yield name, hour, f"{share:.3f}"


KIND = Kind("hours", train, evaluate, predict)
