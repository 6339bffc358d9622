"""Who is like those of a list."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bot.errors import InvalidInput
from bot.insight.clusters.lookalike import likeness
from bot.insight.kinds import Columns, Request, kind
from bot.insight.metrics import auc
from bot.insight.modelfile import from_bytes, to_bytes
from bot.insight.table import Table

KIND = kind("lookalike")
COLUMNS = Columns(target="seed", id="id")


def a_town(shape: str, rows: int = 900) -> tuple[Table, Any]:
    """A quarter of those who are meant are known: a half plane, or two far corners."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=(rows, 3))
    meant = x[:, 0] + x[:, 1] > 1.2 if shape == "side" else np.abs(x[:, 0] + x[:, 1]) > 2.2
    known = meant & (rng.random(rows) < 0.4)
    columns = {
        "id": [f"f{n}" for n in range(rows)],
        **{name: x[:, at] for at, name in enumerate(("age", "orders", "noise"))},
        "seed": ["1" if one else "" for one in known],
    }
    return Table(columns, rows), meant


@pytest.mark.parametrize(("shape", "way"), [("side", "logistic"), ("corners", "nearest seeds")])
def test_the_score_that_ranks_held_back_seeds_highest_is_kept(shape: str, way: str) -> None:
    table, meant = a_town(shape)
    learnt = KIND.train(Request(table, COLUMNS, 1))
    others = np.array(table.texts("seed")) == ""
    score = likeness(learnt, table)
    assert learnt.card["way"] == way
    assert auc(meant[others].astype(float), score[others]) > 0.93
    again = from_bytes(to_bytes(learnt), "l.npz")
    assert likeness(again, table).tolist() == score.tolist()


def test_a_line_for_each_with_score_and_how_many_are_less_alike() -> None:
    table, meant = a_town("side")
    learnt = KIND.train(Request(table, COLUMNS, 1))
    header, lines = KIND.predict(learnt, table)
    ahead = np.array([float(one) for _, _, one in lines])
    assert header == ("id", "score", "ahead")
    assert ahead[meant].mean() > 0.85
    assert ahead.min() == 0
    assert ahead.max() == 1
    found = KIND.evaluate(learnt, table, Columns())["metrics"]
    assert found["auc"]["low"] > 0.85
    assert "brier" not in found


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        (["1"] * 19 + [""] * 100, "19 rows are of the list and 100 are not; 20 and 50"),
        (["1"] * 100 + ["0"] * 19, "100 rows are of the list and 19 are not"),
        (["1"] * 60 + ["2"] * 59, "line 62, column seed: '2'; 1 marks those of the list"),
    ],
)
def test_a_list_that_teaches_nothing_is_refused(seeds: list[str], said: str) -> None:
    table = Table({"age": np.linspace(0.5, 9, len(seeds)), "seed": seeds}, len(seeds))
    with pytest.raises(InvalidInput, match=said):
        KIND.train(Request(table, COLUMNS if "id" in table.columns else Columns(target="seed")))


def test_without_a_list_it_is_asked_for() -> None:
    with pytest.raises(InvalidInput, match="--target"):
        KIND.train(Request(a_town("side")[0], Columns()))
