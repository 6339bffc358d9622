"""What a candidate model is: trained from rows by scikit-learn, kept and served as arrays.

To add one, write a class with the three fields and `fit` of Candidate, have `fit` return a Part
whose card names a form, and give the form's scoring function a line in _FORMS. A model made of
models (a blend, or features built before encoding) keeps theirs inside its own with `nested` and
scores them with `score(inner(part, name), table)`. A Combiner learns from what all candidates said
of rows that they had not seen; the search cross-fits it, so it need not split again.

A form's scoring function sees the rows in slices: what it says of a row may depend on that row and
the Part only. The table it is given may have more columns than were taught, in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.insight.schema import Schema
from bot.insight.table import Table

Doubles = NDArray[np.float64]
Codes = NDArray[np.int64]
Setting = Mapping[str, Any]

# form -> (module, function): function(part, table) -> (n) probabilities.
_FORMS = {
    "logistic": ("bot.insight.propensity.linear", "score"),
    "trees": ("bot.insight.propensity.trees", "score"),
    "svm": ("bot.insight.propensity.svm", "score"),
    "mlp": ("bot.insight.propensity.neural", "score"),
    "crossed": ("bot.insight.propensity.construct", "scored"),
    "blend": ("bot.insight.propensity.blend", "scored"),
}


@dataclass(frozen=True)
class Sample:
    """Rows that teach.

    table   the feature columns only; numeric ones are float64 arrays, the others texts
    y       (n) 0.0 or 1.0
    schema  what each feature column is
    group   (n) whose the row is, as whole numbers from 0; None where nobody said
    time    (n) seconds, days or any number that grows; None where nobody said
    weight  (n) how much the row counts; None: all alike
    """

    table: Table
    y: Doubles
    schema: Schema
    group: NDArray[np.int64] | None = None
    time: Doubles | None = None
    weight: Doubles | None = None

    def take(self, at: NDArray[np.intp]) -> Sample:
        """The rows at these places, in this order."""
        return replace(
            self,
            table=self.table.take(at),
            y=self.y[at],
            group=None if self.group is None else self.group[at],
            time=None if self.time is None else self.time[at],
            weight=None if self.weight is None else self.weight[at],
        )


@dataclass(frozen=True)
class Part:
    """A fitted candidate: `card` is JSON and has `form`; `arrays` are numbers only."""

    card: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


class Candidate(Protocol):
    """A way to learn.

    name      as the card and the choice call it
    rank      how complicated it is: of two as good as each other the lower is kept
    settings  the declared search: each is JSON values and is tried; the first is the usual one
    """

    @property
    def name(self) -> str: ...
    @property
    def rank(self) -> int: ...
    @property
    def settings(self) -> Sequence[Setting]: ...

    def fit(self, sample: Sample, setting: Setting, seed: int) -> Part:
        """Learn; the same sample, setting and seed give the same Part."""
        ...


class Combiner(Protocol):
    """A way to join what several candidates say, such as a weighted mean.

    Scores are (n, m): a row of the sample, a column for each of `names`. A combiner's rank is above
    its members': it is made of them.
    """

    @property
    def name(self) -> str: ...
    @property
    def rank(self) -> int: ...

    def learn(
        self, scores: Doubles, y: Doubles, fold: Codes, names: Sequence[str], seed: int
    ) -> Setting:
        """How to join, as JSON values, from scores of rows the candidates had not seen.

        fold (n) is the number of the fold that judged the row. Each fold was scored by models of
        its own, whose level may differ from the next one's: compare rows within a fold only.
        A candidate that is to be left out (weight 0) need not appear in the answer's `of`:
        {"of": [names that are needed], ...}.
        """
        ...

    def join(self, scores: Doubles, names: Sequence[str], how: Setting) -> Doubles:
        """(n) probabilities from (n, m) scores."""
        ...

    def build(self, parts: Mapping[str, Part], how: Setting) -> Part:
        """The joined model from its fitted parts, those of how["of"]."""
        ...


def score(part: Part, table: Table) -> Doubles:
    """The chance of each row, (n), by the form that the part's card names."""
    module, function = _FORMS[part.card["form"]]
    found: Doubles = getattr(import_module(module), function)(part, table)
    return found


def nested(card: Mapping[str, Any], parts: Mapping[str, Part]) -> Part:
    """One Part that holds others by name; `card` needs its own `form`."""
    arrays = {f"{name}/{key}": a for name, part in parts.items() for key, a in part.arrays.items()}
    return Part({**card, "parts": {name: dict(p.card) for name, p in parts.items()}}, arrays)


def inner(part: Part, name: str) -> Part:
    """The Part that `nested` put under this name."""
    arrays = {
        key.removeprefix(f"{name}/"): values
        for key, values in part.arrays.items()
        if key.startswith(f"{name}/")
    }
    return Part(part.card["parts"][name], arrays)
