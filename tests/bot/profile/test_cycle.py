"""How often somebody buys, and when the next is to be expected."""

import pytest

from bot.clock import to_ms
from bot.profile.cycle import MOST_DAYS, cycle
from bot.profile.fold import fold
from bot.values.facts import FoldEvent
from bot.values.interest import DAY_MS, day_of
from tests.conftest import NOON

NOON_MS = to_ms(NOON)


def bought(*days_ago):
    return [
        FoldEvent(f"o{number}", "order", NOON_MS - round(days * DAY_MS), {"amount_fen": 100})
        for number, days in enumerate(days_ago)
    ]


def given_back(days_ago, **facts):
    told = {"whole": True, "amount_fen": 100, "order_at": NOON_MS - days_ago * DAY_MS, **facts}
    return FoldEvent("back", "refund", NOON_MS, told)


@pytest.mark.parametrize(
    ("days_ago", "every", "spread", "state", "overdue"),
    [
        pytest.param((61, 31, 1), 30, 0, "waiting", 0, id="bought yesterday"),
        pytest.param((90, 60, 30), 30, 0, "due", 0, id="today is the day"),
        pytest.param((91, 61, 31), 30, 0, "overdue", 1, id="yesterday was the day"),
        pytest.param((95, 65, 25), 35, 5, "waiting", 0, id="six days before, give or take five"),
        pytest.param((100, 70, 30), 35, 5, "due", 0, id="five days before it may be"),
        pytest.param((150, 120, 90), 30, 0, "overdue", 60, id="three gaps without any"),
        pytest.param((151, 121, 91), 30, 0, "lapsed", 61, id="longer: the habit is over"),
    ],
)
def test_when_the_next_purchase_is_expected(days_ago, every, spread, state, overdue):
    found = cycle(fold({}, bought(*days_ago)), NOON_MS)
    assert (found.every, found.give_or_take) == (every, spread)
    assert (found.state, found.overdue_days) == (state, overdue)
    assert found.expected == day_of(NOON_MS) - days_ago[-1] + every


@pytest.mark.parametrize(
    ("events", "days"),
    [
        pytest.param(bought(60, 30), None, id="two orders are no habit"),
        pytest.param(bought(60, 30, 30.01), None, id="nor three on two days"),
        pytest.param(bought(90, 60, 30), 3, id="three days are"),
        pytest.param([*bought(90, 60, 30), given_back(60)], None, id="one given back whole"),
        pytest.param([given_back(60), *bought(90, 60, 30)], None, id="told before the order"),
        pytest.param(
            [*bought(90, 60, 30), given_back(60, whole=False)], 3, id="given back in part"
        ),
        pytest.param([*bought(90, 60, 60, 30), given_back(60)], 3, id="one of two of that day"),
        pytest.param([*bought(90, 60, 30), given_back(60, order_at=None)], 3, id="of no known day"),
        pytest.param(bought(*range(60, 0, -1)), MOST_DAYS, id="the latest two dozen are kept"),
    ],
)
def test_what_counts_as_a_habit(events, days):
    found = cycle(fold({}, events), NOON_MS)
    assert (found and found.days) == days


def test_many_gaps_that_are_alike_are_surer():
    few, many, uneven = (
        cycle(fold({}, bought(*days)), NOON_MS).sure
        for days in ((21, 14, 7), range(70, 0, -7), (70, 60, 30, 25, 3, 2, 1))
    )
    assert uneven < few < many < 1
