"""The best hour of a follower, leaning on the account's habit by a learnt weight."""

from __future__ import annotations

import numpy as np
import pytest

from bot.errors import InvalidInput
from bot.insight.hours import USUAL_WEIGHT, Habit, learn, log_likelihood, smooth
from bot.insight.hours_kind import COLUMNS, GAIN, acts_of, habit_of
from bot.insight.kinds import Columns, Request, kind
from bot.insight.table import Table

EVENING = np.array([0.2] * 19 + [4.0] * 4 + [0.2])
EVENING = EVENING / EVENING.sum()


def acts(*at: tuple[int, int]) -> np.ndarray:
    found = np.zeros((1, 24))
    for hour, count in at:
        found[0, hour] = count
    return found


def drawn(weight: float, people: int = 1500) -> np.ndarray:
    rng = np.random.default_rng(1)
    shares = rng.dirichlet(EVENING * weight, people)
    return np.array([rng.multinomial(rng.integers(1, 15), one) for one in shares], float)


@pytest.mark.parametrize("weight", [2.0, 10.0, 60.0])
def test_the_weight_is_how_much_people_differ(weight: float) -> None:
    found = learn(drawn(weight))
    assert found.weight == pytest.approx(weight, rel=0.15)
    assert found.shares == pytest.approx(EVENING, abs=0.02)


def test_shares_are_what_the_formula_gives_by_hand() -> None:
    habit = Habit(np.full(24, 1 / 24), weight=12, people=0)
    found = habit.hours(acts((8, 3), (21, 1)))[0]
    assert found[8] == pytest.approx((3 + 0.5) / (4 + 12))
    assert found[0] == pytest.approx(0.5 / 16)
    assert found.sum() == pytest.approx(1)
    assert habit.own(acts((8, 3), (21, 1)))[0] == pytest.approx(4 / 16)


@pytest.mark.parametrize(
    ("own", "best"),
    [
        (acts(), 19),  # nothing of his own: the account's, the earliest of equals
        (acts((7, 1)), 19),  # one act is no habit
        (acts((7, 9)), 7),
    ],
    ids=["silent", "once", "in the morning"],
)
def test_who_has_shown_little_follows_the_account(own: np.ndarray, best: int) -> None:
    assert Habit(EVENING, weight=12, people=0).best(own).tolist() == [best]


def test_an_hour_at_which_one_may_not_write_is_never_the_best() -> None:
    day = np.arange(24) >= 9
    habit = Habit(EVENING, weight=12, people=0)
    assert habit.best(acts((7, 9), (12, 4)), day).tolist() == [12]
    with pytest.raises(InvalidInput, match="no hour is left"):
        habit.best(acts(), np.zeros(24, bool))


def test_the_learnt_weight_is_the_likeliest() -> None:
    counts = drawn(10)
    found = learn(counts)
    at = [log_likelihood(counts, found.shares, found.weight * step) for step in (0.8, 1, 1.25)]
    assert at[1] == max(at)


def test_few_people_or_none_leave_the_usual_weight() -> None:
    nobody, few = learn(np.zeros((5, 24))), learn(drawn(10, 19))
    assert (nobody.weight, nobody.people) == (USUAL_WEIGHT, 0)
    assert nobody.shares == pytest.approx(1 / 24)
    assert few.weight == USUAL_WEIGHT


def test_it_is_kept_as_json() -> None:
    found = learn(drawn(10, 50))
    assert Habit.from_json(found.to_json()).hours(acts((3, 2))).tolist() == (
        found.hours(acts((3, 2))).tolist()
    )


def test_an_act_speaks_for_the_hours_beside_it_round_the_clock() -> None:
    found = smooth(acts((0, 4)))[0]
    assert (found[23], found[0], found[1], found.sum()) == (1, 2, 1, 4)


@pytest.mark.parametrize("wrong", [np.zeros((2, 23)), np.full((1, 24), -1.0)])
def test_what_are_no_acts_by_hour_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="acts by hour"):
        learn(wrong)


# --- as a kind of model ------------------------------------------------------------------------


def a_log() -> Table:
    """Lin acts at 8, Wang at 21; thirty others all day."""
    rng = np.random.default_rng(1)
    lines = [("lin", 8)] * 6 + [("wang", 21)] * 6
    lines += [(f"p{n}", int(hour)) for n in range(30) for hour in rng.integers(0, 24, 8)]
    times = [f"2026-11-{1 + n % 28:02}T{hour:02}:30:00" for n, (_, hour) in enumerate(lines)]
    return Table({"who": [who for who, _ in lines], "at": times}, len(lines))


def test_a_log_of_acts_says_whose_hour_is_when() -> None:
    columns = Columns(user="who", time="at")
    learnt = kind("hours").train(Request(a_log(), columns))
    header, rows = kind("hours").predict(learnt, a_log())
    said = {row[0]: row[1] for row in rows}
    assert tuple(header) == ("id", "score", "own")
    assert (said["lin"], said["wang"]) == (8, 21)
    figures = kind("hours").evaluate(learnt, a_log(), Columns())["metrics"]
    assert figures["people"] == 32
    assert figures[GAIN] < 0


def test_rows_with_hours_say_the_same_as_the_log() -> None:
    columns = Columns(user="who", time="at")
    names, acts_ = acts_of(a_log(), columns)
    table = Table({"id": list(names), **dict(zip(COLUMNS, acts_.T, strict=True))}, len(names))
    by_rows = kind("hours").train(Request(table, Columns(id="id")))
    by_log = kind("hours").train(Request(a_log(), columns))
    assert habit_of(by_rows).to_json() == habit_of(by_log).to_json()
    assert [*kind("hours").predict(by_rows, table)[1]] == [
        *kind("hours").predict(by_log, a_log())[1]
    ]


@pytest.mark.parametrize(
    ("table", "columns", "said"),
    [
        (a_log(), Columns(user="who"), "both"),
        (a_log(), Columns(), "no column hour_0"),
        (Table({name: np.zeros(2) for name in COLUMNS}, 2), Columns(), "nobody acted"),
        (Table({name: np.full(2, 0.5) for name in COLUMNS}, 2), Columns(), "line 2, column hour_0"),
    ],
    ids=["who without when", "neither a log nor hours", "nobody acted", "half an act"],
)
def test_what_tells_no_hours_is_refused(table: Table, columns: Columns, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        kind("hours").train(Request(table, columns))
