"""How many messages somebody bears, learnt from who left after how many."""

from __future__ import annotations

import numpy as np
import pytest

from bot.errors import InvalidInput
from bot.insight.fatigue import Days, Hazard, cap, learn
from bot.insight.kinds import Columns, Request, kind
from bot.insight.table import Table


def log_of_days(per_touch: float, rows: int = 60_000, bias: float = -6.0) -> Days:
    rng = np.random.default_rng(3)
    week = rng.poisson(1.2, rows).astype(float)
    month = week + rng.poisson(3, rows)
    upset = rng.normal(size=rows)
    odds = bias + per_touch * week + 0.1 * month + 0.4 * upset
    left = (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(float)
    return Days(week, month, left, {"upset": upset})


@pytest.fixture(scope="module")
def hazard() -> Hazard:
    found = learn(log_of_days(0.5))
    assert found is not None
    return found


def test_the_weights_are_those_that_made_the_days(hazard: Hazard) -> None:
    assert hazard.weights == pytest.approx([0.5, 0.1, 0.4], abs=0.1)
    assert hazard.bias == pytest.approx(-6, abs=0.3)


def test_the_hazard_is_what_the_formula_gives_by_hand() -> None:
    one = Hazard(-6.0, np.array([0.5, 0.1, 0.4]), ["upset"], np.array([1.0]), np.array([2.0]), 9, 3)
    found = one.per_day(np.array([2.0]), np.array([5.0]), {"upset": np.array([3.0])})
    odds = -6 + 0.5 * 2 + 0.1 * 5 + 0.4 * (3 - 1) / 2
    assert found[0] == pytest.approx(1 / (1 + np.exp(-odds)))
    unknown = one.per_day(np.array([2.0]), np.array([5.0]), {"upset": np.array([np.nan])})
    assert unknown[0] == one.per_day(np.array([2.0]), np.array([5.0]), {})[0]


def test_who_is_upset_bears_fewer(hazard: Hazard) -> None:
    moods, none = {"upset": np.array([-2.0, 0.0, 2.0, 9.0])}, np.zeros(4)
    found = hazard.most_touches(0.01, moods, none, most=10)
    assert found.tolist() == sorted(found.tolist(), reverse=True)
    assert found[-1] == 0
    at = hazard.per_day(found * 1.0, found * 1.0, moods)
    more = hazard.per_day(found + 1.0, found + 1.0, moods)
    assert (at[:3] <= 0.01).all()
    assert (more > 0.01).all()


def test_the_cap_is_the_most_that_keeps_the_hazard_within_the_limit(hazard: Hazard) -> None:
    found = {limit: cap(hazard, limit, fixed=3) for limit in (0.0001, 0.01, 0.99)}
    assert found[0.0001].touches == 0
    assert found[0.01].touches in (1, 2, 3)
    assert found[0.99].touches == 6  # never more than twice the fixed cap
    assert all(one.learnt for one in found.values())
    assert "limit 1.0000%" in found[0.01].why


def test_few_who_left_leave_the_fixed_cap() -> None:
    few = log_of_days(0.5, rows=1_500, bias=-8.0)
    assert few.left.sum() < 30
    assert learn(few) is None
    found = cap(None, 0.01, fixed=3)
    assert (found.touches, found.learnt) == (3, False)
    assert "fixed cap" in found.why


def test_messages_never_count_as_what_keeps_people() -> None:
    # Who is about to leave is written to less: the plain fit would call messages good.
    found = learn(log_of_days(-0.8, bias=-4.0))
    assert found is not None
    assert found.weights[0] == 0


def test_with_few_who_left_features_wait() -> None:
    days = log_of_days(0.5, rows=4_500)
    assert 30 <= days.left.sum() < 200
    many = {f"f{n}": days.features["upset"] + n for n in range(40)}
    found = learn(Days(days.week, days.month, days.left, many))
    assert found is not None
    assert len(found.names) == int(days.left.sum()) // 10 - 2


def test_it_is_kept_as_json(hazard: Hazard) -> None:
    again = Hazard.from_json(hazard.to_json())
    week, month = np.array([1.0]), np.array([2.0])
    assert again.per_day(week, month, {}) == hazard.per_day(week, month, {})


@pytest.mark.parametrize("limit", [0.0, 1.0, -1.0])
def test_a_limit_that_is_no_chance_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        cap(None, limit, fixed=3)


def test_days_counted_together_say_the_same_as_days_apart() -> None:
    days = log_of_days(0.5, rows=4000, bias=-4.0)
    apart = learn(Days(days.week, days.month, days.left, {}))
    cells: dict[tuple[float, float], list[float]] = {}
    for week, month, left in zip(days.week, days.month, days.left, strict=True):
        cell = cells.setdefault((week, month), [0.0, 0.0])
        cell[0] += left
        cell[1] += 1
    touches, counts = np.array(list(cells)), np.array(list(cells.values()))
    together = learn(Days(touches[:, 0], touches[:, 1], counts[:, 0], {}, counts[:, 1]))
    assert apart is not None
    assert together is not None
    assert together.weights == pytest.approx(apart.weights, abs=1e-4)
    assert (together.days, together.events) == (apart.days, apart.events) == (
        4000, int(days.left.sum()),
    )  # fmt: skip


def test_a_month_is_thirty_days_of_which_seven_feel_the_last_message() -> None:
    one = Hazard(-6.0, np.array([0.5, 0.1]), [], np.empty(0), np.empty(0), 9, 3)
    none = np.zeros(1)
    day = [1 / (1 + np.exp(6 - more)) for more in (0.0, 0.6, 0.1)]
    assert one.gone_within(none, none, {})[0] == pytest.approx(1 - (1 - day[0]) ** 30)
    wanted = 1 - (1 - day[1]) ** 7 * (1 - day[2]) ** 23
    assert one.gone_within(none, none, {}, more=1)[0] == pytest.approx(wanted)


# --- as a kind of model ------------------------------------------------------------------------


def a_table(rows: int = 3000) -> Table:
    days = log_of_days(0.5, rows, bias=-4.0)
    return Table(
        {
            "day": np.arange(rows, dtype=float), "touches_7": days.week, "touches_30": days.month,
            "upset": days.features["upset"], "left": days.left,
        },
        rows,
    )  # fmt: skip


def test_a_table_of_days_teaches_and_is_foretold() -> None:
    columns = Columns(target="left", time="day")
    learnt = kind("fatigue").train(Request(a_table(), columns))
    assert learnt.card["held_out"]["metrics"]["auc"]["value"] > 0.6
    assert list(learnt.card["hazard"]["names"]) == ["upset"]
    rows = [*kind("fatigue").predict(learnt, a_table())[1]]
    said = np.array([float(score) for _, score in rows])
    assert np.corrcoef(said, a_table().numbers("touches_7"))[0, 1] > 0.5
    judged = kind("fatigue").evaluate(learnt, a_table(), Columns())["metrics"]
    assert judged["rows"] == 3000


@pytest.mark.parametrize(
    ("changes", "columns", "said"),
    [
        ({}, Columns(), "--target"),
        ({"left": np.full(3000, 2.0)}, Columns(target="left"), "line 2, column left"),
        ({"left": np.zeros(3000)}, Columns(target="left"), "0 left on a day"),
        ({"touches_7": np.full(3000, -1.0)}, Columns(target="left"), "line 2, column touches_7"),
    ],
    ids=["no target", "neither left nor stayed", "nobody left", "fewer than no touches"],
)
def test_days_that_teach_nothing_are_refused(changes, columns, said) -> None:
    table = Table({**a_table().columns, **changes}, 3000)
    with pytest.raises(InvalidInput, match=said):
        kind("fatigue").train(Request(table, columns))
