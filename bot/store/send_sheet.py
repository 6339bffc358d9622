"""A run's rows as lines to be hashed, and the signed sheets of closed runs."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import from_ms, to_ms
from bot.store import audit
from bot.store.db import fetch, insert_new
from bot.store.fields import Holder
from bot.store.sends import only
from bot.values.audience import SendState
from bot.values.coupons import CodeState

SPAN = 5000  # rows of one digest: what was changed is found to so many
# What no receipt, erasure or late word may change after the sum is closed.
_LINE = (
    "id, follower_id, step, variant, state, skip, channel, coupon_code, attempts, sent_at,"
    " content, settled_at, reasons"
)
_SIGNED = "send_sheet.sheet"


@dataclass(frozen=True, slots=True)
class Digest:
    """SHA-256 over the rows of a step whose follower ids are in (after, until]."""

    step: str
    after: int
    until: int
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A sheet as it is kept: canonical JSON and its keyed signature."""

    campaign_id: int
    generation: int
    made_at: datetime
    sheet: str
    signature: str


def steps(campaign_id: int, generation: int) -> list[str]:
    found = fetch(
        "SELECT DISTINCT step FROM send WHERE campaign_id = ? AND generation = ? ORDER BY step",
        (campaign_id, generation),
    )
    return [row[0] for row in found]


def digests(campaign_id: int, generation: int, at: datetime) -> Iterator[Digest]:
    """Over the whole run, in the order of step and follower; memory is that of one span.

    at   when the sheet is signed: what arrived later than that is still unknown in it
    """
    for step in steps(campaign_id, generation):
        after = 0
        while True:
            found = _lines(campaign_id, generation, step, after, 1 << 62, SPAN)
            if not found:
                break
            until = found[-1][1]
            yield Digest(step, after, until, len(found), _sha256(found, to_ms(at)))
            after = until


def digest(campaign_id: int, generation: int, of: Digest, at: datetime) -> Digest:
    """The same span as it is now, of a sheet signed then."""
    found = _lines(campaign_id, generation, of.step, of.after, of.until, 1 << 30)
    return Digest(of.step, of.after, of.until, len(found), _sha256(found, to_ms(at)))


def _lines(
    campaign_id: int, generation: int, step: str, after: int, until: int, limit: int
) -> list[tuple[Any, ...]]:
    return fetch(
        f"SELECT {_LINE} FROM send WHERE campaign_id = ? AND generation = ? AND step = ?"
        " AND follower_id > ? AND follower_id <= ? ORDER BY follower_id LIMIT ?",
        (campaign_id, generation, step, after, until, limit),
    )


def _sha256(lines: list[tuple[Any, ...]], signed_ms: int) -> str:
    """One line a row, fields parted by |; the follower by his pseudonym in the audit log."""
    total = hashlib.sha256()
    for row in lines:
        words = [str(row[0]), audit.pseudonym(row[1]), *map(_word, _as_signed(row, signed_ms))]
        total.update(("|".join(words) + "\n").encode())
    return total.hexdigest()


def _as_signed(row: tuple[Any, ...], signed_ms: int) -> tuple[Any, ...]:
    """The fields after the follower. A send that nobody knew of may turn out to have arrived, by a
    tap or its coupon, after the sum is closed: the sheet goes on calling it unknown."""
    fields, settled_at, reasons = row[2:-2], row[-2], row[-1]
    came_later = (settled_at or 0) >= signed_ms and '"arrived"' in reasons
    if row[4] == SendState.UNKNOWN or came_later:
        step, variant, _, skip, channel, code, attempts, _, content = fields
        return step, variant, SendState.UNKNOWN, skip, channel, code, attempts, None, content, None
    return (*fields, settled_at)


def _word(value: object) -> str:
    return "" if value is None else str(value)


# --- what else the sheet tells -----------------------------------------------------------------


def rows(campaign_id: int, generation: int) -> int:
    """How many there are."""
    found = fetch(
        "SELECT COUNT(*) FROM send WHERE campaign_id = ? AND generation = ?",
        (campaign_id, generation),
    )
    return int(found[0][0])


def calls(campaign_id: int, generation: int) -> Counter[str]:
    """Rows whose call counted against a quota, by channel."""
    found = fetch(
        "SELECT channel, COUNT(*) FROM send WHERE campaign_id = ? AND generation = ?"
        f" AND {only('state IN (?, ?, ?)')} GROUP BY channel",
        (campaign_id, generation, SendState.SENT, SendState.FAILED, SendState.UNKNOWN),
    )
    return Counter({channel: int(many) for channel, many in found if channel})


def codes(campaign_id: int, generation: int) -> dict[str, int]:
    """Coupon codes by what became of them: `given` to followers, `kept` for sends that may have
    arrived, `returned` to the stock."""
    found = fetch(
        "SELECT s.state, c.state, COUNT(*) FROM send s JOIN coupon_code c ON c.id = s.coupon_code"
        " WHERE s.campaign_id = ? AND s.generation = ? AND s.subject = ''"
        " GROUP BY s.state, c.state",
        (campaign_id, generation),
    )
    total = {"given": 0, "kept": 0, "returned": 0}
    for send_state, code_state, many in found:
        if send_state == SendState.SENT and code_state != CodeState.AVAILABLE:
            total["given"] += int(many)
        elif send_state == SendState.UNKNOWN:
            total["kept"] += int(many)
        else:
            total["returned"] += int(many)
    return total


# --- sheets ------------------------------------------------------------------------------------


def due(limit: int = 10) -> list[tuple[int, int]]:
    """(campaign id, generation) of closed runs that have no sheet yet."""
    found = fetch(
        "SELECT g.campaign_id, g.number FROM generation g LEFT JOIN send_sheet s"
        " ON s.campaign_id = g.campaign_id AND s.generation = g.number"
        " WHERE g.closed_at IS NOT NULL AND s.id IS NULL ORDER BY g.id LIMIT ?",
        (limit,),
    )
    return [(int(row[0]), int(row[1])) for row in found]


def sign(sheet: str) -> str:
    return Holder.vault.blind(sheet, _SIGNED)


def keep(campaign_id: int, generation: int, sheet: str, now: datetime) -> bool:
    """Sign and store it. False: the run has one."""
    columns = ("campaign_id", "generation", "made_at", "sheet", "signature")
    values = (campaign_id, generation, to_ms(now), sheet, sign(sheet))
    return insert_new("send_sheet", columns, values) is not None


def get(campaign_id: int, generation: int) -> Signed | None:
    found = fetch(
        "SELECT made_at, sheet, signature FROM send_sheet WHERE campaign_id = ? AND generation = ?",
        (campaign_id, generation),
    )
    if not found:
        return None
    return Signed(campaign_id, generation, from_ms(found[0][0]), found[0][1], found[0][2])
