"""Codes taken out of use by hand: one, or a whole batch; and codes for paper, which no bot gives.

A withdrawn batch is void at once, for every till; its codes' rows follow in chunks, and whoever
was stopped goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.clock import to_ms
from bot.store import segments
from bot.store.coupon_batches import CHUNK, CODE_PLACE, BatchState
from bot.store.db import fetch, locking, run, transaction
from bot.store.fields import Holder
from bot.store.spans import qmarks
from bot.values.coupons import CodeState, canonical

_USABLE = (CodeState.AVAILABLE, CodeState.ISSUED)


def void_code(code_id: int, why: str) -> bool:
    """One code that is on stock or with its follower. False: it is in another state."""
    with transaction():
        changed = run(
            "UPDATE coupon_code SET state = ?, void_why = ? WHERE id = ? AND state IN (?, ?)",
            (CodeState.VOID, why, code_id, *_USABLE),
        )
        owner = fetch("SELECT follower_id FROM coupon_code WHERE id = ?", (code_id,))
        if changed and owner[0][0] is not None:
            segments.mark_dirty([owner[0][0]])
    return changed == 1


def withdraw(batch_id: int, why: str, now: datetime) -> bool:
    """No code of the batch is given or taken from now on. False: it was withdrawn before."""
    sql = (
        "UPDATE coupon_batch SET withdrawn_at = ?, withdrawn_why = ?"
        " WHERE id = ? AND withdrawn_at IS NULL"
    )
    return run(sql, (to_ms(now), why, batch_id)) == 1


def void_withdrawn() -> int:
    """Write it into the codes of withdrawn batches, chunk by chunk; how many it changed."""
    sql = "SELECT id, withdrawn_why FROM coupon_batch WHERE withdrawn_at IS NOT NULL"
    return sum(_void_all(batch_id, why) for batch_id, why in fetch(sql))


def _void_all(batch_id: int, why: str) -> int:
    changed = 0
    while True:
        with transaction():
            found = fetch(
                "SELECT id, follower_id FROM coupon_code WHERE batch_id = ? AND state IN (?, ?)"
                f" ORDER BY id LIMIT {CHUNK}{locking(skip_locked=True)}",
                (batch_id, *_USABLE),
            )
            if not found:
                return changed
            ids = [row[0] for row in found]
            changed += run(
                f"UPDATE coupon_code SET state = ?, void_why = ? WHERE id IN ({qmarks(ids)})",
                (CodeState.VOID, why, *ids),
            )
            segments.mark_dirty([row[1] for row in found if row[1] is not None])


def issue_on_paper(of: BatchState, codes: Sequence[str], now: datetime) -> int:
    """Codes on stock that a person hands out: issued to nobody the bot knows; how many."""
    ends = [of.valid_until] if of.valid_until else []
    if of.valid_seconds is not None:
        ends.append(now + timedelta(seconds=of.start_seconds + of.valid_seconds))
    expires = to_ms(min(ends)) if ends else None
    hashes = [Holder.vault.blind(canonical(code), CODE_PLACE) for code in codes]
    return run(
        "UPDATE coupon_code SET state = ?, issued_at = ?, expires_at = ?"
        f" WHERE batch_id = ? AND state = ? AND code_hash IN ({qmarks(hashes)})",
        (CodeState.ISSUED, to_ms(now), expires, of.id, CodeState.AVAILABLE, *hashes),
    )
