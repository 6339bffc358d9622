"""Each candidate says with its own arrays what scikit-learn said with its objects."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from bot.insight.candidate import Candidate, Part, Sample, inner, nested, score
from bot.insight.encode import encode
from bot.insight.modelfile import Learnt, from_bytes, to_bytes
from bot.insight.propensity.linear import Logistic
from bot.insight.propensity.neural import Neural
from bot.insight.propensity.roster import CANDIDATES
from bot.insight.propensity.svm import SupportVectors
from bot.insight.propensity.trees import Boosting, DecisionTree, Forest
from bot.insight.table import Table
from bot.insight.threads import one_thread
from tests.bot.insight.cast import a_sample, a_shop

TAUGHT = {
    Logistic: ("sklearn.linear_model", "LogisticRegression"),
    DecisionTree: ("sklearn.tree", "DecisionTreeClassifier"),
    Forest: ("sklearn.ensemble", "RandomForestClassifier"),
    Boosting: ("sklearn.ensemble", "HistGradientBoostingClassifier"),
    SupportVectors: ("sklearn.calibration", "CalibratedClassifierCV"),
    Neural: ("sklearn.neural_network", "MLPClassifier"),
}
SMALL = [Logistic(), DecisionTree(), Forest(trees=20), Boosting(), SupportVectors(), Neural()]


@pytest.fixture(scope="module", autouse=True)
def as_training_does() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def sample() -> Sample:
    return a_sample(250)


@pytest.fixture(scope="module", params=SMALL, ids=lambda one: one.name)
def taught(request, sample) -> tuple[Candidate, Part, Any]:
    """A candidate, what it exported, and the library's object that it was exported from."""
    candidate = request.param
    module, name = TAUGHT[type(candidate)]
    kept: list[Any] = []
    plain = getattr(import_module(module), name)

    class Kept(plain):
        def fit(self, *args, **named):
            kept.append(self)
            return super().fit(*args, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{module}.{name}", Kept)
        return candidate, candidate.fit(sample, candidate.settings[0], 1), kept[-1]


def test_arrays_say_what_the_library_says_of_new_rows(taught):
    _, part, fitted = taught
    new = a_shop(300, seed=5)
    expected = fitted.predict_proba(encode(part.card["encoder"], new))[:, 1]
    np.testing.assert_allclose(score(part, new), expected, rtol=1e-9, atol=1e-12)


def test_missing_and_unknown_cells_have_a_chance_too(taught):
    _, part, _ = taught
    strange = Table(
        {
            "orders": ["", "3"],
            "city": ["", "火星"],
            "age": ["", "200"],
            "visits": ["", "often"],
            "noise": ["", "0"],
            "more": ["x", "y"],
        },
        2,
    )
    found = score(part, strange)
    assert ((found > 0) & (found < 1)).all()


def test_the_same_seed_gives_the_same_arrays_and_a_file_keeps_them(taught, sample):
    candidate, once, _ = taught
    again = candidate.fit(sample, candidate.settings[0], 1)
    kept = from_bytes(to_bytes(Learnt({"kind": "x", **once.card}, once.arrays)), "x")
    for name, values in once.arrays.items():
        np.testing.assert_array_equal(values, again.arrays[name])
        np.testing.assert_array_equal(values, kept.arrays[name])
    new = a_shop(50, seed=8)
    np.testing.assert_array_equal(score(Part(kept.card, kept.arrays), new), score(once, new))


def test_weights_count_as_repetitions_do():
    some = a_sample(120)
    weight = np.where(np.arange(120) < 60, 2.0, 1.0)
    weighed = Sample(some.table, some.y, some.schema, weight=weight)
    twice = some.take(np.concatenate([np.arange(120), np.arange(60)]))
    one = DecisionTree()
    setting = {"encoding": "codes", "max_depth": 2, "min_samples_leaf": 1}
    np.testing.assert_allclose(
        score(one.fit(weighed, setting, 0), some.table),
        score(one.fit(twice, setting, 0), some.table),
    )


def test_a_tree_without_a_question_says_the_share_of_yes(sample):
    setting = {"encoding": "codes", "max_depth": 3, "min_samples_leaf": 200}
    part = DecisionTree().fit(sample, setting, 0)
    assert score(part, sample.table) == pytest.approx(sample.y.mean())


def test_a_model_keeps_models_inside(sample):
    parts = {one.name: one.fit(sample, one.settings[0], 0) for one in (Logistic(), DecisionTree())}
    whole = nested({"form": "any"}, parts)
    for name, part in parts.items():
        np.testing.assert_array_equal(
            score(inner(whole, name), sample.table), score(part, sample.table)
        )


def test_every_candidate_has_a_name_and_settings_that_a_card_can_keep():
    names = [one.name for one in CANDIDATES]
    assert len(set(names)) == len(names) >= 6
    assert all(one.settings for one in CANDIDATES)
