"""Which candidate is kept: the simplest that is as good, by the error of the very difference."""

from __future__ import annotations

import numpy as np
import pytest

from bot.insight.candidate import Doubles, Sample
from bot.insight.choose import Choice, choose
from bot.insight.propensity.linear import expit
from bot.insight.schema import Schema
from bot.insight.search import Tried
from bot.insight.split import Fold
from bot.insight.table import Table

ROWS = 600
FOLDS = [Fold(np.arange(0), np.arange(n, n + 200)) for n in range(0, ROWS, 200)]
RNG = np.random.default_rng(3)
CAUSE, OTHER = RNG.normal(size=(2, ROWS))
Y = (RNG.random(ROWS) < expit(1.5 * CAUSE)).astype(float)


def chosen(simple: Doubles, complicated: Doubles, persons: int | None = None) -> Choice:
    """Two candidates' margins; the rows are of so many `persons`, or each of its own."""
    tried = [
        Tried("simple", 0, {}, expit(simple), []),
        Tried("more", 1, {}, expit(complicated), []),
    ]
    group = None if persons is None else np.arange(ROWS) % 200 % persons
    return choose(tried, Sample(Table({}, ROWS), Y, Schema({}, {}), group), FOLDS, 0)


@pytest.mark.parametrize(
    ("noise", "kept"),
    [(0.0, "simple"), (0.02, "simple"), (0.5, "more"), (2.0, "more")],
    ids=["the same", "a hair's breadth worse", "clearly worse", "far worse"],
)
def test_the_simpler_is_kept_unless_it_is_clearly_worse(noise: float, kept: str) -> None:
    found = chosen(CAUSE + noise * OTHER, CAUSE)
    assert found.kept.name == kept
    assert kept in found.reasons[-1]


def test_luck_that_both_share_does_not_count() -> None:
    """A clear difference is seen though the interval of each is several times as wide."""
    worse = chosen(CAUSE + 0.5 * OTHER, CAUSE).figures[1]
    assert worse["error"] < (worse["high"] - worse["low"]) / 3.92 / 1.5
    assert worse["behind"] > worse["error"]


def test_levels_that_differ_from_fold_to_fold_change_nothing() -> None:
    shift = np.repeat([-2.0, 0.0, 2.0], 200)
    plain, moved = (chosen(CAUSE + 0.5 * OTHER, CAUSE + by).figures for by in (0 * shift, shift))
    assert moved[1]["behind"] == pytest.approx(plain[1]["behind"])
    assert moved[1]["error"] == pytest.approx(plain[1]["error"])


def test_few_persons_leave_more_doubt_than_as_many_rows_of_different_ones() -> None:
    whose = np.arange(ROWS) % 200 % 8
    simple, more = CAUSE, CAUSE + np.linspace(-1, 1, 8)[whose]  # right or wrong person by person
    apart, together = (chosen(simple, more, persons).figures for persons in (None, 8))
    assert together[1]["error"] > 1.2 * apart[1]["error"]
