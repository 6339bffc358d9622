"""Rows of a run that matches several offers: who is to be matched, who got which, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from bot.store.db import fetch, run, run_many
from bot.store.sends import only
from bot.store.spans import qmarks, spans
from bot.values.audience import SendState, Skip

CHUNK = 2000  # rows at a time


class Given(NamedTuple):
    """A row's offer. batch_id None: nothing is worth sending to them; told: JSON-ready, why."""

    send_id: int
    follower_id: int
    batch_id: int | None
    told: dict[str, Any]


def waiting(campaign_id: int, generation: int) -> Iterator[list[tuple[int, int]]]:
    """(send id, follower id) of the run's offers that wait, by follower, in chunks."""
    after = 0
    while found := waiting_after(campaign_id, generation, after):
        yield found
        after = found[-1][1]


def waiting_after(campaign_id: int, generation: int, after: int) -> list[tuple[int, int]]:
    """The next chunk of them, those after a follower."""
    return fetch(
        "SELECT id, follower_id FROM send WHERE campaign_id = ? AND generation = ?"
        " AND step = 'offer' AND follower_id > ? AND state = ? ORDER BY follower_id LIMIT ?",
        (campaign_id, generation, after, SendState.INTENDED, CHUNK),
    )


def take_back(send_ids: Sequence[int]) -> None:
    """These rows carry nothing, and nothing is said of why, in the transaction that decides."""
    for ids in spans(send_ids):
        mine = f"{qmarks(ids)})"
        run(f"DELETE FROM send_match WHERE send_id IN ({mine}", tuple(ids))
        run(
            f"UPDATE send SET batch_id = NULL WHERE id IN ({mine} AND batch_id IS NOT NULL"
            f" AND {only('state = ?')}",
            (*ids, SendState.INTENDED),
        )


def give(rows: Sequence[Given]) -> None:
    """Write the choices, in the transaction that decides them."""
    by_batch: dict[int, list[int]] = {}
    for row in rows:
        if row.batch_id is not None:
            by_batch.setdefault(row.batch_id, []).append(row.send_id)
    for batch_id, ids in by_batch.items():
        run(
            f"UPDATE send SET batch_id = ? WHERE id IN ({qmarks(ids)}) AND {only('state = ?')}",
            (batch_id, *ids, SendState.INTENDED),
        )
    run_many(
        "INSERT INTO send_match (send_id, follower_id, told) VALUES (?, ?, ?)",
        [(row.send_id, row.follower_id, json.dumps(row.told)) for row in rows],
    )


def held_out(campaign_id: int, generation: int) -> Iterator[list[int]]:
    """Of the run's held-out those who would have got something, as far as is known; in chunks."""
    after = 0
    while found := fetch(
        "SELECT follower_id FROM send WHERE campaign_id = ? AND generation = ?"
        " AND step = 'offer' AND follower_id > ? AND state = ?"
        " AND (skip = '' OR (skip = ? AND reasons = '{}')) ORDER BY follower_id LIMIT ?",
        (campaign_id, generation, after, SendState.HELD_OUT, Skip.GLOBAL_CONTROL, CHUNK),
    ):
        yield [row[0] for row in found]
        after = found[-1][0]


def bar(campaign_id: int, generation: int, follower_ids: Sequence[int]) -> None:
    """Note of these held-out that they would have got no offer, as send_plan.note_barred and
    note_control do."""
    where = (
        " WHERE campaign_id = ? AND generation = ? AND step = 'offer' AND follower_id = ?"
        " AND state = ? AND skip = ?"
    )
    keys = [(campaign_id, generation, who, SendState.HELD_OUT) for who in follower_ids]
    barred = json.dumps({"barred": Skip.NO_OFFER.value})
    run_many(
        f"UPDATE send SET reasons = ?{where} AND reasons = '{{}}'",
        [(barred, *key, Skip.GLOBAL_CONTROL) for key in keys],
    )
    run_many(f"UPDATE send SET skip = ?{where}", [(Skip.NO_OFFER, *key, "") for key in keys])


def unbar(campaign_id: int, generation: int) -> None:
    """Take back what `bar` noted: another plan is made."""
    where = (
        " WHERE campaign_id = ? AND generation = ? AND step = 'offer' AND state = ? AND skip = ?"
    )
    key = (campaign_id, generation, SendState.HELD_OUT)
    barred = json.dumps({"barred": Skip.NO_OFFER.value})
    run(f"UPDATE send SET skip = ''{where}", (*key, Skip.NO_OFFER))
    run(f"UPDATE send SET reasons = '{{}}'{where} AND reasons = ?",
        (*key, Skip.GLOBAL_CONTROL, barred))  # fmt: skip


def batches_for(
    campaign_id: int, generation: int, follower_ids: Sequence[int]
) -> dict[int, int | None]:
    """The batch of each follower's offer that waits; who has no such row is left out."""
    if not follower_ids:
        return {}
    rows = fetch(
        "SELECT follower_id, batch_id FROM send WHERE campaign_id = ? AND generation = ?"
        f" AND step = 'offer' AND follower_id IN ({qmarks(follower_ids)})"
        f" AND {only('state = ?')}",
        (campaign_id, generation, *follower_ids, SendState.INTENDED),
    )
    return dict(rows)


def told_of(campaign_id: int, generation: int, follower_id: int) -> dict[str, Any] | None:
    """Why a follower's row carries what it carries; None: it was not matched."""
    rows = fetch(
        "SELECT m.told FROM send s JOIN send_match m ON m.send_id = s.id WHERE s.campaign_id = ?"
        " AND s.generation = ? AND s.step = 'offer' AND s.follower_id = ?",
        (campaign_id, generation, follower_id),
    )
    found: dict[str, Any] | None = json.loads(rows[0][0]) if rows else None
    return found


def personal(follower_ids: Sequence[int]) -> set[int]:
    """Those of them whose acts may decide what they are shown."""
    rows = fetch(
        f"SELECT id FROM follower WHERE id IN ({qmarks(follower_ids)}) AND personalised = ?",
        (*follower_ids, True),
    )
    return {row[0] for row in rows}
