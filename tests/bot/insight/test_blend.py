"""A blend takes what helps, as often as it helps, and says the same from its file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bot.insight.candidate import Doubles, Part, score
from bot.insight.metrics import auc
from bot.insight.propensity.blend import Blend, log_odds
from bot.insight.propensity.linear import Logistic, expit
from tests.bot.insight.test_construct import matching

NAMES = ("left", "right", "noise")


def three(rows: int = 2000, seed: int = 0) -> tuple[Doubles, Doubles]:
    """Answers, and three models: two that each know a half of the cause, one that knows none."""
    rng = np.random.default_rng(seed)
    cause = rng.normal(size=(rows, 3))
    y = (rng.random(rows) < expit(cause[:, 0] + cause[:, 1])).astype(float)
    return expit(cause), y


def test_models_that_know_different_things_share_the_weight_and_noise_has_none() -> None:
    scores, y = three()
    how = Blend().learn(scores, y, NAMES, 0)
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
    how = Blend().learn(np.column_stack(columns), y, ("a", "b"), 0)
    assert (how["of"], how["weights"]) == (of, [1.0])


def test_the_mean_is_of_log_odds() -> None:
    how = {"of": ["a", "b"], "weights": [0.5, 0.5]}
    found = Blend().join(np.array([[0.9, 0.1], [0.8, 0.8], [0.9, 0.5]]), ("a", "b"), how)
    assert found == pytest.approx([0.5, 0.8, 0.75])  # odds 9 and 1: their geometric mean is 3


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
