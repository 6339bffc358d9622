"""An uplift model from a trial's rows to a line for each customer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.mail_experiment import made
from bot.errors import InvalidInput
from bot.insight.kinds import Columns, Request, kind
from bot.insight.modelfile import Learnt, from_bytes, to_bytes
from bot.insight.table import Table
from bot.insight.uplift.blend import weights
from bot.insight.uplift.learners import NAMES
from bot.insight.uplift.pictures import draw
from bot.insight.uplift.qini import qini
from bot.insight.uplift.serving import all_scores, effects, judged

# What is taught once for this page is taught in one worker.
pytestmark = pytest.mark.xdist_group("uplift")

KIND = kind("uplift")
COLUMNS = Columns(target="visit", treatment="mail", id="id")
FEW = {"candidates": ("K logistic", "T logistic", "response logistic"), "folds": 2, "repeats": 1}


def taught(table: Table, columns: Columns = COLUMNS, **options: Any) -> Learnt:
    return KIND.train(Request(table, columns, 3, {**FEW, **options}))


def with_columns(table: Table, **cells: Any) -> Table:
    return Table({**table.columns, **cells}, table.rows)


@pytest.fixture(scope="module")
def mailed() -> tuple[Table, np.ndarray[Any, np.dtype[np.float64]]]:
    """Customers whom a mail moves by what they bought before."""
    return made("one attribute", 8_000, 5)


@pytest.fixture(scope="module")
def learnt(mailed: Any) -> Learnt:
    return taught(mailed[0].take(np.arange(6_000)))


SWAYED = Columns(target="y", treatment="t")


@pytest.fixture(scope="module")
def swayed() -> Table:
    """Who has a great x does it when treated, who has a small one when left alone."""
    rng = np.random.default_rng(4)
    rows = 1_000
    x, treated = rng.normal(size=rows), rng.random(rows) < 0.3
    did = rng.random(rows) < np.where(treated, 1 / (1 + np.exp(-2 * x)), 0.5)
    noise = rng.normal(size=rows)
    return Table({"x": x, "noise": noise, "t": treated * 1.0, "y": did * 1.0}, rows)


@pytest.fixture(scope="module")
def everything(swayed: Table) -> Learnt:
    """All learners over both bases."""
    return KIND.train(Request(swayed, SWAYED, 3, {"folds": 2, "repeats": 1}))


def test_whom_a_mail_moves_stands_first(learnt: Learnt, mailed: Any) -> None:
    table, effect = mailed
    said = effects(learnt, table.take(np.arange(6_000, 8_000)))
    true = effect[6_000:]
    assert np.corrcoef(said, true)[0, 1] > 0.7
    assert said.mean() == pytest.approx(true.mean(), abs=0.015)


def test_a_line_for_each_row_in_its_order(learnt: Learnt, mailed: Any) -> None:
    rows = mailed[0].take(np.array([5, 3]))
    header, lines = KIND.predict(learnt, rows)
    found = list(lines)
    assert header == ("id", "uplift")
    assert [name for name, _ in found] == ["c5", "c3"]
    assert [float(one) for _, one in found] == pytest.approx(
        effects(learnt, rows).tolist(), abs=1e-9
    )


def test_to_predict_neither_outcome_nor_treatment_is_needed(learnt: Learnt, mailed: Any) -> None:
    rows = mailed[0].take(np.arange(20))
    bare = Table({n: c for n, c in rows.columns.items() if n not in ("visit", "mail", "id")}, 20)
    assert effects(learnt, bare).tolist() == effects(learnt, rows).tolist()
    assert [name for name, _ in KIND.predict(learnt, bare)[1]] == list(range(1, 21))


def test_the_file_serves_as_the_model_does(everything: Learnt, swayed: Table) -> None:
    again = from_bytes(to_bytes(everything), "m.npz")
    assert effects(again, swayed).tolist() == effects(everything, swayed).tolist()


def test_the_same_rows_and_seed_make_the_same_model() -> None:
    table, _ = made("same odds", 1_500, 8)
    assert to_bytes(taught(table)) == to_bytes(taught(table))


def test_judging_shows_the_response_model_and_every_learner_beside_it(
    everything: Learnt, swayed: Table
) -> None:
    found = KIND.evaluate(everything, swayed.take(np.arange(600)), Columns())
    figures = found["metrics"]
    assert figures["qini"]["low"] < figures["qini"]["value"] < figures["qini"]["high"]
    assert {"qini of response targeting", "qini over response targeting"} <= set(figures)
    assert {one["name"] for one in found["beside"]} == set(NAMES)
    assert sum(one["rows"] for one in found["deciles"]) == 600
    assert found["curves"]["blend"]["qini"][-1] == pytest.approx(figures["effect"])
    assert draw(found).count("<polyline") == 3 + 3 + 2


def test_every_learner_finds_effects_that_differ_much(everything: Learnt, swayed: Table) -> None:
    used, trial, _ = judged(everything, swayed, SWAYED)
    scores, names = all_scores(everything, used)
    right = qini(swayed.numbers("x"), trial)
    # Here the response has the order of the effects; a plain S logistic has the order of odds.
    assert min(qini(scores[one], trial) for one in names if one != "S logistic") > 0.7 * right
    assert qini(scores["blend"], trial) > 0.97 * right


def test_weights_fall_with_what_a_candidate_is_behind() -> None:
    found = weights(np.array([0.010, 0.008, 0.0, -0.003]))
    assert found[1] / found[0] == pytest.approx(np.exp(-0.2 / 0.6))
    assert found[2:].tolist() == [0, 0]
    assert weights(np.array([-0.1, 0.0])).tolist() == [0.5, 0.5]


# --- what would spoil it --------------------------------------------------------------------------


def test_what_is_known_only_afterwards_is_left_out_with_a_word(mailed: Any) -> None:
    table = mailed[0].take(np.arange(4_000))
    visit = table.numbers("visit")
    spent = np.where((visit == 1) & (np.arange(4_000) % 10 == 0), 25.0, 0.0)
    found = taught(with_columns(table, spend=spent))
    (warning,) = found.card["warnings"]
    assert (warning["check"], warning["column"]) == ("tells the outcome", "spend")
    assert "spend" not in found.card["schema"]["columns"]


def test_what_everybody_who_did_it_has_is_left_out_unless_it_is_kept(mailed: Any) -> None:
    table = mailed[0].take(np.arange(2_000))
    opened = np.where((table.numbers("visit") == 1) | (np.arange(2_000) % 4 == 0), 1.0, 0.0)
    found = taught(with_columns(table, opened=opened))
    assert [one["column"] for one in found.card["warnings"]] == ["opened"]
    assert "--keep opened" in found.card["warnings"][0]["said"]
    kept = taught(with_columns(table, opened=opened), keep=("opened",))
    assert "opened" in kept.card["schema"]["columns"]


def test_what_tells_the_arm_is_left_out_with_a_word(mailed: Any) -> None:
    table = mailed[0].take(np.arange(3_000))
    found = taught(with_columns(table, segment=list(table.texts("mail"))))
    (warning,) = found.card["warnings"]
    assert (warning["check"], warning["column"]) == ("tells the treatment", "segment")


def test_an_unfair_draw_is_seen_and_weighed(mailed: Any) -> None:
    rng = np.random.default_rng(7)
    rows = 3_000
    rich = rng.normal(size=rows)
    treated = rng.random(rows) < 1 / (1 + np.exp(-1.5 * rich))
    did = rng.random(rows) < 1 / (1 + np.exp(1 - rich))  # the treatment changes nothing
    columns = Columns(target="y", treatment="t")
    table = Table({"rich": rich, "t": treated * 1.0, "y": did * 1.0}, rows)
    found = taught(table, columns)
    assert found.card["propensity"]["way"] == "estimated"
    assert "not a coin's toss" in found.card["notes"][-1]
    assert found.card["held_out"]["metrics"]["effect"] == pytest.approx(0, abs=0.05)
    plain = taught(table, columns, propensity="share")
    assert plain.card["held_out"]["metrics"]["effect"] > 0.15


def test_a_known_chance_may_stand_in_a_column(mailed: Any) -> None:
    table = mailed[0].take(np.arange(3_000))
    known = taught(with_columns(table, drawn=np.full(3_000, 0.5)), propensity="drawn")
    assert known.card["propensity"]["way"] == "drawn"
    assert "drawn" not in known.card["schema"]["columns"]
    with pytest.raises(InvalidInput, match="line 2, column drawn: a chance of treatment"):
        taught(with_columns(table, drawn=np.ones(3_000)), propensity="drawn")


@pytest.mark.parametrize(
    ("columns", "options", "said"),
    [
        (Columns(target="visit"), {}, "--treatment"),
        (Columns(treatment="mail"), {}, "--target"),
        (Columns(target="history", treatment="mail"), {}, "has two answers"),
        (COLUMNS, {"folds": "many"}, "folds=many: a number from 2"),
        (COLUMNS, {"candidates": ("Z logistic",)}, "no candidate Z logistic; there are S logistic"),
    ],
)
def test_what_is_missing_is_asked_for(
    mailed: Any, columns: Columns, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        KIND.train(Request(mailed[0].take(np.arange(500)), columns, 0, options))


def test_an_arm_where_hardly_anybody_did_it_teaches_nothing(mailed: Any) -> None:
    table = mailed[0].take(np.arange(1_000))
    mail = np.array(table.texts("mail"))
    visit = np.where(mail == "No E-Mail", 0.0, table.numbers("visit"))
    with pytest.raises(InvalidInput, match="of those left alone 0 rows say yes"):
        taught(with_columns(table, visit=visit))


def test_to_judge_both_arms_are_needed(learnt: Learnt, mailed: Any) -> None:
    table = mailed[0]
    alone = table.take(np.flatnonzero(np.array(table.texts("mail")) == "No E-Mail"))
    with pytest.raises(InvalidInput, match="rows of both arms are needed"):
        KIND.evaluate(learnt, alone, Columns())
