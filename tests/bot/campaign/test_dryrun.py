"""A dry run: by columns what `judge` says, and in its numbers what the run then does."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from bot import campaign
from bot.campaign.ahead.telling import dry_run_told
from bot.campaign.ahead.to_come import order_to_come
from bot.campaign.permission.order import OFFER
from bot.campaign.permission.policy import Delay, judge
from bot.campaign.permission.recipients import recipients
from bot.campaign.permission.verdicts import DELAYED, OUTCOMES, verdicts
from bot.clock import SHANGHAI, to_ms
from bot.store import campaign_rules, campaigns, segments
from bot.store.db import Store, run
from bot.store.models import Follower, Send
from tests.bot.campaign.world import SLUG, World, found_world
from tests.conftest import NOON

FOLLOWERS = 240


def a_crowd(world: World, seed: int) -> None:
    """Every follower in a state of their own, with a past of sends."""
    draw = random.Random(seed)
    before = world.create(slug="before", offer=..., text="x").id
    for who in range(1, FOLLOWERS + 1):
        Follower.update(
            subscribed=draw.random() < 0.9,
            blacklisted=draw.random() < 0.05,
            erased_at=NOON if draw.random() < 0.03 else None,
            opted_out_at=NOON if draw.random() < 0.1 else None,
            marketing_consent=draw.random() < 0.9,
            window_left=draw.choice([0, 1, 5]),
            window_until=NOON + timedelta(hours=draw.choice([-1, 0, 2, 14, 30])),
            last_inbound_at=NOON - timedelta(days=draw.choice([0, 3, 40])),
        ).where(Follower.id == who).execute()
        for number in range(draw.choice([0, 0, 0, 1, 2, 5])):
            sent_before(before, who, number, draw.choice([0.5, 3, 10, 29, 31, 90]), world.batch_id)


def sent_before(campaign_id: int, who: int, number: int, days: float, batch: int) -> None:
    at = NOON - timedelta(days=days)
    Send.create(
        campaign=campaign_id, generation=number + 1, follower=who, state="sent", batch=batch,
        planned_at=at, claimed_at=at, sent_at=at,
    )  # fmt: skip


RULES: dict[str, dict[str, Any]] = {
    "the usual guardrails": {},
    "no caps": {"guardrails": {"per_day": None, "per_week": None, "per_month": None}},
    "capped, who waits": {"guardrails": {"per_day": 1, "when_capped": "wait"}},
    "rest and variety": {"guardrails": {"per_month": 9, "rest": {}, "variety": {}}},
    "a service notice": {"purpose": "service"},
    "by template as well": {
        "purpose": "service", "offer": ..., "text": "x",
        "channels": ["customer_service", "template"],
        "template": {"template_id": "T", "fields": {"thing1": "x"}},
    },
    "over at noon": {"schedule": {"until": NOON.isoformat()}},
    "behind another": {"priority": 10},
}  # fmt: skip


@pytest.mark.parametrize("hours", [0, 12], ids=["by day", "at night"])
def test_the_columns_say_what_judge_says_of_each(store: Store, hours: int):
    world = found_world(store, followers=FOLLOWERS)
    a_crowd(world, seed=hours)
    campaign_rules.put(world.account_id, control_permille=100)
    world.begin(slug="rival", priority=90)
    world.push()  # everybody's row of the rival waits, as nobody sends
    run("UPDATE send SET state = 'intended' WHERE campaign_id IN"
        " (SELECT id FROM campaign WHERE slug = 'rival') AND follower_id > 50")  # fmt: skip
    run("UPDATE campaign SET state = 'running' WHERE slug = 'rival'")
    now, seen = world.now + timedelta(hours=hours), Counter[str]()
    ids = list(range(1, FOLLOWERS + 1))
    for number, (name, changes) in enumerate(RULES.items()):
        made = world.create(slug=f"c{number}", **changes)
        order = order_to_come(made, "https://h.example", now)
        people, policy = recipients(order, ids, now), order.policy(OFFER)
        told, codes = verdicts(order, ids, now)
        one_by_one = [judge(people[who], policy, now) for who in told]
        expected = [DELAYED if isinstance(one, Delay) else one for one in one_by_one]
        assert [OUTCOMES[code] for code in codes] == expected, name
        seen.update(expected)
    if not hours:
        assert {"outranked", "rest", "variety", "global_control", "delayed"} <= set(seen)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"holdout": 0.2}, id="a coupon that runs out"),
        pytest.param({"budget_fen": 25 * 2000 + 1999}, id="a budget that runs out before it"),
        pytest.param({"segment": ..., "audience": {"any": ["everybody"], "except": ["odd"]}},
                     id="without those of another segment"),
        pytest.param({"guardrails": {"rest": {"after_unanswered": 1}, "per_month": None}},
                     id="some have peace"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("hours", [0, 12], ids=["by day", "at night"])
def test_its_numbers_are_those_of_the_run(store: Store, changes, hours: int):
    world = found_world(store, followers=FOLLOWERS, codes=40)
    a_crowd(world, seed=7)
    an_odd_segment(world)
    campaign_rules.put(world.account_id, control_permille=50)
    world.later(hours=hours)
    made = world.create(**changes)
    told = campaign.dry_run(world.services, world.account_id, made.id, world.now)
    campaign.start(world.services, world.account_id, SLUG, world.now)
    world.push()
    world.later(hours=24 - hours - 3)  # 09:00, when the quiet hours are over
    world.push()
    closing = world.report().closing
    assert (told.audience, told.held_out) == (closing.audience, closing.held_out)
    assert told.skipped == closing.skipped
    assert told.expected == closing.sent
    assert 0 < told.control <= told.held_out
    assert campaigns.generation(made.id, 1).forecast == {
        **told.figures(), "finish_at": campaigns.generation(made.id, 1).forecast["finish_at"],
    }  # fmt: skip


def an_odd_segment(world: World) -> None:
    odd = segments.put(world.account_id, "odd", "单号", {"list": "odd"}, NOON)
    run("INSERT INTO segment_listed (segment_id, follower_id)"
        f" SELECT {odd.id}, id FROM follower WHERE id % 2 = 1")  # fmt: skip
    run("INSERT INTO segment_member (segment_id, follower_id, since)"
        f" SELECT {odd.id}, id, {to_ms(NOON)} FROM follower WHERE id % 2 = 1")  # fmt: skip


def test_ten_real_followers_are_shown_under_pseudonyms(store: Store):
    world = found_world(store, followers=30)
    world.create()
    told = campaign.dry_run(world.services, world.account_id, SLUG, world.now)
    assert len({one.follower for one in told.examples}) == 10
    assert all(one.text.startswith("送您一张20元的暖心券") for one in told.examples)
    assert "o-" not in "".join(one.follower for one in told.examples)


def test_a_campaign_for_the_same_followers_is_named(store: Store):
    world = found_world(store, followers=30)
    an_odd_segment(world)
    world.begin(slug="odd-one", segment="odd")
    world.create(slug="gone", segment="everybody")
    world.create()
    told = campaign.dry_run(world.services, world.account_id, SLUG, world.now)
    assert [(one.slug, one.shared) for one in told.collisions] == [("odd-one", 15)]


def test_the_waterfall_ends_with_those_who_get_it(store: Store):
    world = found_world(store, followers=30)
    Follower.update(opted_out_at=NOON).where(Follower.id <= 4).execute()
    Follower.update(window_left=0).where(Follower.id.between(4, 9)).execute()
    world.create()
    told = campaign.dry_run(world.services, world.account_id, SLUG, world.now)
    assert [(step["rule"], step["out"], step["left"]) for step in told.waterfall()] == [
        ("held_out", 0, 30), ("opted_out", 4, 26), ("no_channel", 5, 21),
    ]  # fmt: skip
    assert told.expected == 21
    assert told.cost_fen == 21 * 2000


# --- a later start ------------------------------------------------------------------------------


def later(world: World, at: str, **changes: Any) -> campaign.DryRun:
    world.create(slug="later", schedule={"at": at}, **changes)
    return campaign.dry_run(world.services, world.account_id, "later", world.now)


def test_a_later_start_is_reckoned_as_of_the_start(store: Store):
    """Windows close after 10 or 47 hours, who had one yesterday is free again, the coupon ends."""
    world = found_world(store, followers=8)
    before = world.create(slug="before", offer=..., text="x").id
    sent_before(before, 1, 0, 0.5, world.batch_id)
    Follower.update(window_until=NOON + timedelta(hours=10)).where(Follower.id >= 7).execute()
    now = later(world, "2026-11-21T12:00")
    assert (now.starts_at, now.expected, now.skipped) == (NOON, 7, {"frequency_cap": 1})
    run("DELETE FROM campaign WHERE slug = 'later'")
    told = later(world, "2026-11-22T20:00")
    assert (told.as_of, told.starts_at) == (NOON, NOON + timedelta(hours=32))
    assert (told.expected, told.skipped) == (6, {"no_channel": 2})
    assert told.finish.at > told.starts_at
    run("UPDATE coupon_batch SET valid_until = ?", (to_ms(NOON + timedelta(hours=30)),))
    run("DELETE FROM campaign WHERE slug = 'later'")
    assert later(world, "2026-11-22T20:00").skipped == {"no_stock": 6, "no_channel": 2}
    run("UPDATE coupon_batch SET valid_until = NULL")
    run("DELETE FROM campaign WHERE slug = 'later'")
    night = later(world, "2026-11-22T22:00")
    assert night.delayed_until == NOON + timedelta(hours=45), "quiet hours of the start's night"


def test_a_recurring_campaign_is_reckoned_as_of_its_next_occurrence(store: Store):
    world = found_world(store, followers=2)
    world.create(slug="weekly", schedule={"cron": "0 10 * * 1"})
    told = campaign.dry_run(world.services, world.account_id, "weekly", world.now)
    assert told.starts_at.isoformat() == "2026-11-23T02:00:00+00:00"
    words = list(dry_run_told(told, SHANGHAI))
    assert words[0] == "【试算】weekly：按 2026-11-23 10:00 开始计算，受众 2 人"
    assert [line for line in words if "算不出来" in line], "and what cannot be known is said"
