"""Deciding who of a run's audience gets which of several offers, a batch of rows a transaction.

The plan is made outside of any transaction. Its batches are written one by one, and the run keeps
how far they are and of which plan (`MATCHING`). Whoever goes on comes to the same plan as long as
profiles, stock and models are the same, and then only writes the rest; with another plan he writes
all rows anew, and whoever still writes the old one stops. No row is sent before the last batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from bot.campaign.drawing.matched import MATCH, Planned, owed, planned_for, write_batch
from bot.campaign.drawing.matched_apart import unworthy
from bot.campaign.permission.order import Order
from bot.campaign.states import CampaignStatus
from bot.store import campaigns, send_matches
from bot.store.campaigns import GenerationState
from bot.store.db import again, transaction

MATCHING = "matching"  # of a generation's forecast: {plan, until} while batches are written
_BARRED = 1000  # held-out rows of a transaction


def decide(order: Order) -> None:
    """Plan, and write what each row carries. Two at once: they write the same, or the later one's.

    Who dies, or is stopped, between two batches is followed by whoever plans next.
    """
    run = campaigns.generation(order.campaign_id, order.generation)
    found = planned_for(order, run)
    apart = unworthy(order, found, run)
    plan = _named(found, apart)
    until = _taken_up(order, plan)
    while until is not None:
        batch = send_matches.waiting_after(order.campaign_id, order.generation, until)
        if not batch:
            break
        until = batch[-1][1] if _written(order, plan, found, batch) else None
    if until is not None and _bar(order, plan, apart):
        _in_turn(order, plan, lambda run: _finish(run, found))


def _named(found: Planned, apart: Sequence[int]) -> str:
    """The same plan has the same name, whoever makes it."""
    digest = hashlib.sha256(found.matching.ids.tobytes())
    digest.update(found.matching.choice.tobytes())
    digest.update(repr(list(apart)).encode())
    return digest.hexdigest()


def _taken_up(order: Order, plan: str) -> int | None:
    """Up to which follower this plan stands already; None: it is all decided."""
    until: int | None = None

    def begin(run: GenerationState) -> None:
        nonlocal until
        held = (run.forecast or {}).get(MATCHING) or {}
        until = held["until"] if held.get("plan") == plan else 0
        if held and held["plan"] != plan:
            send_matches.unbar(order.campaign_id, order.generation)
        _note(run, plan, until)

    _in_turn(order, None, begin)
    return until


def _note(run: GenerationState, plan: str, until: int) -> None:
    campaigns.set_forecast(
        run.id, {**(run.forecast or {}), MATCHING: {"plan": plan, "until": until}}
    )


def _written(order: Order, plan: str, found: Planned, batch: Sequence[tuple[int, int]]) -> bool:
    """One batch. False: another plan is being written, or all is decided."""

    def write(run: GenerationState) -> None:
        write_batch(found, batch)
        _note(run, plan, batch[-1][1])

    return _in_turn(order, plan, write)


def _bar(order: Order, plan: str, apart: Sequence[int]) -> bool:
    """Note of the held-out who would have got nothing, some at a time."""

    def note(_run: GenerationState) -> None:
        send_matches.bar(order.campaign_id, order.generation, some)

    for start in range(0, len(apart), _BARRED):
        some = apart[start : start + _BARRED]
        if not _in_turn(order, plan, note):
            return False
    return True


def _finish(run: GenerationState, found: Planned) -> None:
    held: dict[str, Any] = {
        name: value for name, value in (run.forecast or {}).items() if name != MATCHING
    }
    campaigns.set_forecast(run.id, {**held, MATCH: found.summary()})


@again
def _in_turn(order: Order, plan: str | None, do: Callable[[GenerationState], None]) -> bool:
    """Do it in a transaction under the run's lock, if the run still waits for a decision and this
    plan is the one being written; whether it was done."""
    with transaction():
        run = campaigns.generation(order.campaign_id, order.generation, lock=True)
        planning = campaigns.get(order.campaign_id).state == CampaignStatus.PLANNING
        if not planning or not owed(order, run):
            return False
        if plan is not None and ((run.forecast or {}).get(MATCHING) or {}).get("plan") != plan:
            return False
        do(run)
    return True
