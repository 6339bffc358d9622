"""Rows of a trial: who was treated, with which chance, and what came of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.table import Cells, Table

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

# What a trial's file calls those who were left alone.
_LEFT_ALONE = re.compile(
    r"^(no\b|none\b|not\b|non|control|hold-?out|placebo|untreated|without\b|对照|未|无|不|留出)",
    re.IGNORECASE,
)
SHOWN = 6  # values that a refusal names
LEAST_ARM = 50  # rows of each arm


@dataclass(frozen=True)
class Trial:
    """What is known of rows that were treated or left alone.

    y        (n) the outcome: 0.0 or 1.0
    treated  (n)
    chance   (n) of being treated, within 0..1, as it was drawn or as estimated
    """

    y: Doubles
    treated: Flags
    chance: Doubles

    @property
    def weight(self) -> Doubles:
        """Inverse of the chance of the arm that the row is in: makes the arms alike."""
        return np.asarray(np.where(self.treated, 1 / self.chance, 1 / (1 - self.chance)))

    @property
    def effect(self) -> float:
        """Mean outcome of the treated less that of the others, weighted."""
        weight, one = self.weight, self.treated
        mean = np.average(self.y[one], weights=weight[one])
        return float(mean - np.average(self.y[~one], weights=weight[~one]))

    def take(self, at: NDArray[Any]) -> Trial:
        return Trial(self.y[at], self.treated[at], self.chance[at])


def drawn_evenly(y: Doubles, treated: Flags) -> Trial:
    """A trial in which everybody had the same chance: the share that was treated."""
    return Trial(y, treated, np.full(len(y), treated.mean()))


@dataclass(frozen=True)
class Arms:
    """Which values of the treatment column are which.

    treated  one value, or all others than control
    said     how that was decided, for the card; "" where nothing had to be
    """

    control: str
    treated: tuple[str, ...]
    said: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"control": self.control, "treated": list(self.treated), "said": self.said}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Arms:
        return cls(found["control"], tuple(found["treated"]), found["said"])


def arms_of(table: Table, column: str, options: Mapping[str, Any]) -> Arms:
    """Who is control and who is treated.

    options  control, treated: values of the column; needed where they cannot be told: of numbers
             the lowest is control; of words the one that says so ("No E-Mail", control, 对照)

    Raises InvalidInput for fewer than two values, and for words of which none says it.
    """
    values = _values(table.texts(column), column)
    control = _given(options, "control", values, column) or _told(values)
    if control is None:
        said = ", ".join(values[:SHOWN])
        raise InvalidInput(
            f"column {column} has the values {said}: say which were left alone, control=VALUE"
        )
    wanted = _given(options, "treated", values, column)
    others = tuple(value for value in values if value != control)
    if wanted == control:
        raise InvalidInput(f"control and treated are both {control}: name two values of {column}")
    treated = (wanted,) if wanted else others
    return Arms(control, treated, _said(control, treated, others, "control" in options))


def _values(cells: Sequence[str], column: str) -> list[str]:
    """The column's values, numbers by size, words by the alphabet; 1 and 1.0 are the same."""
    counts = Counter(cells)
    values = sorted((value for value in counts if value), key=_order)
    if len(values) < 2:
        raise InvalidInput(
            f"column {column} needs two values, treated and left alone; it has {len(values)}"
        )
    return values


def _order(value: str) -> tuple[bool, float, str]:
    """Numbers by size, then words by the alphabet."""
    number = _number(value)
    return number is None, number or 0.0, value


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _given(options: Mapping[str, Any], name: str, values: Sequence[str], column: str) -> str | None:
    """The column's value that an option names; 1 and 1.0 are the same."""
    if options.get(name) is None:
        return None
    wanted = str(options[name])
    number = _number(wanted)
    for value in values:
        if value == wanted or (number is not None and _number(value) == number):
            return value
    raise InvalidInput(f"{name}={wanted}: column {column} has {', '.join(values[:SHOWN])}", name)


def _told(values: Sequence[str]) -> str | None:
    if all(_number(value) is not None for value in values):
        return values[0]
    telling = [value for value in values if _LEFT_ALONE.match(value.strip())]
    return telling[0] if len(telling) == 1 else None


def _said(control: str, treated: Sequence[str], others: Sequence[str], given: bool) -> str:
    found = []
    if not given and (len(others) > 1 or {control, *treated} != {"0", "1"}):
        found.append(f"{control!r} is taken for those left alone")
    if len(others) > len(treated):
        found.append(f"rows that are neither {control!r} nor {treated[0]!r} are left out")
    elif len(others) > 1:
        found.append(f"{' and '.join(repr(one) for one in others)} count alike as treated")
    return "; ".join(found)


def rows_of_arms(table: Table, column: str, arms: Arms) -> tuple[NDArray[np.intp], Flags]:
    """The rows that are in either arm, and which of these were treated."""
    cells = np.array(table.texts(column))
    treated = np.isin(cells, arms.treated)
    at = np.flatnonzero(treated | (cells == arms.control))
    return at, treated[at]


def outcome(cells: Cells, column: str, table: Table) -> Doubles:
    """The target as 0.0 and 1.0. Raises InvalidInput, with the line, for anything else."""
    found = table.numbers(column)
    wrong = ~np.isin(found, (0.0, 1.0))
    if wrong.any():
        line = int(np.argmax(wrong))
        said = table.texts(column)[line][:40]
        raise InvalidInput(
            f"line {line + 2}, column {column}: {said!r} is neither 0 nor 1; an uplift model"
            " learns whether something happened"
        )
    return found
