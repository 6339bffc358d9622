"""What a kind of model can do: one record a kind, so that commands and jobs ask by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from bot.errors import InvalidInput
from bot.insight.modelfile import Learnt
from bot.insight.table import Table

Progress = Callable[[str, int, int], None]  # what is done, how many of how many


def silent(_what: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Columns:
    """Which column is what; None where the table has none."""

    target: str | None = None
    id: str | None = None
    group: str | None = None  # rows of one group (a person) never stand on both sides of a split
    time: str | None = None  # numbers or ISO dates: later rows judge, earlier ones teach
    treatment: str | None = None
    user: str | None = None
    item: str | None = None
    weight: str | None = None


@dataclass(frozen=True)
class Request:
    """What to train on, and how."""

    table: Table
    columns: Columns
    seed: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    progress: Progress = silent


Rows = Iterable[Sequence[Any]]


@dataclass(frozen=True)
class Kind:
    """Trains, judges and serves one kind of model.

    train     a model from rows; raises InvalidInput for rows that cannot teach it
    evaluate  figures with intervals on rows it has not seen, as JSON values
    predict   header and rows of the answer, in the order of the table
    """

    name: str
    train: Callable[[Request], Learnt]
    evaluate: Callable[[Learnt, Table, Columns], dict[str, Any]]
    predict: Callable[[Learnt, Table], tuple[Sequence[str], Rows]]


# Where each stands: loaded when asked for, as scikit-learn takes seconds to import.
_MODULES = {
    "propensity": "bot.insight.propensity.kind",
    "churn": "bot.insight.churn.kind",
    "uplift": "bot.insight.uplift.kind",
    "recommend": "bot.insight.recommend.kind",
    "clusters": "bot.insight.clusters.kind",
    "lookalike": "bot.insight.clusters.lookalike",
    "hours": "bot.insight.hours_kind",
    "fatigue": "bot.insight.fatigue_kind",
}
NAMES = tuple(_MODULES)


def kind(name: str) -> Kind:
    """The kind of this name. Raises InvalidInput with the names there are."""
    if name not in _MODULES:
        raise InvalidInput(f"no kind of model {name}; there are {', '.join(NAMES)}")
    found = import_module(_MODULES[name]).KIND
    assert isinstance(found, Kind)
    return found
