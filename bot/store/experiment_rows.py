"""Ledger rows of an experiment: what a follower saw of it, and what still waits to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bot.store.db import fetch, locking, run
from bot.store.sends import only
from bot.store.spans import qmarks, spans
from bot.values.audience import SendState

_MAY_HAVE_ARRIVED = (SendState.SENT, SendState.CLAIMED, SendState.UNKNOWN)
# A row with a duplicate id may have been sent: what it says must not change any more.
_FREE = "s.step = 'offer' AND s.client_id = '' AND s.variant <> ''"


class Waiting(NamedTuple):
    """A row that was not sent for certain. `chance` None: it was not drawn."""

    id: int
    follower_id: int
    variant: str
    chance: float | None
    not_before: int


def seen(experiment_id: int, ids: Sequence[int]) -> dict[int, tuple[str, float]]:
    """By follower, the arm that they first saw, or may have, and its chance then."""
    found: dict[int, tuple[str, float]] = {}
    for span in spans(sorted(ids)):
        rows = fetch(
            "SELECT s.follower_id, s.variant, s.chance FROM send s"
            f" WHERE s.follower_id IN ({qmarks(span)})"
            f" AND {only('s.chance IS NOT NULL AND s.state IN (?, ?, ?)')}"
            " AND EXISTS (SELECT 1 FROM experiment_run r WHERE r.campaign_id = s.campaign_id"
            " AND (r.generation = 0 OR r.generation = s.generation) AND r.experiment_id = ?)"
            " ORDER BY s.id",
            (*span, *_MAY_HAVE_ARRIVED, experiment_id),
        )
        for who, variant, chance in rows:
            found.setdefault(who, (variant, chance))
    return found


def waiting(campaign_id: int, generation: int, after: tuple[int, int], limit: int) -> list[Waiting]:
    """Intended rows of a run behind (not_before, id), held; what others hold is left to them.
    Generation 0: of all entries."""
    of, named = ("", ()) if generation == 0 else (" AND s.generation = ?", (generation,))
    found = fetch(
        "SELECT s.id, s.follower_id, s.variant, s.chance, s.not_before FROM send s"
        " WHERE s.campaign_id = ? AND s.state = ? AND (s.not_before, s.id) > (?, ?)"
        f" AND {only(_FREE + of)}"
        f" ORDER BY s.not_before, s.id LIMIT ?{locking(skip_locked=True)}",
        (campaign_id, SendState.INTENDED, *after, *named, limit),
    )
    return [Waiting._make(row) for row in found]


def redraw(ids: Sequence[int], variant: str, chance: float | None) -> int:
    """Held, waiting rows get this arm; `chance` None: nobody drew it."""
    return sum(
        run(
            f"UPDATE send SET variant = ?, chance = ? WHERE id IN ({qmarks(span)})"
            f" AND {only('state = ?')}",
            (variant, chance, *span, SendState.INTENDED),
        )
        for span in spans(ids)
    )
