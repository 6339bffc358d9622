"""Models of how many messages somebody bears: `hongyan model train fatigue --target left`.

A row is a follower's day: touches_7, touches_30, whether he left on that day, and other numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight import fatigue
from bot.insight.fatigue import LEAST_EVENTS, WINDOWS, Days, Hazard
from bot.insight.kinds import Columns, Kind, Request, Rows
from bot.insight.metrics import with_intervals
from bot.insight.modelfile import Learnt
from bot.insight.rows import fingerprint
from bot.insight.schema import texts
from bot.insight.split import coded, hold_out, times
from bot.insight.table import Table

Doubles = NDArray[np.float64]
HELD_OUT = 0.25


def train(request: Request) -> Learnt:
    """The hazard of a day. Raises InvalidInput for rows that cannot teach it."""
    table, columns = request.table, request.columns
    days = _days(table, columns, request.options)
    time = None if columns.time is None else times(table, columns.time)
    group = None if columns.group is None else coded(texts(table, columns.group))
    parts = hold_out(days.left, group, time, HELD_OUT, request.seed)
    whole = _fitted(days, "")
    judged = _figures(
        _fitted(_at(days, parts.teach), "of the rows that teach "), _at(days, parts.judge)
    )
    card = {
        "rows": table.rows,
        "yes": int(days.left.sum()),
        "seed": request.seed,
        "fingerprint": fingerprint(table),
        "columns": asdict(columns),
        "held_out": judged,
        "reasons": [_said(whole)],
    }
    return learnt_of(whole, card)


def learnt_of(hazard: Hazard, card: dict[str, Any]) -> Learnt:
    """A hazard as a model."""
    return Learnt({"kind": "fatigue", "row_by_row": True, "hazard": hazard.to_json(), **card}, {})


def hazard_of(learnt: Learnt) -> Hazard:
    return Hazard.from_json(learnt.card["hazard"])


def _said(hazard: Hazard) -> str:
    week, month = np.exp(hazard.weights[:2]).tolist()
    return (
        f"one more message in a week multiplies the odds of leaving on a day by {week:.3f}, one "
        f"more in a month by {month:.3f}; {hazard.events} left on {hazard.days:,} days"
    )


def _fitted(days: Days, of: str) -> Hazard:
    found = fatigue.learn(days)
    if found is None:
        raise InvalidInput(
            f"{of}{int(days.left.sum())} left on a day; {LEAST_EVENTS} are needed to learn how "
            "many messages somebody bears, and some who stayed"
        )
    return found


def _days(table: Table, columns: Columns, options: dict[str, Any]) -> Days:
    if columns.target is None:
        raise InvalidInput("name the column that says who left on that day (--target)")
    left = table.numbers(columns.target)
    wrong = ~np.isin(left, (0.0, 1.0))
    if wrong.any():
        line = int(np.argmax(wrong)) + 2
        raise InvalidInput(f"line {line}, column {columns.target}: left (1) or stayed (0)")
    away = {*(name for name in asdict(columns).values() if name), *WINDOWS}
    away |= set(options.get("leave_out", ()))
    others = {name: table.numbers(name) for name in table.names if name not in away}
    return Days(_touches(table, WINDOWS[0]), _touches(table, WINDOWS[1]), left, others)


def _touches(table: Table, name: str) -> Doubles:
    found = table.numbers(name)
    wrong = ~(np.isfinite(found) & (found >= 0))
    if wrong.any():
        raise InvalidInput(f"line {int(np.argmax(wrong)) + 2}, column {name}: a number from 0")
    return found


def _at(days: Days, at: NDArray[np.intp]) -> Days:
    others = {name: values[at] for name, values in days.features.items()}
    return Days(days.week[at], days.month[at], days.left[at], others)


def _figures(hazard: Hazard, days: Days) -> dict[str, Any]:
    said = hazard.per_day(days.week, days.month, days.features)
    return {"metrics": with_intervals(days.left, said, seed=0)}


def evaluate(learnt: Learnt, table: Table, columns: Columns) -> dict[str, Any]:
    """Figures with intervals, of days that the model has not seen."""
    given = {role: name for role, name in asdict(columns).items() if name}
    roles = replace(Columns(**learnt.card["columns"]), **given)
    hazard = hazard_of(learnt)
    away = [name for name in table.names if name not in (*hazard.names, *WINDOWS)]
    return _figures(hazard, _days(table, roles, {"leave_out": away}))


def predict(learnt: Learnt, table: Table) -> tuple[Sequence[str], Rows]:
    """id, score: the chance to leave on the day of the row."""
    name, hazard = learnt.card["columns"].get("id"), hazard_of(learnt)
    names: Sequence[Any] = range(1, table.rows + 1)
    if name in table.columns:
        names = texts(table, name)
    others = {one: table.numbers(one) for one in hazard.names}
    week, month = (_touches(table, one) for one in WINDOWS)
    return ("id", "score"), _lines(names, hazard.per_day(week, month, others))


def _lines(names: Sequence[Any], found: Doubles) -> Iterator[tuple[Any, str]]:
    return zip(names, (f"{one:.9f}" for one in found.tolist()), strict=True)


KIND = Kind("fatigue", train, evaluate, predict)
