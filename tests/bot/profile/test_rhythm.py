"""When to write to somebody."""

import pytest

from bot.clock import to_ms
from bot.profile.fold import fold
from bot.profile.rhythm import LEAN, House, best_hours
from bot.values.facts import FoldEvent
from bot.values.interest import DAY_MS
from tests.conftest import NOON

NOON_MS = to_ms(NOON)  # a Saturday, 12:00 in Shanghai
MORNINGS = House(hours=[0] * 8 + [100] + [0] * 15, weekdays=[50, 50, 0, 0, 0, 0, 0], people=40)


def acts(kind, hours, days_ago=0):
    """Own acts at these Shanghai hours."""
    return [
        FoldEvent(f"{kind}{n}", kind, NOON_MS + (hour - 12) * 3_600_000 - days_ago * DAY_MS, {})
        for n, hour in enumerate(hours)
    ]


def best(log, house=None):
    found = best_hours(fold({}, log), *([house] if house else []))
    return found and [one["hour"] for one in found["hours"]]


@pytest.mark.parametrize(
    ("log", "house", "hours"),
    [
        pytest.param([], None, None, id="nothing known of anybody"),
        pytest.param([], MORNINGS, [8, 7, 9], id="a newcomer: the account's hour"),
        pytest.param(acts("message.text", [20] * 4), None, [20, 19, 21], id="no account habit yet"),
        pytest.param(acts("message.text", [20] * 4), MORNINGS, [8, 7, 9], id="few acts lean on it"),
        pytest.param(acts("message.text", [20] * 40), MORNINGS, [20, 19, 21], id="many do not"),
        pytest.param(
            acts("message.text", [9, 9]) + acts("click", [22]), None, [22, 9, 21],
            id="one tap answers a message, two messages do not",
        ),
        pytest.param(acts("message.text", [0, 23]), None, [0, 23, 1], id="round midnight"),
        pytest.param(acts("coupon.issued", [20] * 9), MORNINGS, [8, 7, 9], id="not our acts"),
    ],
)  # fmt: skip
def test_the_best_hours(log, house, hours):
    assert best(log, house) == hours


def test_the_evidence_stands_beside_it():
    log = acts("message.text", [20] * 5) + acts("click", [20], days_ago=1)
    found = best_hours(fold({}, log), MORNINGS)
    twenty = next(one for one in found["hours"] if one["hour"] == 20)
    assert (twenty["acts"], twenty["taps"]) == (6, 1)
    assert (found["acts"], found["taps"], found["people"]) == (6, 1, 40)
    assert found["own"] == round(6 / (6 + LEAN), 2)
    assert [one["weekday"] for one in found["weekdays"]] == [0, 1, 5]
