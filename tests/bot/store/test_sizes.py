"""Whether there is little: exactly so many still are, one more is not."""

from __future__ import annotations

from datetime import timedelta

from bot.store import campaigns, events, sizes, talk
from bot.store.db import Store
from bot.store.models import Send
from bot.store.talk import LIVE, Example
from tests.bot.campaign.world import SLUG, found_world
from tests.bot.effect.doings import buy, tap

HOUR = timedelta(hours=1)


def test_little_is_what_has_at_most_so_many_rows(any_store: Store):
    world = found_world(any_store, followers=3)
    of, now = world.account_id, world.now
    assert sizes.few_followers(of, 3)
    assert not sizes.few_followers(of, 2)
    assert sizes.few_followers(of + 1, 0), "another account has none"
    talk.add_examples(of, [Example("a", "1"), Example("b", "2")], stage=LIVE)
    assert sizes.few_examples(of, LIVE, 2)
    assert not sizes.few_examples(of, LIVE, 1)
    for key in "ab":
        events.append(of, 1, f"look.{key}", at=now, received_at=now, source="callback", key=key)
    kinds, span = ("look.a", "look.b"), (now - HOUR, now + HOUR)
    assert sizes.few_events(kinds, *span, 2)
    assert not sizes.few_events(kinds, *span, 1)
    assert sizes.few_events(kinds, now + HOUR, now + 2 * HOUR, 0), "before that"


def test_a_campaign_is_as_great_as_the_most_of_its_rows_and_of_what_may_answer_them(
    any_store: Store,
):
    world = found_world(any_store, followers=2)
    world.begin(attribution_days=14)
    world.push()
    one = campaigns.by_slug(world.account_id, SLUG)
    row = Send.select().first()
    assert sizes.few_of_campaign(one.id, 2)
    assert not sizes.few_of_campaign(one.id, 1)
    for _ in range(3):
        tap(world, row)
    assert not sizes.few_of_campaign(one.id, 2)
    assert sizes.few_of_campaign(one.id, 3)
    world.later(hours=1)
    for fen in range(4):
        buy(world, 1, 100 + fen)
    assert not sizes.few_of_campaign(one.id, 3)
    assert sizes.few_of_campaign(one.id, 4)
