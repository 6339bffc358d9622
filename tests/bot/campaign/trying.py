"""Experiments in the small town: two texts, who saw which, who answered."""

from __future__ import annotations

from collections import Counter
from typing import Any

from bot.campaign.experiments import look as experiments_look
from bot.clock import to_ms
from bot.store import events, experiments
from bot.store.db import fetch, run
from bot.store.experiments import ExperimentState, Page
from bot.store.models import Send
from tests.bot.campaign.world import World
from tests.bot.effect.doings import tap

KEY = "tone"
URL = "https://h.example"
VARIANTS = [{"name": name, "text": f"{name} {{link}}"} for name in ("a", "b")]
SERVICE = {"purpose": "service", "offer": ..., "url": "https://shop.example/new"}


def tried(**part: Any) -> dict[str, Any]:
    """What changes a document into one with an experiment. A service notice, so that no cap of
    marketing comes between."""
    return {**SERVICE, "variants": VARIANTS, "text": ..., "experiment": {"key": KEY, **part}}


def open_windows(world: World) -> None:
    run("UPDATE follower SET window_until = ?, window_left = 99", (to_ms(world.now) + 10**11,))


def state(world: World, key: str = KEY) -> ExperimentState:
    return experiments.by_key(world.account_id, key)


def pages(world: World, key: str = KEY) -> list[Page]:
    return experiments.pages(state(world, key).id)


def look(world: World, **span: float) -> int:
    """Time passes, then the job has its turn."""
    return experiments_look.look(world.later(**(span or {"hours": 1})))


def rows(campaign_id: int) -> dict[int, Send]:
    return {row.follower_id: row for row in Send.select().where(Send.campaign == campaign_id)}


def variants(campaign_id: int) -> dict[int, str]:
    return {who: row.variant for who, row in rows(campaign_id).items()}


def by_arm(**of: Any) -> Counter[str]:
    where = "".join(f" AND {name} = ?" for name in of)
    found = fetch(f"SELECT variant FROM send WHERE variant <> ''{where}", tuple(of.values()))
    return Counter(row[0] for row in found)


def answer(world: World, sends: list[Send], rates: dict[str, float]) -> None:
    """Of each arm the first of so many tap."""
    for arm, rate in rates.items():
        theirs = [row for row in sends if row.variant == arm]
        for row in theirs[: round(rate * len(theirs))]:
            tap(world, row)


def leave(world: World, sends: list[Send], kind: str) -> None:
    for row in sends:
        events.append(
            world.account_id, row.follower_id, kind, at=world.now, received_at=world.now,
            source="callback", key=f"{kind}:{row.id}", facts={},
        )  # fmt: skip
