"""Standing campaigns: a journey's sends go through the same ledger, permission and sender."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot import campaign
from bot.campaign.planning import standing
from bot.errors import InvalidInput
from bot.store import campaign_rules, campaigns
from bot.store.db import Store, run
from bot.store.models import Follower, database
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


def test_the_control_group_is_held_out_and_not_skipped_so_that_it_is_a_measure(any_store: Store):
    world = found_world(any_store, followers=120, codes=200)
    campaign_rules.put(world.account_id, control_permille=300)
    number = opened(world, holdout=0)
    found = standing.enqueue(number, [(who, 1) for who in ids()], URL, world.now)
    world.push()
    closing = world.report(SLUG).closing
    assert closing.skipped == {}
    assert closing.held_out_by == {"hold_out": 0, "control": found.held_out, "experiment": 0}
    assert 15 < found.held_out < 60
    assert world.platform.received().total() == 120 - found.held_out
    people = world.report(SLUG).to_json()["by_control"]["people"]
    assert people == [120 - found.held_out, found.held_out]


def test_each_second_costs_the_same_however_many_stand_and_wait(store: Store, monkeypatch):
    """A dozen journeys' actions with nobody to send to: the same statements as for one."""
    world, asked = found_world(store), list[str]()
    execute = database.obj.execute_sql

    def counting(sql: str, *more: object) -> object:
        asked.append(sql)
        return execute(sql, *more)

    def statements(work: Callable[[], int]) -> int:
        asked.clear()
        with monkeypatch.context() as patch:
            patch.setattr(database.obj, "execute_sql", counting)
            assert work() == 0
        return len(asked)

    def a_second() -> tuple[int, int]:
        reminders = statements(lambda: campaign.plan_reminders(world.services, world.now))
        return statements(world.push), reminders

    document = a_document(segment=..., slug=...)
    standing.open_standing(world.account_id, "journey:w:0:a", document, world.now)
    of_one = a_second()
    for number in range(1, 12):
        slug = f"journey:w:{number}:a"
        standing.open_standing(world.account_id, slug, document, world.now)
    assert a_second() == of_one
    standing.enqueue(campaigns.by_slug(world.account_id, slug).id, [(ids()[0], 1)], URL, world.now)
    later = world.now + timedelta(minutes=1)
    assert [at.slug for at in campaigns.at_work(later)] == [slug]
    assert campaigns.at_work(world.now - timedelta(seconds=1)) == []
