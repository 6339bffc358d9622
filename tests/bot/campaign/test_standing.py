"""Standing campaigns: a journey's sends go through the same ledger, permission and sender."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import campaign
from bot.campaign import standing
from bot.errors import InvalidInput
from bot.store import campaigns
from bot.store.db import Store, run
from bot.store.models import Follower
from bot.values.audience import CampaignKind
from tests.bot.campaign.world import World, a_document, found_world

URL = "https://h.example"
SLUG = "journey:welcome:1:offer"


@pytest.fixture
def world(any_store: Store) -> World:
    return found_world(any_store)


def opened(world: World, **changes: object) -> int:
    document = a_document(segment=..., slug=..., **changes)
    return standing.open_standing(world.account_id, SLUG, document, world.now)


def ids() -> list[int]:
    return [row.id for row in Follower.select().order_by(Follower.id)]


def test_who_comes_is_sent_to_once_an_entry_however_often_it_is_asked(world: World):
    number, (lin, mei, *_) = opened(world), ids()
    for _ in range(2):
        standing.enqueue(number, [(lin, 1), (mei, 1)], URL, world.now)
        world.push()
    assert sorted(world.platform.received().values()) == [1, 1]
    world.later(days=40)
    run("UPDATE follower SET window_until = 4000000000000")
    run("UPDATE coupon_batch SET per_person = 9")
    assert standing.enqueue(number, [(lin, 2), (lin, 1)], URL, world.now) == standing.Enqueued(1, 0)
    world.push()
    assert world.platform.received().total() == 3
    assert standing.outcomes(number, [(lin, 1), (lin, 2), (mei, 2)]) == {
        (lin, 1): "sent",
        (lin, 2): "sent",
    }


def test_it_is_opened_once_listed_with_no_push_and_never_closes_by_itself(world: World):
    number = opened(world)
    assert opened(world, text="另一段话 {link}") == number
    standing.enqueue(number, [(ids()[0], 1)], URL, world.now)
    world.push()
    campaign.close_due(world.later(days=400))
    assert world.state(SLUG).state == "running"
    assert world.state(SLUG).kind == CampaignKind.JOURNEY
    assert campaigns.all_of(world.account_id) == []
    assert world.report(SLUG).closing.words() == (
        "offer: audience 1 = sent 1 + failed 0 + skipped 0 + held out 0 + unknown 0"
    )


def test_rules_of_marketing_bind_and_the_held_out_stay_held_out(world: World):
    number, people = opened(world, holdout=0.5), ids()
    run("UPDATE follower SET opted_out_at = 1 WHERE id = ?", (people[0],))
    first = standing.enqueue(number, [(who, 1) for who in people], URL, world.now)
    world.push()
    assert first.intended + first.held_out == len(people)
    assert world.platform.received().total() + world.report(SLUG).closing.held_out >= 9
    before = standing.outcomes(number, [(who, 1) for who in people])
    standing.enqueue(number, [(who, 2) for who in people], URL, world.now)
    after = standing.outcomes(number, [(who, 2) for who in people])
    assert [who for (who, _), state in before.items() if state == "held_out"] == [
        who for (who, _), state in after.items() if state == "held_out"
    ]


def test_who_leaves_gets_nothing_more_and_what_waits_too_long_expires(world: World):
    number, (lin, mei, *_) = opened(world), ids()
    night = world.now + timedelta(hours=10)  # quiet until the next morning
    standing.enqueue(number, [(lin, 1), (mei, 1)], URL, night)
    assert standing.leave(number, [(lin, 1), (lin, 2)], night) == 1
    assert standing.expire(number, night + timedelta(days=6)) == 0
    assert standing.expire(number, night + timedelta(days=7)) == 1
    closing = world.report(SLUG).closing
    assert closing.skipped == {"left_journey": 1, "expired": 1}
    assert closing.balanced


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"text": "{nobody}"}, "text", id="an unknown variable"),
        pytest.param({"purpose": "spam"}, "purpose", id="an unknown purpose"),
    ],
)
def test_a_document_with_an_error_opens_nothing(world: World, change: dict[str, str], field: str):
    with pytest.raises(InvalidInput) as refused:
        opened(world, **change)
    assert refused.value.field == field
    assert campaigns.all_of(world.account_id, CampaignKind.JOURNEY) == []
