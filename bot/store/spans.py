"""Long lists of values in a statement: in spans that no engine refuses, a `?` for each value."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeVar

SPAN = 500  # values in one IN list, rows of one INSERT
T = TypeVar("T")


def qmarks(values: Collection[Any]) -> str:
    """What stands in a statement for these values, "?,?,?": the DB-API's style qmark."""
    return ",".join("?" * len(values))


def spans(values: Sequence[T], most: int = SPAN) -> Iterator[Sequence[T]]:
    """The values in their order, at most so many at a time; nothing where there are none."""
    for start in range(0, len(values), most):
        yield values[start : start + most]
