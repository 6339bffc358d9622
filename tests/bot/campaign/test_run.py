"""A campaign from its start to its closing, on every engine."""

from __future__ import annotations

import json

import pytest

from bot import campaign
from bot.errors import (
    Conflict,
    GatewayDown,
    MessageRefused,
    OutcomeUnknown,
    QuotaExhausted,
    RequestRejected,
    Transient,
    UserUnreachable,
)
from bot.store import segments
from bot.store.db import Store
from bot.store.models import Follower
from tests.bot.campaign.world import SLUG, World, found_world


@pytest.fixture
def world(any_store: Store) -> World:
    return found_world(any_store)


@pytest.mark.mysql
def test_everybody_gets_the_offer_once_and_the_sum_closes(world: World):
    world.begin()
    world.push()
    assert set(world.platform.received().values()) == {1}
    assert len(world.platform.received()) == 10
    assert world.stock() == {"available": 90, "issued": 10}
    sums = campaign.close_now(world.services, world.account_id, SLUG, world.now)
    assert sums["offer"].words() == (
        "offer: audience 10 = sent 10 + failed 0 + skipped 0 + held out 0 + unknown 0"
    )
    assert world.state().state == "closed"


def test_the_text_carries_the_offer_a_personal_link_and_the_way_out(world: World):
    world.begin()
    world.push()
    texts = {body["text"]["content"] for body in world.platform.sent}
    assert len(texts) == 10
    for text in texts:
        assert text.startswith("送您一张20元的暖心券：https://h.example/t/")
        assert text.endswith("\n回复 TD 退订")


def test_pushing_again_sends_nothing_again(world: World):
    world.begin()
    world.push()
    world.later(minutes=5)
    assert world.push() == 0
    assert len(world.platform.sent) == 10


def test_the_window_is_spent(world: World):
    world.begin()
    world.push()
    assert {f.window_left for f in Follower.select()} == {4}


@pytest.mark.parametrize(
    ("error", "states", "window", "stock"),
    [
        pytest.param(MessageRefused(45015, "out of window"), {"failed": 10}, 0, 100, id="refused"),
        pytest.param(UserUnreachable(43004, "left"), {"failed": 10}, 5, 100, id="gone"),
        pytest.param(OutcomeUnknown(None, "time-out"), {"unknown": 10}, 4, 90, id="unknown"),
        pytest.param(Transient(-1, "busy"), {"intended": 10}, 5, 100, id="busy"),
        pytest.param(GatewayDown(None, "no way"), {"intended": 10}, 5, 100, id="down"),
        pytest.param(QuotaExhausted(45009, "limit"), {"intended": 10}, 5, 100, id="quota"),
        pytest.param(RequestRejected(40037, "template"), {"intended": 10}, 5, 100, id="ours"),
    ],
)
def test_what_was_not_sent_gives_back_what_it_took(world: World, error, states, window, stock):
    world.platform.verdict = lambda body: error
    world.begin()
    world.push()
    assert world.states() == states
    assert {f.window_left for f in Follower.select()} == {window}
    assert world.stock().get("available") == stock


def test_who_cannot_be_reached_is_not_subscribed_any_more(world: World):
    world.platform.verdict = lambda body: UserUnreachable(43004, "left")
    world.begin()
    world.push()
    assert {f.subscribed for f in Follower.select()} == {False}
    assert len(segments.dirty(world.account_id, 99)) == 10


def test_a_busy_platform_is_asked_again_later_and_given_up_after_five_times(world: World):
    world.platform.verdict = lambda body: Transient(-1, "busy")
    world.begin()
    for _ in range(10):
        world.push()
        world.later(minutes=11)
    assert world.states() == {"failed": 10}
    assert len(world.platform.asked) == 50


def test_a_short_trouble_delays_and_loses_nothing(world: World):
    world.platform.verdict = lambda body: Transient(-1, "busy")
    world.begin()
    world.push()
    world.platform.verdict = lambda body: None
    world.later(seconds=4)
    world.push()
    assert world.states() == {"intended": 10}
    world.later(seconds=2)
    world.push()
    assert world.states() == {"sent": 10}


