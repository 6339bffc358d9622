"""Whether how somebody speaks to us turns."""

import pytest

from bot.clock import to_ms
from bot.profile.features import explain
from bot.profile.fold import fold
from bot.profile.moods import trend
from bot.values.facts import FoldEvent
from bot.values.interest import DAY_MS
from tests.conftest import NOON

NOON_MS = to_ms(NOON)


def said(sentiment, days_ago, key="k", kind="message.text", **facts):
    facts = {"topics": {}, "word": "", **facts}
    if sentiment:
        facts["sentiment"] = sentiment
    return FoldEvent(f"{key}{sentiment}{days_ago}", kind, NOON_MS - days_ago * DAY_MS, facts)


@pytest.mark.parametrize(
    ("recent", "before", "turn", "change"),
    [
        pytest.param((0.5, 0.5, 0.5), (0.3, 0.3, 0.3), "better", 0.2, id="a fifth better"),
        pytest.param((0.5, 0.5, 0.5), (0.31, 0.31, 0.31), "same", 0.19, id="a little less"),
        pytest.param((-0.4, -0.6, -0.5), (0.1, 0.1, 0.1), "worse", -0.6, id="worse"),
        pytest.param((0.5, 0.5, 0), (0.1, 0.1, 0.1), None, None, id="two with feeling are too few"),
        pytest.param((0.5, 0.5, 0.5), (0.1, 0.1), None, None, id="so are two before"),
    ],
)
def test_the_turn_of_the_last_month(recent, before, turn, change):
    log = [said(one, n, "r") for n, one in enumerate(recent)]
    log += [said(one, 60 + n, "b") for n, one in enumerate(before)]
    found = trend(fold({}, log), NOON_MS)["last_30_days"]
    assert (found["turn"], found["change"]) == (turn, change)
    assert found["messages"] == sum(bool(one) for one in recent)


@pytest.mark.parametrize(
    ("days_ago", "month", "quarter"),
    [
        # NOON is a Saturday: this week began five days ago.
        pytest.param(33, 1, 1, id="the Monday four weeks before this week's"),
        pytest.param(34, 0, 1, id="the Sunday before it"),
        pytest.param(89, 0, 1, id="twelve weeks before this week's Monday"),
        pytest.param(90, 0, 0, id="the day before that"),
    ],
)
def test_what_is_of_late(days_ago, month, quarter):
    found = trend(fold({}, [said(0.5, days_ago)]), NOON_MS)
    assert (found["last_30_days"]["messages"], found["last_90_days"]["messages"]) == (
        month,
        quarter,
    )
    assert found["last_30_days"]["before_messages"] == 1 - month


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"sentiment": 0}, id="no feeling"),
        pytest.param({"sentiment": True}, id="a truth"),
        pytest.param({"sentiment": 2}, id="beyond the scale"),
        pytest.param({"sentiment": float("nan")}, id="no number"),
        pytest.param({"sentiment": "0.5"}, id="a text"),
    ],
)
def test_what_says_nothing_of_a_mood(facts):
    state = fold({}, [FoldEvent("k", "message.text", NOON_MS, facts)])
    assert trend(state, NOON_MS) is None
    assert explain(state, NOON)["sentiment"] is None


def test_thirteen_months_are_kept():
    log = [said(0.5, 399), said(0.5, 420), said(0.5, 0)]
    assert [one["from"] for one in trend(fold({}, log), NOON_MS)["weeks"]] == [
        "2025-10-13",
        "2026-11-16",
    ]


@pytest.mark.parametrize(
    ("event", "upset"),
    [
        pytest.param(said(-0.5, 1, anger=0.5), True, id="words in anger"),
        pytest.param(said(-0.5, 1, anger=0.4), False, id="displeased"),
        pytest.param(said(0, 1, kind="complaint"), True, id="a complaint"),
        pytest.param(said(0, 1, kind="satisfied", score=0), True, id="not helped"),
        pytest.param(said(0, 1, kind="satisfied", score=1), False, id="helped"),
    ],
)
def test_what_upset_them(event, upset):
    assert ("upset" in fold({}, [event])) == upset
