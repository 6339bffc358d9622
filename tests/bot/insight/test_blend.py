"""A blend takes what helps, as often as it helps, and says the same from its file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bot.insight.candidate import Codes, Doubles, Part, Sample, score
from bot.insight.choose import choose
from bot.insight.metrics import auc
from bot.insight.propensity.blend import Blend, log_odds
from bot.insight.propensity.linear import Logistic, expit
from bot.insight.propensity.roster import CANDIDATES, COMBINERS
from bot.insight.schema import Schema
from bot.insight.search import Tried
from bot.insight.split import Fold
from bot.insight.table import Table
from tests.bot.insight.test_construct import matching

NAMES = ("left", "right", "noise")
CHANCE = np.random.default_rng(9).normal(size=2000)


def three(rows: int = 2000, seed: int = 0) -> tuple[Doubles, Doubles]:
    """Answers, and three models: two that each know a half of the cause, one that knows none."""
    rng = np.random.default_rng(seed)
    cause = rng.normal(size=(rows, 3))
    y = (rng.random(rows) < expit(cause[:, 0] + cause[:, 1])).astype(float)
    return expit(cause), y


def whole(y: Doubles) -> Codes:
    """All rows judged by one fold."""
    return np.zeros(len(y), np.int64)


def test_models_that_know_different_things_share_the_weight_and_noise_has_none() -> None:
    scores, y = three()
    how = Blend().learn(scores, y, whole(y), NAMES, 0)
    assert how["of"] == ["left", "right"]
    assert how["weights"] == pytest.approx([0.5, 0.5], abs=0.11)
    joined = Blend().join(scores, NAMES, how)
    assert auc(y, joined) > max(auc(y, scores[:, one]) for one in range(3)) + 0.05


@pytest.mark.parametrize(
    ("case", "of"),
    [
        ("the first knows all", ["a"]),
        ("both say the same", ["a"]),  # of equals the first, and the second adds nothing
        ("the second knows all", ["b"]),
    ],
)
def test_a_model_that_adds_nothing_is_left_out(case: str, of: list[str]) -> None:
    scores, y = three()
    knows, noise = scores[:, 0], scores[:, 2]
    columns = {
        "the first knows all": (knows, noise),
        "both say the same": (knows, knows),
        "the second knows all": (noise, knows),
    }[case]
    how = Blend().learn(np.column_stack(columns), y, whole(y), ("a", "b"), 0)
    assert (how["of"], how["weights"]) == (of, [1.0])


def test_the_mean_is_of_log_odds() -> None:
    how = {"of": ["a", "b"], "weights": [0.5, 0.5]}
    found = Blend().join(np.array([[0.9, 0.1], [0.8, 0.8], [0.9, 0.5]]), ("a", "b"), how)
    assert found == pytest.approx([0.5, 0.8, 0.75])  # odds 9 and 1: their geometric mean is 3


def test_a_model_that_only_tells_the_folds_apart_is_left_out() -> None:
    """Each fold was scored by a model of its own, one of them level higher: no merit of theirs."""
    scores, y = three()
    fold = np.arange(len(y)) % 2
    keep = (y == fold) | (np.arange(len(y)) % 4 < 2)  # so that more say yes in the second fold
    level = expit(fold * 2.0 - 1.0)
    columns, y, fold = np.column_stack([scores[:, 0], level])[keep], y[keep], fold[keep]
    pooled = Blend().learn(columns, y, whole(y), ("knows", "level"), 0)
    by_fold = Blend().learn(columns, y, fold, ("knows", "level"), 0)
    assert pooled["of"] == ["knows", "level"]
    assert by_fold["of"] == ["knows"]


@pytest.mark.parametrize(
    ("noise", "kept"),
    [(0.0, "blend"), (0.1, "member"), (1.0, "member")],
    ids=["clearly better", "a little worse than its member", "far worse"],
)
def test_a_blend_is_kept_only_where_it_is_better_than_all_its_members(noise, kept) -> None:
    scores, y = three()
    member = log_odds(scores[:, 0])
    joined = member + log_odds(scores[:, 1]) if kept == "blend" else member + noise * CHANCE
    tried = [
        Tried("member", 8, {}, expit(member), []),
        Tried("blend", Blend().rank, {"of": ["member"]}, expit(joined), [], joined=True),
    ]
    sample = Sample(Table({}, len(y)), y, Schema({}, {}))
    folds = [Fold(np.arange(0), np.arange(0, 1000)), Fold(np.arange(0), np.arange(1000, 2000))]
    assert choose(tried, sample, folds, 0).kept.name == kept


def test_nothing_that_it_may_be_made_of_ranks_as_high_as_the_blend() -> None:
    assert all(one.rank < join.rank for one in CANDIDATES for join in COMBINERS)


def test_one_certain_model_does_not_outvote_the_others() -> None:
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()
    how = {"of": ["a", "b", "c"], "weights": [1 / 3] * 3}
    (found,) = Blend().join(np.array([[1.0, 1e-4, 1e-4]]), ("a", "b", "c"), how)
    assert found < 0.5


def test_the_built_model_says_what_the_join_of_its_members_says() -> None:
    sample = matching(400)
    table = sample.table
    parts = {
        name: Logistic().fit(sample, {"C": c}, 0) for name, c in (("weak", 0.01), ("strong", 1.0))
    }
    how = {"of": ["weak", "strong"], "weights": [0.25, 0.75]}
    built = Blend().build(parts, how)
    kept = Part(json.loads(json.dumps(built.card)), built.arrays)
    members = np.column_stack([score(part, table) for part in parts.values()])
    assert score(kept, table) == pytest.approx(Blend().join(members, tuple(parts), how))
