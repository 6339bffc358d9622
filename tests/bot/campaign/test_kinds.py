"""A batch is judged by kinds of followers; that gives each the verdict of being judged alone."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from bot.campaign.permission.order import Order, load
from bot.campaign.permission.policy import because, judge
from bot.campaign.permission.recipients import crowd, recipients
from bot.campaign.planning import plan
from bot.campaign.sending.claim import claim, decide
from bot.clock import to_ms
from bot.store import campaigns, sends
from bot.store.db import Store, run, run_many, transaction
from bot.values.audience import Channel
from tests.bot.campaign.world import World, found_world

URL = "https://h.example"
WAYS = [Channel.CUSTOMER_SERVICE]
DICE = random.Random(11)


def followers_of_all_kinds(world: World, count: int) -> None:
    """Every fact that permission looks at, at random; most are as a campaign wants them."""
    ms = to_ms(world.now)
    ends = (None, ms - 1, ms, ms + 1, ms + 3_600_000, ms + 7_200_000)
    with transaction():
        run_many(
            "UPDATE follower SET subscribed = ?, marketing_consent = ?, opted_out_at = ?,"
            " blacklisted = ?, erased_at = ?, window_kind = ?, window_until = ?, window_left = ?"
            " WHERE id = ?",
            [
                (
                    DICE.random() < 0.9, DICE.random() < 0.9, DICE.choice((None, None, None, ms)),
                    DICE.random() < 0.1, DICE.choice((None, None, None, ms)),
                    DICE.choice(("message", "scan")), DICE.choice(ends), DICE.choice((0, 1, 5)),
                    who,
                )
                for who in range(1, count + 1)
            ],
        )  # fmt: skip


def a_run(world: World, slug: str, **changes: object) -> Order:
    made = world.begin(slug=slug, offer=..., text="新品上市", holdout=0, **changes)
    plan.begin(campaigns.get(made.id), world.now)
    plan.plan(made.id, URL, world.now)
    return load(made.id, URL, world.now)


def one_by_one(order: Order, rows: list[sends.SendRow], room: int, now: datetime) -> list[object]:
    people = recipients(order, [row.follower_id for row in rows], now)
    found: list[object] = []
    for row in rows:
        person, policy = people[row.follower_id], order.policy(row.step)
        verdict = judge(person, policy, now, () if room else WAYS)
        room -= isinstance(verdict, Channel)
        found.append((row.id, verdict, because(verdict, person, policy, now)))
    return found


@pytest.mark.parametrize("room", [0, 7, 10_000])
def test_each_gets_the_verdict_of_being_judged_alone(any_store: Store, room: int):
    world = found_world(any_store, followers=300)
    a_run(world, "earlier", guardrails={"per_day": 9, "per_week": 9, "per_month": 9})
    world.push()  # so some have had one today, and the cap below is full for them
    followers_of_all_kinds(world, 300)
    order = a_run(world, "now", guardrails={"per_day": 1})
    rows = sends.due(order.campaign_id, world.now, 300)
    with transaction():
        found = [tuple(d) for d in decide(order, rows, {WAYS[0]: room}, world.now)]
    assert [(row.id, verdict, why) for row, verdict, why in found] == one_by_one(
        order, rows, room, world.now
    )
    words = {str(verdict) for _, verdict, _ in found}
    assert {"unsubscribed", "opted_out", "erased", "frequency_cap"} <= words
    assert len(crowd(order, [row.follower_id for row in rows], world.now).kinds) < len(rows)


def test_who_has_two_rows_in_a_batch_spends_their_cap_and_window_once(any_store: Store):
    world = found_world(any_store, followers=3)
    order = a_run(world, "twice", guardrails={"per_day": 1})
    with transaction():
        run(
            "INSERT INTO send (campaign_id, generation, step, follower_id, state, purpose, variant,"
            " channel, skip, subject, client_id, msgid, planned_at, not_before, claimed_by,"
            " attempts, error, reasons, content) SELECT campaign_id, 2, step, follower_id, state,"
            " purpose, variant, channel, skip, subject, client_id, msgid, planned_at, not_before,"
            " claimed_by, attempts, error, reasons, content FROM send"
        )
    claimed = claim(order, "me", 6, timedelta(minutes=2), world.now)
    assert (len(claimed.rows), claimed.skipped) == (3, 3)
    assert len({row.follower_id for row in claimed.rows}) == 3
