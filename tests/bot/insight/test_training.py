"""The whole way from rows to a model, and what stops it."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from bot.errors import InvalidInput
from bot.insight import training
from bot.insight.candidate import Part, nested
from bot.insight.kinds import Columns, Request, kind
from bot.insight.metrics import auc
from bot.insight.modelfile import from_bytes, to_bytes
from bot.insight.propensity.linear import Logistic
from bot.insight.propensity.trees import DecisionTree
from bot.insight.search import Roster, search
from bot.insight.split import folds
from bot.insight.table import Table
from tests.bot.insight.cast import a_sample, a_shop

QUICK = Roster([Logistic(settings=({"C": 0.1}, {"C": 1e-6})), DecisionTree()])
ONE = Roster([Logistic(settings=({"C": 0.1},))])
COLUMNS = Columns(target="bought", id="id", group="person", time="day")


def learnt_from(table=None, columns=COLUMNS, roster=QUICK, **options):
    request = Request(table or a_shop(), columns, 1, options)
    return training.train(request, "propensity", roster)


@pytest.fixture(scope="module")
def learnt():
    return learnt_from()


def test_the_card_tells_what_was_learnt_and_why(learnt):
    card = json.loads(json.dumps(learnt.card, allow_nan=False))
    assert card["answers"] == {"yes": "yes", "no": "no"}
    assert set(card["schema"]["columns"]) == {"orders", "city", "age", "visits", "noise"}
    assert card["split"]["manner"] == "time"
    assert [one["name"] for one in card["candidates"]] == ["logistic regression", "decision tree"]
    assert card["reasons"][-1].startswith("logistic regression is kept")
    assert card["held_out"]["metrics"]["auc"]["value"] > 0.6
    assert len(card["fingerprint"]) == 64


def test_the_same_seed_teaches_the_same_model_to_the_byte(learnt):
    assert to_bytes(learnt_from()) == to_bytes(learnt)


def test_a_kept_model_foretells_new_rows(learnt):
    kept = from_bytes(to_bytes(learnt), "kept")
    new = a_shop(300, seed=9)
    header, rows = training.predict(kept, new)
    rows = list(rows)
    assert header == ("id", "score")
    assert [row[0] for row in rows] == new.texts("id")
    y = np.array([word == "yes" for word in new.texts("bought")], float)
    assert auc(y, np.array([float(row[1]) for row in rows])) > 0.7
    found = training.evaluate(kept, new, Columns(target="bought"))
    assert found["metrics"]["rows"] == 300
    assert json.dumps(found, allow_nan=False)


def test_slices_change_nothing(learnt, monkeypatch):
    new = a_shop(100, seed=9)
    whole = training.score_rows(learnt, new)
    monkeypatch.setattr(training, "SLICE", 7)
    np.testing.assert_allclose(training.score_rows(learnt, new), whole, rtol=1e-12)
    new.columns["orders"][50] = "lots"
    with pytest.raises(InvalidInput, match="line 52, column orders"):
        training.score_rows(learnt, new)


def test_rows_without_an_id_are_numbered(learnt):
    new = Table({k: v for k, v in a_shop(3).columns.items() if k != "id"}, 3)
    assert [row[0] for row in training.predict(learnt, new)[1]] == [1, 2, 3]


def test_an_empty_table_has_no_answer_rows(learnt):
    nothing = Table({name: [] for name in a_shop(1).columns}, 0)
    assert list(training.predict(learnt, nothing)[1]) == []


def test_earlier_rows_than_the_taught_ones_are_warned_of(learnt):
    found = training.evaluate(learnt, a_shop(300, seed=9), COLUMNS)
    assert [one["check"] for one in found["warnings"]] == ["time goes backwards"]


def shop_with(**changes):
    return Table({**a_shop().columns, **changes}, 400)


def answers(*words):
    return [words[n % len(words)] for n in range(400)]


@pytest.mark.parametrize(
    ("words", "positive"),
    [
        (("1", "0"), None), (("1.0", "0.0"), None), (("TRUE", "FALSE"), None), (("是", "否"), None),
        (("bought", "no"), None), (("A", "B"), "A"), (("0", "1"), "0"), (("", "yes", "no"), None),
    ],
)  # fmt: skip
def test_answers_may_be_said_in_these_ways(words, positive):
    table = Table({"x": np.arange(400.0) % 7, "bought": answers(*words)}, 400)
    card = learnt_from(table, Columns(target="bought"), ONE, positive=positive).card
    given = [one.removesuffix(".0") for one in words if one]
    assert card["answers"] == dict(zip(("yes", "no"), given, strict=True))
    assert bool(card["notes"]) == ("" in words)


@pytest.mark.parametrize(
    ("table", "columns", "options", "said"),
    [
        pytest.param(a_shop(), Columns(), {}, "--target", id="no target named"),
        pytest.param(a_shop(), Columns(target="sold"), {}, "no column sold", id="no such target"),
        pytest.param(a_shop(), Columns(target="bought", time="when"), {}, "no column when",
                     id="no such time"),
        pytest.param(a_shop(), Columns(target="bought", group="bought"), {},
                     "cannot be the target and the group", id="two roles"),
        pytest.param(shop_with(bought=answers("a", "b")), COLUMNS, {}, "--positive",
                     id="which is yes?"),
        pytest.param(shop_with(bought=answers("1", "2", "3")), COLUMNS, {}, "this has 3",
                     id="three answers"),
        pytest.param(shop_with(bought=answers("yes")), COLUMNS, {}, "this has 1", id="one answer"),
        pytest.param(shop_with(bought=answers(*["no"] * 30, "yes")), COLUMNS, {},
                     "12 rows say yes", id="hardly any yes"),
        pytest.param(shop_with(copy=a_shop().texts("bought")), COLUMNS, {}, "--leave-out copy",
                     id="a copy of the target"),
        pytest.param(a_shop(), COLUMNS, {"keep": ["bought"]}, "no feature to keep",
                     id="the target as a feature"),
        pytest.param(a_shop(), COLUMNS, {"leave_out": ["nothing"]}, "no column nothing",
                     id="a typing error"),
        pytest.param(shop_with(day=answers("soon")), COLUMNS, {}, "line 2, column day",
                     id="no time at all"),
        pytest.param(a_shop(), COLUMNS, {"candidates": ["magic"]}, "no candidate magic",
                     id="no such candidate"),
        pytest.param(Table({"bought": answers("1", "0")}, 400), Columns(target="bought"), {},
                     "no column is left", id="only a target"),
        pytest.param(shop_with(person=answers("p")), Columns(target="bought", group="person"), {},
                     "more rows, groups or times", id="one group only"),
        pytest.param(shop_with(w=answers("-1")), Columns(target="bought", weight="w"), {},
                     "line 2, column w: a weight is 0 or more", id="a weight below 0"),
    ],
)  # fmt: skip
def test_rows_that_cannot_teach_are_refused(table, columns, options, said):
    with pytest.raises(InvalidInput, match=said):
        learnt_from(table, columns, **options)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        pytest.param({"bought": ["maybe"] * 400}, "line 2, column bought: 'maybe'", id="a word"),
        pytest.param({"bought": [""] * 400}, "no row has an answer", id="no answer"),
        pytest.param({"orders": ["many"] * 400}, "line 2, column orders", id="no number"),
    ],
)
def test_rows_that_cannot_judge_are_refused(learnt, columns, said):
    with pytest.raises(InvalidInput, match=said):
        training.evaluate(learnt, shop_with(**columns), Columns())


@dataclass(frozen=True)
class Mean:
    """A combiner as another part of the program may bring one."""

    name: str = "mean"
    rank: int = 9

    def learn(self, scores, y, fold, names, seed):
        return {"of": list(names)}

    def join(self, scores, names, how):
        return scores.mean(axis=1)

    def build(self, parts, how) -> Part:
        return nested({"form": "mean"}, parts)


def test_a_combiner_is_judged_on_rows_that_no_member_had_seen():
    sample = a_sample(300)
    parts = folds(sample.y, None, None, 3, 0)
    roster = Roster(QUICK.candidates, [Mean()])
    tried, _ = search(sample, parts, roster, 0, lambda *_: None)
    expected = (tried[0].scores + tried[1].scores) / 2
    np.testing.assert_allclose(tried[2].scores, expected)
    assert tried[2].joined


def test_a_combiner_that_cannot_be_judged_on_another_fold_is_left_out():
    sample = a_sample(300)
    part = folds(sample.y, None, None, 3, 0)[:1]
    roster = Roster(QUICK.candidates, [Mean()])
    tried, left_out = search(sample, part, roster, 0, lambda *_: None)
    assert [one.joined for one in tried] == [False, False]
    assert list(left_out) == ["mean"]


def test_all_rows_of_a_fold_are_joined_in_one_way_that_the_other_folds_taught():
    @dataclass(frozen=True)
    class Share(Mean):
        def learn(self, scores, y, fold, names, seed):
            return {"of": list(names), "weight": sorted({*fold.tolist()})}

        def join(self, scores, names, how):
            return np.full(len(scores), float(sum(how["weight"])))

    sample = a_sample(300)
    parts = folds(sample.y, None, None, 3, 0)[:2]
    tried, _ = search(sample, parts, Roster(QUICK.candidates, [Share()]), 0, lambda *_: None)
    assert set(tried[2].scores[parts[0].judge]) == {1.0}
    assert set(tried[2].scores[parts[1].judge]) == {0.0}
    assert tried[2].setting["weight"] == [0, 1]


def test_a_setting_that_falls_behind_is_dropped():
    sample = a_sample(300)
    parts = folds(sample.y, None, None, 3, 0)
    worse = {"encoding": "codes", "max_depth": 1, "min_samples_leaf": 140}
    good = {"encoding": "codes", "max_depth": 3, "min_samples_leaf": 10}
    roster = Roster([DecisionTree(settings=(worse, good))])
    (tried,), _ = search(sample, parts, roster, 0, lambda *_: None)
    assert tried.setting == good
    assert [one["folds"] for one in tried.settings] == [1, 3]


def test_a_candidate_that_cannot_learn_is_left_out_with_its_reason():
    @dataclass(frozen=True)
    class Picky:
        name: str = "picky"
        rank: int = 0
        settings = ({},)

        def fit(self, sample, setting, seed):
            raise InvalidInput("needs more")

    card = learnt_from(roster=Roster([Picky(), Logistic(settings=({"C": 0.1},))])).card
    assert card["not_tried"] == {"picky": "needs more"}


def test_a_fit_uses_one_thread_and_leaves_the_libraries_as_they_were():
    def threads():
        return {one["num_threads"] for one in threadpool_info()}

    @dataclass(frozen=True)
    class Counting(Logistic):
        def fit(self, sample, setting, seed):
            seen.append(threads())
            return super().fit(sample, setting, seed)

    seen: list[set[int]] = []
    with threadpool_limits(2):
        learnt_from(roster=Roster([Counting(settings=({"C": 0.1},))]))
        assert threads() == {2}
    assert set().union(*seen) == {1}


def test_progress_ends_at_the_end():
    told = []
    request = Request(a_shop(), COLUMNS, 1, {}, lambda *step: told.append(step))
    training.train(request, "propensity", QUICK)
    assert told[0] == ("logistic regression", 0, 18)
    assert told[-1] == ("done", 3, 3)
    assert all(done <= of for _, done, of in told)


def test_propensity_is_a_kind():
    assert kind("propensity").name == "propensity"
