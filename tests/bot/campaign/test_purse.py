"""A run's budget: what is promised is counted once, what was certainly not sent comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import campaign
from bot.errors import GatewayDown, GatewayError, MessageRefused, OutcomeUnknown
from bot.store import budgets
from bot.store.db import Store, run
from bot.store.models import Follower
from tests.bot.campaign.world import World, found_world

COST = 2000  # of one coupon of the town


def spent(world: World) -> int:
    return budgets.spent(world.state().id, world.state().generation)


def answering(world: World, *errors: GatewayError | None) -> None:
    answers = iter(errors)
    world.platform.verdict = lambda body: next(answers, None)


def test_a_refused_message_gives_its_part_to_who_comes_later(any_store: Store):
    """Room for three of six. Two are refused and one is sent; the others come an hour later."""
    world = found_world(any_store, followers=6)
    Follower.update(window_left=0).where(Follower.id > 3).execute()
    answering(world, MessageRefused(45047, ""), MessageRefused(45047, ""))
    made = world.create(budget_fen=3 * COST)
    campaign.start(world.services, world.account_id, made.id, world.now)
    world.push(stop=lambda: bool(world.rows()))
    run("UPDATE send SET not_before = not_before + 3600000 WHERE follower_id > 3")
    world.push()
    assert spent(world) == COST, "what was refused is in the purse again"
    Follower.update(window_left=5).execute()
    world.later(hours=1)
    world.push()
    assert world.states() == {"failed": 2, "sent": 3, "budget": 1}
    assert spent(world) == 3 * COST


LATER = [
    pytest.param(GatewayDown(None, "down"), {"sent": 1}, COST, id="certainly not sent, then sent"),
    pytest.param(OutcomeUnknown(None, "lost"), {"unknown": 1}, COST, id="it may have arrived"),
]


@pytest.mark.parametrize(("error", "states", "cost"), LATER)
def test_what_goes_again_is_counted_once_and_what_is_unknown_stays(
    store: Store, error: GatewayError, states: dict[str, int], cost: int
):
    world = found_world(store, followers=1)
    answering(world, error)
    world.begin(budget_fen=COST)
    world.push()
    world.later(minutes=5)
    world.push()
    campaign.sweep(world.now)
    assert (world.states(), spent(world)) == (states, cost)


def test_what_waits_after_a_failure_and_is_then_skipped_costs_nothing(any_store: Store):
    world = found_world(any_store, followers=2)
    answering(world, GatewayDown(None, "down"), GatewayDown(None, "down"))
    world.begin(budget_fen=5 * COST)
    world.push()
    assert spent(world) == 0
    Follower.update(opted_out_at=world.now).where(Follower.id == 1).execute()
    world.now += timedelta(minutes=5)
    world.push()
    assert world.states() == {"opted_out": 1, "sent": 1}
    assert spent(world) == COST
