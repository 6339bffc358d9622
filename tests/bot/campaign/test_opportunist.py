"""What waits goes out in the window that a follower opens: the best, and only if permitted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.campaign.sending import opportunist
from bot.store import events
from bot.store.db import Store, run
from bot.store.models import Send
from tests.bot.campaign.world import World, found_world
from tests.conftest import NOON

RAILS = {"quiet_hours": None, "per_day": None, "per_week": None, "per_month": None}
WAITS = {"opportunist": True, "offer": ..., "text": "新品", "guardrails": RAILS}
URL = "https://h.example"


@pytest.fixture
def world(store: Store) -> World:
    """Three followers whose windows are closed; they wait."""
    return they_wait(store)


def they_wait(store: Store) -> World:
    world = found_world(store, followers=3, window_until=None, window_left=0)
    world.begin(slug="low", priority=10, **WAITS)
    world.begin(slug="high", priority=90, **WAITS)
    world.push()
    assert world.platform.sent == []
    return world


def acts(world: World, who: int, kind: str = "message.text", minutes: float = 48 * 60) -> None:
    """The follower does something that opens a window for so long."""
    at = world.now
    events.append(world.account_id, who, kind, at=at, received_at=at, source="callback",
                  key=f"{who}-{at}")  # fmt: skip
    until = int((at + timedelta(minutes=minutes)).timestamp() * 1000)
    run("UPDATE follower SET window_kind = 'message', window_until = ?, window_left = 3"
        " WHERE id = ?", (until, who))  # fmt: skip


def states(world: World, who: int) -> dict[str, str]:
    names = {world.state(slug).id: slug for slug in ("low", "high")}
    rows = Send.select().where(Send.follower == who)
    return {names[row.campaign_id]: row.skip or row.state for row in rows}


def pull(world: World) -> int:
    return opportunist.pull_forward(world.account_id, URL, world.now)


def test_who_speaks_gets_the_best_of_what_waits_and_nobody_else_anything(any_store: Store):
    world = they_wait(any_store)
    world.later(minutes=30)
    acts(world, 2)
    world.later(seconds=3)
    assert (pull(world), pull(world)) == (1, 0), "one after the other"
    world.push()
    assert states(world, 2) == {"low": "intended", "high": "sent"}
    assert pull(world) == 1
    world.push()
    assert world.platform.received() == {"o-2": 2}
    assert states(world, 1) == {"low": "intended", "high": "intended"}


def test_a_click_opens_a_minute_and_that_is_enough(world: World):
    acts(world, 1, "menu.click", minutes=1)
    world.later(seconds=2)
    assert pull(world) == 1
    world.push()
    assert world.platform.received() == {"o-1": 1}


@pytest.mark.parametrize(
    "change",
    ["opted_out_at = 1", "blacklisted = TRUE", "subscribed = FALSE", "window_left = 0"],
)
def test_permission_is_asked_before_anything_is_brought_forward(world: World, change: str):
    acts(world, 1)
    run(f"UPDATE follower SET {change} WHERE id = 1")
    assert pull(world) == 0


def test_quiet_hours_hold_it_back_until_the_window_is_open_and_they_are_over(store: Store):
    world = found_world(store, followers=1, window_until=None, window_left=0)
    world.begin(slug="low", **WAITS | {"guardrails": {"quiet_hours": ["21:00", "09:00"]}})
    world.push()
    world.later(hours=10)  # 22:00
    acts(world, 1)
    assert pull(world) == 0
    world.later(hours=11)  # 09:00, the act is long past: the look at closing windows finds it
    assert pull(world) == 0
    world.later(hours=35, minutes=30)  # 20:30 of the next day: the window closes at 22:00
    assert opportunist.pull_closing(world.account_id, URL, world.now) == 1
    world.push()
    assert world.platform.received() == {"o-1": 1}


def test_a_window_that_outlasts_the_hour_that_was_planned_is_left_alone(world: World):
    tomorrow = int((NOON + timedelta(hours=20)).timestamp() * 1000)
    run("UPDATE send SET not_before = ?", (tomorrow,))
    acts(world, 1)
    assert pull(world) == 0
    world.later(hours=20)
    world.push()
    assert world.platform.received() == {"o-1": 2}


def test_at_the_runs_end_what_nobody_opened_a_window_for_is_over(world: World):
    world.later(days=7)
    world.push()
    assert world.platform.sent == []
    assert states(world, 1) == {"low": "expired", "high": "expired"}
