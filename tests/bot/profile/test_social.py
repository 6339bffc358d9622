"""Groups, friends and what is shown in company."""

import pytest

from bot.clock import to_ms
from bot.profile.fold import fold
from bot.profile.social import MOST_GROUPS, social
from bot.values.facts import FoldEvent
from bot.values.interest import DAY_MS
from tests.conftest import NOON

NOON_MS = to_ms(NOON)


def did(kind, days_ago=0, key="k", **facts):
    return FoldEvent(f"{key}{kind}{days_ago}", kind, NOON_MS - days_ago * DAY_MS, facts)


@pytest.mark.parametrize(
    ("log", "groups"),
    [
        pytest.param([did("group.join", group="a"), did("group.join", 1, group="b")], 2, id="two"),
        pytest.param(
            [did("group.join", group="a"), did("group.join", 1, group="a")], 1, id="twice"
        ),
        pytest.param(
            [did("group.leave", group="a"), did("group.join", 1, group="a")], 0, id="left"
        ),
        pytest.param(
            [did("group.join", group="a"), did("group.leave", 1, group="a")], 1, id="back"
        ),
        pytest.param(
            [did("group.join"), did("group.join", 1), did("group.leave")], 1, id="unnamed"
        ),
        pytest.param([did("group.leave"), did("group.join", group="a")], 1, id="never below none"),
    ],
)
def test_how_many_groups_they_are_in(log, groups):
    for events in (log, log[::-1]):
        assert social(fold({}, events))["groups"] == groups


def test_the_latest_hundred_groups_are_remembered():
    log = [did("group.join", n, group=f"g{n:03}") for n in range(MOST_GROUPS + 20)]
    assert sorted(fold({}, log)["groups"]) == [f"g{n:03}" for n in range(MOST_GROUPS)]


@pytest.mark.parametrize(
    ("facts", "friends"),
    [
        pytest.param({"count": 100, "shared": {"美食": 10}}, 100, id="the worked example"),
        pytest.param({"count": 0}, 0, id="none"),
        pytest.param(
            {"count": 3, "shared": {"美食": 4}}, None, id="more who shared than there are"
        ),
        pytest.param({"count": -1}, None, id="less than none"),
        pytest.param({"count": True}, None, id="no number"),
        pytest.param({"count": 5, "shared": ["美食"]}, None, id="a list"),
    ],
)
def test_friends_as_they_are_reported(facts, friends):
    found = social(fold({}, [did("friends", **facts)]))
    assert (found and found["friends"]["count"]) == friends


def test_the_later_report_of_friends_counts():
    log = [did("friends", 2, count=5), did("friends", 1, count=7, shared={"美食": 7})]
    for events in (log, log[::-1]):
        assert social(fold({}, events))["friends"]["shared"]["美食"] == {"friends": 7, "share": 1.0}


def test_nothing_is_said_of_who_shows_nothing():
    assert social(fold({}, [did("message.text")])) is None
