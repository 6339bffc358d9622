"""A run as it goes: progress, speed, time left; and the watchdog for one that does not go."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import campaign
from bot.campaign.permission.order import load
from bot.campaign.results import live
from bot.campaign.results.live import Watcher
from bot.campaign.sending import claim, watchdog
from bot.effect import keeping
from bot.errors import MessageRefused, TokenRejected
from bot.store import campaigns, send_figures, send_history, send_progress
from bot.store.db import Store
from bot.store.models import Follower, Send
from bot.store.send_progress import Done
from tests.bot.campaign.test_sending_once import a_claimed_row
from tests.bot.campaign.world import World, found_world

PLAIN = {"offer": ..., "text": "x", "concurrency": 8}
STEADY = {**PLAIN, "pace": {"per_minute": 60, "ramp_minutes": 0}}


def test_how_far_how_fast_how_long_still(store: Store):
    world = found_world(store, followers=160, codes=0)
    watcher = Watcher(world.begin(**STEADY).id)
    assert watcher.look(world.now).rows == 0
    for _ in range(6):
        world.push()
        world.later(seconds=20)
    live = watcher.look(world.now)
    assert (live.rows, live.done, live.left) == (160, 101, 59)
    assert live.per_minute == pytest.approx(60, abs=10)
    assert live.seconds_left == pytest.approx(59, abs=10)


def test_between_two_counts_the_minutes_are_added(store: Store, monkeypatch):
    """The ledger is counted once, however often one looks within the minute, and the figures are
    those of the ledger all the same."""
    world = found_world(store, followers=120, codes=0)
    refused = iter([True, False] * 20)
    world.platform.verdict = lambda body: (
        MessageRefused(45015, "window") if next(refused, False) else None
    )
    made = world.begin(**STEADY)
    watcher = Watcher(made.id)
    world.push()
    watcher.look(world.now)
    ledger, counted = send_figures.by_state, []
    monkeypatch.setattr(send_figures, "by_state", lambda *run: counted.append(run) or ledger(*run))
    for _ in range(5):
        world.later(seconds=10)
        world.push()
        shown = {name: rows for name, rows in watcher.look(world.now).states.items() if rows}
        assert shown == ledger(made.id, 1)
    assert counted == []
    assert set(shown) == {"sent", "failed", "intended"}
    watcher.look(world.later(seconds=10))
    assert counted == [(made.id, 1)]


def test_nothing_moves_so_nobody_knows_how_long(store: Store):
    world = found_world(store, followers=5, codes=0)
    watcher = Watcher(world.begin(**PLAIN).id)
    world.platform.verdict = lambda body: TokenRejected(40001, "token")
    world.push()
    live = watcher.look(world.now)
    assert (live.left, live.seconds_left) == (5, None)
    world.platform.verdict = lambda body: None
    world.later(minutes=1)
    world.push()
    assert watcher.look(world.now).seconds_left == 0.0


def test_what_the_minutes_count_is_what_the_ledger_holds(any_store: Store):
    """Whatever happens: refusals, storms, skips, a dead sender, a cancellation."""
    world = found_world(any_store, followers=60, codes=60)  # for everybody who is tried again
    verdicts = [None, MessageRefused(45015, "w"), None, TokenRejected(40001, "t")] * 5
    answers = iter(verdicts)
    world.platform.verdict = lambda body: next(answers, None)
    made = world.begin(concurrency=8)
    leaving = Follower.select(Follower.id).order_by(Follower.id).limit(9)
    Follower.update(subscribed=False).where(Follower.id.in_([one.id for one in leaving])).execute()
    for _ in range(6):
        world.push()
        world.later(seconds=20)
        if send_progress.total(made.id, 1).sent > 10:
            break
    order = load(made.id, "https://h.example", world.now)
    claim.claim(order, "dies", 3, timedelta(minutes=1), world.now)
    world.later(minutes=3)
    campaign.sweep(world.now)
    campaign.cancel(world.services, world.account_id, made.id, world.now)
    done = send_progress.total(made.id, 1)
    assert done.lost == 3
    told = {"sent": done.sent, "failed": done.failed, "unknown": done.unknown + done.lost}
    assert {**told, "skipped": done.skipped} == send_figures.by_state(made.id, 1)


# --- the watchdog ------------------------------------------------------------------------------


def stuck(world: World) -> bool:
    return watchdog.look(world.now) > 0


@pytest.mark.parametrize(
    ("minutes", "paused", "is_stuck"), [(9, False, False), (11, False, True), (11, True, False)]
)
def test_due_and_not_moving_for_ten_minutes(store: Store, minutes, paused, is_stuck):
    world = found_world(store, followers=5, codes=0)
    world.platform.verdict = lambda body: TokenRejected(40001, "token")
    world.begin(**{**PLAIN, "concurrency": 1})
    world.push()
    if paused:
        campaign.pause(world.services, world.account_id, world.state().id, world.now)
    world.later(minutes=minutes)
    assert stuck(world) == is_stuck
    assert ("停滞" in world.state().error) == is_stuck


def test_one_that_moves_again_is_not_called_stuck_any_more(store: Store):
    world = found_world(store, followers=5, codes=0)
    world.platform.verdict = lambda body: TokenRejected(40001, "token")
    world.begin(**PLAIN)
    world.push()
    world.later(minutes=11)
    assert stuck(world)
    world.platform.verdict = lambda body: None
    world.push()
    assert not stuck(world)
    assert world.state().error == ""


def test_another_complaint_is_left_alone(store: Store):
    world = found_world(store, followers=5, codes=0)
    made = world.begin(**PLAIN)
    world.push()
    campaigns.complain(made.id, "does not add up")
    assert not stuck(world)
    assert world.state().error == "does not add up"


def test_quiet_hours_and_a_ramp_are_no_standstill(store: Store):
    world = found_world(store, followers=200, codes=0)
    world.begin(**PLAIN, slug="slow", pace={"per_minute": None, "ramp_minutes": 60})
    world.push()
    world.later(minutes=15)
    assert Send.select().where(Send.state == "intended").count() == 180
    assert not stuck(world)
    world.later(hours=9)  # 21:15 by the account's clocks
    world.push()
    world.later(minutes=30)
    assert not stuck(world)


def test_rows_of_a_dead_sender_that_nobody_sweeps(store: Store):
    world = found_world(store, followers=12)
    a_claimed_row(world)
    found = [watchdog.unswept(world.later(minutes=minutes)) for minutes in (2, 1, 1)]
    assert found == [0, 0, 1]  # a lease of two minutes, and two in which the sweeper would come
    campaign.sweep(world.now)
    assert watchdog.unswept(world.now) == 0


@pytest.mark.parametrize(
    ("minutes", "best"),
    [
        pytest.param([], None, id="nothing sent"),
        pytest.param([14], None, id="a run that was over within a minute says nothing"),
        pytest.param([500, 14], 500, id="its last minute is not a full one"),
        pytest.param([500, 0, 900], None, id="a gap: waiting, not sending"),
    ],
)
def test_how_fast_it_goes_is_seen_in_minutes_after_which_it_went_on(
    any_store: Store, minutes: list[int], best: int | None
):
    world = found_world(any_store, followers=1)
    made = world.create()
    for number, sent in enumerate(minutes):
        at = world.now + timedelta(minutes=number)
        send_progress.note(made.id, 1, Done(sent=sent), at)
    assert send_history.best_minute(world.account_id, world.now - timedelta(days=1)) == best


def test_a_later_run_is_counted_ahead_and_moved_on_by_the_minutes(store: Store, monkeypatch):
    """Reading a great run takes long where the campaign ran before: no page waits for it."""
    world = found_world(store, followers=300, codes=0)
    made = world.begin(**STEADY)
    for _ in range(20):
        world.push()
        world.later(seconds=20)
    campaign.close_due(world.now)
    assert campaign.close_due(world.later(days=15)) == 1
    Follower.update(window_until=world.now + timedelta(days=1)).execute()
    campaign.start(world.services, world.account_id, made.id, world.now)
    world.push()
    assert live.refs(world.account_id, world.now) == [str(made.id)]
    monkeypatch.setattr(keeping, "QUICK_MS", 0)
    watcher = Watcher(made.id)
    assert watcher.look(world.now).rows == 300, "nobody has counted: now, and of this run alone"
    world.later(minutes=2)
    kinds = {live.KIND: keeping.Kind(live.refs, live.count)}
    assert keeping.refresh(kinds, world.now) == 1
    ledger, counted = send_figures.by_state, []
    monkeypatch.setattr(send_figures, "by_state", lambda *run: counted.append(run) or ledger(*run))
    for _ in range(5):
        world.push()
        shown = {name: rows for name, rows in watcher.look(world.now).states.items() if rows}
        assert shown == ledger(made.id, 2)
        world.later(seconds=20)
    assert set(shown) == {"sent", "intended"}
    assert counted == []
