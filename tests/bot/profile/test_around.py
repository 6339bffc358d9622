"""What stands beside the log: the account's habit of hours, and what was sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.clock import to_ms
from bot.profile.around import around, house, reckon
from bot.profile.features import explain
from bot.profile.picture import picture_of
from bot.profile.refresh import fold_new
from bot.store import events, followers, profiles
from bot.store.db import open_store, run
from tests.bot.segment import cast
from tests.conftest import KEY, NOON, a_follower

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def kept_store(request, tmp_path_factory):
    """One store for the whole module."""
    made = request.getfixturevalue(f"fresh_{request.param}")
    opened = open_store(made(tmp_path_factory.mktemp("town")), [KEY])
    yield opened
    opened.close()


@pytest.fixture
def town(kept_store):
    """Two who write at eight in the evening, and one who writes all day and night."""
    account = cast.an_account()
    people = [cast.somebody(account) for _ in range(3)]
    for who, hours in ((people[0], [8]), (people[1], [8] * 3), (people[2], range(120))):
        for number, hour in enumerate(hours):
            at = NOON - 12 * HOUR * 24 + hour * HOUR
            events.append(account, who, "message.text", at=at, received_at=at, source="import",
                          key=f"{who}-{number}")  # fmt: skip
    fold_new(NOON)
    return account, people


def test_a_newcomer_is_written_to_when_the_others_are_up(town):
    account, _ = town
    newcomer = cast.somebody(account)
    assert house(account).people == 0
    assert picture_of(newcomer, NOON).told["best_hours"] is None
    assert reckon(account, NOON) == reckon(account, NOON) == 3
    held = house(account)
    assert max(held.hours) == held.hours[20]
    assert sum(held.hours) <= 4 + 100, "who writes all day counts for a hundred acts at most"
    best = picture_of(newcomer, NOON).told["best_hours"]
    assert (best["hours"][0]["hour"], best["own"], best["people"]) == (20, 0, 3)


def test_who_switched_personalisation_off_makes_no_habit(town):
    account, people = town
    run("UPDATE follower SET personalised = FALSE WHERE id = ?", (people[2],))
    assert reckon(account, NOON) == 2
    assert sum(house(account).hours) == 4


def test_a_habit_is_the_accounts_own(town):
    account, _ = town
    other = cast.an_account()
    reckon(account, NOON)
    assert reckon(other, NOON) == 0
    assert house(other).people == 0


def test_what_was_sent_wears_out_and_only_what_may_have_arrived(town):
    account, (lin, *_) = town
    cast.an_offer(account)
    for days in (0.5, 1, 2, 29, 31):
        cast.sending(account, lin, "planned", "a", NOON)
        run("UPDATE send SET state = 'sent', claimed_at = ? WHERE state = 'intended'",
            (to_ms(NOON - timedelta(days=days)),))  # fmt: skip
    cast.sending(account, lin, "planned", "a", NOON)
    cast.sending(account, lin, "held_out", "", NOON)
    person = followers.get(lin)
    assert len(around(person, NOON).sent) == 4
    told = explain(profiles.state_of(lin), NOON, around(person, NOON))["fatigue"]
    assert {one["why"]: one["count"] for one in told["reasons"]} == {
        "week": 3, "month": 4, "ignored": 3
    }  # fmt: skip
    assert told["rest"] is True
    assert told["rest_until"] > NOON.isoformat()


def test_who_left_is_told_as_gone(town):
    account, _ = town
    gone = a_follower(account, "o-gone", subscribed=False)
    assert picture_of(gone, NOON).told["stage"] == "gone"
