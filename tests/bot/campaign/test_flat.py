"""Law 10: a batch costs the same at the end of a campaign as at its beginning."""

from __future__ import annotations

from datetime import timedelta

from bot.campaign.permission.order import load
from bot.campaign.planning import plan
from bot.campaign.sending.claim import claim
from bot.campaign.sending.settle import Result, settle
from bot.store import campaigns
from bot.store.db import Store, transaction
from bot.store.models import database
from tests.bot.campaign.world import World, found_world

BATCH = 200


def steps_of(work) -> int:
    """What `work` costs SQLite, in hundreds of steps of its virtual machine: no clock involved."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    with transaction():  # the connection that writes
        connection = database.obj.connection()
    connection.set_progress_handler(count, 100)
    work()
    connection.set_progress_handler(None, 0)
    return counted


def costs(world: World, rounds: int) -> list[int]:
    made = world.begin()
    plan.begin(campaigns.get(made.id), world.now)
    plan.plan(made.id, "https://h.example", world.now)
    order = load(made.id, "https://h.example", world.now)

    def batch() -> None:
        rows = claim(order, "me", BATCH, timedelta(minutes=2), world.now).rows
        assert len(rows) == BATCH
        settle(order, "me", [Result(row) for row in rows], world.now)

    return [steps_of(batch) for _ in range(rounds)]


def test_the_last_batch_costs_what_the_first_did(store: Store):
    followers = 25 * BATCH
    found = costs(found_world(store, followers=followers, codes=followers), 25)
    assert found[-1] < 1.2 * found[1]
