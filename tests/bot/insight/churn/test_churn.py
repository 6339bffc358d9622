"""Who leaves: from an order log, or from rows that say it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bot.errors import InvalidInput
from bot.insight.churn.orders import histories, log_of
from bot.insight.kinds import Columns, Request, kind
from bot.insight.modelfile import from_bytes, to_bytes
from bot.insight.table import Table

KIND = kind("churn")
LOG = Columns(user="who", time="day", weight="yuan")


def table(*rows: tuple[str, str, str]) -> Table:
    who, day, yuan = zip(*rows, strict=True)
    return Table({"who": list(who), "day": list(day), "yuan": list(yuan)}, len(rows))


@pytest.fixture(scope="module")
def shop() -> Table:
    """Half buy every week until the end, half stop after a few weeks."""
    rng = np.random.default_rng(5)
    rows = []
    for number in range(160):
        at, until = rng.integers(0, 20), 180 if number % 2 else 60
        while at < until:
            rows.append((f"f{number}", f"2026-{at // 28 + 1:02}-{at % 28 + 1:02}", "20"))
            at += 1 + rng.poisson(9)
    return table(*rows)


@pytest.fixture(scope="module")
def learnt(shop: Table) -> Any:
    return KIND.train(Request(shop, LOG, 1))


def test_a_log_becomes_repeat_purchases_last_and_age() -> None:
    log = log_of(
        table(
            ("a", "2026-01-01", "5"),
            ("a", "2026-01-01 18:00", "9"),  # the same day: one purchase
            ("b", "2026-01-03", "5"),
            ("a", "2026-01-11", "5"),
            ("a", "2026-01-20", "-5"),  # given back: none
            ("", "2026-01-21", "5"),  # nobody's
        ),
        "who", "day", "yuan",
    )  # fmt: skip
    found = histories(log, log.end)
    assert log.unit == "days"
    assert list(log.users) == ["a", "b"]
    assert [found.x.tolist(), found.last.tolist(), found.age.tolist()] == [[1, 0], [10, 0], [10, 8]]


def test_times_may_be_plain_numbers() -> None:
    log = log_of(table(("a", "1.5", "1"), ("a", "4", "1")), "who", "day", None)
    assert (log.unit, histories(log, 5).last.tolist()) == ("", [2.5])


def test_who_stopped_stands_before_who_goes_on(learnt: Any, shop: Table) -> None:
    header, lines = KIND.predict(learnt, shop)
    rows = {name: [float(one) for one in values] for name, *values in lines}
    assert header == ("id", "score", "alive", "buys_within", "purchases_within", "next_in")
    goes_on = [rows[f"f{n}"][0] for n in range(1, 160, 2)]
    stopped = [rows[f"f{n}"][0] for n in range(0, 160, 2)]
    assert np.mean(np.array(stopped)[:, None] > np.array(goes_on)) > 0.97
    assert all(one[0] == pytest.approx(1 - one[2], abs=1e-5) for one in rows.values())


def test_the_last_quarter_judges_what_was_said_before_it(learnt: Any) -> None:
    found = learnt.card["held_out"]["metrics"]
    assert found["auc"]["value"] > 0.9
    assert found["purchases expected"] == pytest.approx(found["purchases made"], rel=0.35)
    assert learnt.card["horizon"] == 30


def test_the_file_serves_as_the_model_does(learnt: Any, shop: Table) -> None:
    again = from_bytes(to_bytes(learnt), "c.npz")
    assert list(KIND.predict(again, shop)[1]) == list(KIND.predict(learnt, shop)[1])
    assert "auc" in KIND.evaluate(again, shop, Columns())["metrics"]


def test_rows_that_say_who_left_go_the_way_of_propensity() -> None:
    rng = np.random.default_rng(2)
    quiet = rng.integers(0, 60, 240)
    left = rng.random(240) < quiet / 60
    rows = Table({"quiet": quiet * 1.0, "left": ["1" if one else "0" for one in left]}, 240)
    options = {"candidates": ("logistic regression",)}
    model = KIND.train(Request(rows, Columns(target="left"), 1, options))
    header, lines = KIND.predict(model, Table({"quiet": np.array([1.0, 59.0])}, 2))
    assert header == ("id", "score")
    assert float(list(lines)[1][1]) > 0.7


@pytest.mark.parametrize(
    ("columns", "options", "said"),
    [
        (Columns(), {}, "--target.*--user, --time"),
        (Columns(user="who"), {}, "--user, --time"),
        (Columns(user="nobody", time="day"), {}, "no column nobody"),
        (Columns(user="who", time="yuan"), {}, "all orders are of one time"),
        (LOG, {"horizon": "-3"}, "horizon=-3: how far ahead to look"),
    ],
)
def test_what_is_missing_is_asked_for(
    shop: Table, columns: Columns, options: dict[str, str], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        KIND.train(Request(shop, columns, 0, options))


def test_a_time_that_is_none_is_named_with_its_line() -> None:
    rows = table(("a", "2026-01-01", "1"), ("a", "soon", "1"))
    with pytest.raises(InvalidInput, match="line 3, column day: 'soon'"):
        KIND.train(Request(rows, LOG))


def test_a_log_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput, match="the log has no orders"):
        KIND.train(Request(table(("a", "2026-01-01", "0")), LOG))