def test_a_rejected_request_pauses_the_campaign_with_its_words(world: World):
    world.platform.verdict = lambda body: RequestRejected(40037, "invalid template_id")
    world.begin()
    world.push()
    assert world.state().state == "paused"
    assert "invalid template_id" in world.state().error
    world.platform.verdict = lambda body: None
    campaign.resume(world.services, world.account_id, SLUG, world.now)
    world.push()
    assert world.states() == {"sent": 10}


def test_a_used_up_quota_waits_for_the_next_day(world: World):
    world.platform.verdict = lambda body: QuotaExhausted(45009, "reach max api daily quota limit")
    world.begin(guardrails={"quiet_hours": None})
    world.push()
    asked = len(world.platform.asked)
    world.platform.verdict = lambda body: None
    world.later(hours=11, minutes=59)
    world.push()
    assert len(world.platform.asked) == asked
    world.later(minutes=1)
    world.push()
    assert world.states() == {"sent": 10}


def test_one_bad_recipient_does_not_hold_up_the_others(world: World):
    def verdict(body):
        return MessageRefused(45047, "no") if body["touser"] == "o-3" else None

    world.platform.verdict = verdict
    world.begin()
    world.push()
    assert world.states() == {"sent": 9, "failed": 1}
    assert world.report().closing.failed == {"45047": 1}


def test_a_follower_without_an_openid_any_more_fails_without_a_call(world: World):
    Follower.update(openid=None).execute()
    world.begin()
    world.push()
    assert world.report().closing.failed == {"the follower was erased": 10}
    assert world.platform.asked == []
    assert world.stock() == {"available": 100}


def test_stopping_gives_back_what_was_claimed_and_not_sent(world: World):
    world.begin(concurrency=2)
    world.push(stop=lambda: len(world.platform.asked) >= 4)
    assert world.states()["claimed"] == 0
    assert world.states()["sent"] == len(world.platform.asked)
    assert world.stock()["issued"] == len(world.platform.asked)
    world.push()
    assert world.states() == {"sent": 10}
    assert set(world.platform.received().values()) == {1}


def test_several_campaigns_all_get_their_turn(world: World):
    rails = {"per_day": None, "per_week": None, "per_month": None}
    for slug in ("one", "two", "three"):
        world.begin(slug=slug, offer=..., text="{link}", url="https://a.example", guardrails=rails)
    world.push()
    assert set(world.platform.received().values()) == {3}


def test_a_paused_campaign_claims_nothing(world: World):
    world.begin(concurrency=1)
    pause = {3: lambda: campaign.pause(world.services, world.account_id, SLUG, world.now)}

    def before(body):
        pause.pop(len(world.platform.asked), lambda: None)()

    world.platform.before = before
    world.push()
    world.later(minutes=1)
    assert world.push() == 0
    campaign.resume(world.services, world.account_id, SLUG, world.now)
    world.push()
    assert world.states() == {"sent": 10}


def test_cancelling_skips_the_rest_and_the_sum_still_holds(world: World):
    world.begin(concurrency=1)
    world.push(stop=lambda: len(world.platform.asked) >= 4)
    campaign.cancel(world.services, world.account_id, SLUG, world.now)
    assert world.states() == {"sent": 4, "cancelled": 6}
    assert campaign.close_due(world.now) == 1
    assert world.state().state == "cancelled"
    assert world.report().closed_at == world.now
    with pytest.raises(Conflict):
        campaign.start(world.services, world.account_id, SLUG, world.now)


def test_a_closed_campaign_can_run_again_as_its_next_generation(world: World):
    rails = {"per_day": None, "per_week": None, "per_month": None}
    world.begin(offer=..., text="{link}", url="https://a.example", guardrails=rails)
    world.push()
    campaign.close_now(world.services, world.account_id, SLUG, world.now)
    campaign.start(world.services, world.account_id, SLUG, world.now)
    world.push()
    assert set(world.platform.received().values()) == {2}
    assert world.report().generation == 2
    assert world.report().closing.audience == 10


def test_the_report_is_json(world: World):
    world.begin(holdout=0.3)
    world.push()
    document = json.loads(json.dumps(world.report().to_json()))
    closing = document["closing"]
    assert closing["audience"] == 10 == closing["sent"] + closing["held_out"]
