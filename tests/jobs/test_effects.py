"""The job `effects`: what a run that is over leaves behind, without anybody asking."""

from __future__ import annotations

from bot import campaign
from bot.store import effect_documents
from bot.store.db import fetch
from jobs.tasks import JOBS
from tests.bot.campaign.world import found_world


def test_a_run_that_is_over_is_told_and_looked_back_on_and_its_week_is_kept(store):
    work = next(job.work for job in JOBS if job.name == "effects")
    world = found_world(store, followers=3)
    world.begin(attribution_days=1)
    world.push()
    fetch_events = "SELECT COUNT(*) FROM event WHERE source = 'campaign'"
    campaign.close_due(world.now)
    assert work(world.services, None, world.now) == 0, "its window runs"
    campaign.close_due(world.later(days=1))
    assert work(world.services, None, world.now) == 2, "one chunk, one post-mortem"
    assert fetch(fetch_events) == [(3,)]
    assert effect_documents.post_mortem(world.state().id, 1) is not None
    assert work(world.services, None, world.now) == 0
