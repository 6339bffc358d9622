"""What one follower would get and why; and test messages, which count nowhere."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import campaign
from bot.campaign.ahead.preview import preview
from bot.campaign.ahead.trial import send_trial
from bot.errors import Conflict, InvalidInput, MessageRefused, NotFound
from bot.store import trials
from bot.store.db import Store, run
from bot.store.models import Click, CouponCode, Follower, Quota, Send
from tests.bot.campaign.world import SLUG, World, found_world
from tests.conftest import NOON

LIN = 1


@pytest.fixture
def world(store: Store) -> World:
    found = found_world(store, followers=3)
    found.create()
    return found


def seen(world: World, who: int = LIN):
    return preview(world.services, world.account_id, SLUG, who, world.now)


@pytest.mark.parametrize(
    ("changes", "outcome", "why", "stops"),
    [
        pytest.param({}, "goes", "", None, id="who gets it"),
        pytest.param({"opted_out_at": NOON}, "skipped", "opted_out", "opted_out", id="opted out"),
        pytest.param({"window_left": 0}, "skipped", "no_channel", "no_channel", id="no window"),
    ],
)
def test_a_preview_says_what_and_why(world: World, changes, outcome, why, stops):
    if changes:
        Follower.update(**changes).where(Follower.id == LIN).execute()
    found = seen(world)
    assert (found.outcome, found.why) == (outcome, why)
    assert [step.rule for step in found.trace if step.passed is False] == ([stops] if stops else [])
    assert found.text.startswith("送您一张20元的暖心券")
    assert found.coupon == {"batch": "autumn", "title": "暖心券", "left": 100}


def test_at_night_it_waits_for_the_morning(world: World):
    world.later(hours=10)
    found = seen(world)
    assert (found.outcome, found.due_at.isoformat()) == ("waits", "2026-11-22T01:00:00+00:00")
    assert next(step.rule for step in found.trace if step.passed is False) == "quiet_hours"


def test_without_a_coupon_left_there_is_nothing(world: World):
    run("UPDATE coupon_code SET state = 'void'")
    assert seen(world).why == "no_stock"


def test_whoever_is_not_in_the_audience_is_told_apart(world: World):
    run("DELETE FROM segment_member WHERE follower_id = 2")
    assert (seen(world, 1).member, seen(world, 2).member) == (True, False)


def test_a_preview_takes_nothing(world: World):
    seen(world)
    assert (Send.select().count(), Quota.select().count(), world.stock()["available"]) == (
        0,
        0,
        100,
    )


def test_nobody_has_no_preview(world: World):
    with pytest.raises(NotFound):
        seen(world, 99)


# --- test messages -----------------------------------------------------------------------------


def tried(world: World, *words: str) -> list[trials.Trial]:
    return send_trial(world.services, world.account_id, SLUG, words, "operator:wang", world.now)


def test_a_test_message_is_marked_and_counts_nowhere(world: World):
    trials.add_tester(world.account_id, "小王", 2, world.now)
    assert [(one.follower_id, one.state) for one in tried(world)] == [(2, "sent")]
    (body,) = world.platform.sent
    assert body["touser"] == "o-2"
    assert body["text"]["content"].startswith("【测试】送您一张20元的暖心券")
    assert (Send.select().count(), Click.select().count()) == (0, 0)
    assert CouponCode.select().where(CouponCode.state != "available").count() == 0
    campaign.start(world.services, world.account_id, SLUG, world.now)
    world.push()
    assert world.states() == {"sent": 3}, "the cap of one a day does not know of the test"


def test_the_window_and_the_quota_know_of_it(world: World):
    tried(world, "o-2", "1", "o-2")
    assert [Follower.get_by_id(who).window_left for who in (1, 2, 3)] == [4, 4, 5]
    assert Quota.get().used == 2


@pytest.mark.parametrize(
    ("words", "error"),
    [
        pytest.param((), InvalidInput, id="no testers, and nobody named"),
        pytest.param(("nobody",), NotFound, id="who is not there"),
        pytest.param(("1", "3"), Conflict, id="one of them has no open window"),
    ],
)
def test_a_test_that_cannot_be_is_refused_before_anything_goes(world: World, words, error):
    Follower.update(window_until=NOON - timedelta(hours=1)).where(Follower.id == 3).execute()
    with pytest.raises(error):
        tried(world, *words)
    assert world.platform.asked == []


def test_what_the_platform_refused_is_told(world: World):
    world.platform.verdict = lambda body: MessageRefused(45047, "out of response count limit")
    (done,) = tried(world, "1")
    assert done.state == "failed"
    assert "45047" in done.error
    assert [one.state for one in trials.of(world.state().id)] == ["failed"]
