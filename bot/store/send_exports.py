"""A campaign's ledger, page by page in the order of its rows, with what came of each send."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import instant
from bot.store.db import fetch
from bot.store.effect_funnel import purpose_of

_PAGE = 500
_COLUMNS = (
    "s.id, s.follower_id, f.erased_at, s.generation, s.step, s.state, s.skip, s.variant,"
    " s.channel, s.purpose, s.attempts, s.errcode, s.planned_at, s.sent_at, s.delivered_at,"
    " s.settled_at, s.content"
)


class Sent(NamedTuple):
    """A row of the ledger. `follower_id` None: erased since. `reason`: why it was not sent.

    clicks, clicked_at    taps of the person, without scanners; the first
    conversions, credited_fen   purchases credited to it
    claimed_at, redeemed_at     of the coupon that it carried
    content               the piece that was matched, "" where the text is fixed
    """

    id: int
    follower_id: int | None
    generation: int
    step: str
    state: str
    reason: str
    variant: str
    channel: str
    purpose: str
    attempts: int
    errcode: int | None
    planned_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    settled_at: datetime | None
    content: str
    clicks: int = 0
    clicked_at: datetime | None = None
    conversions: int = 0
    credited_fen: int = 0
    claimed_at: datetime | None = None
    redeemed_at: datetime | None = None


def count(campaign_id: int) -> int:
    """How many rows `pages` will give."""
    sql = "SELECT COUNT(*) FROM send WHERE campaign_id = ?"
    return int(fetch(sql, (campaign_id,))[0][0])


def pages(campaign_id: int) -> Iterator[list[Sent]]:
    """Every row of every run of the campaign, ascending."""
    after = 0
    while True:
        rows = fetch(
            f"SELECT {_COLUMNS} FROM send s JOIN follower f ON f.id = s.follower_id"
            " WHERE s.campaign_id = ? AND s.id > ? ORDER BY s.id LIMIT ?",
            (campaign_id, after, _PAGE),
        )
        if rows:
            after = rows[-1][0]
            yield _filled(rows)
        if len(rows) < _PAGE:
            return


def _filled(rows: Sequence[Sequence[Any]]) -> list[Sent]:
    ids = [row[0] for row in rows]
    marks = ",".join("?" * len(ids))
    clicks = {
        row[0]: (int(row[1]), instant(row[2]))
        for row in fetch(
            "SELECT send_id, COUNT(*), MIN(at) FROM click"
            f" WHERE send_id IN ({marks}) AND automatic = FALSE GROUP BY send_id",
            ids,
        )
    }
    bought = {
        row[0]: (int(row[1]), int(row[2]))
        for row in fetch(
            "SELECT send_id, COUNT(*), SUM(amount_fen) FROM conversion"
            f" WHERE send_id IN ({marks}) GROUP BY send_id",
            ids,
        )
    }
    used = {
        row[0]: (instant(row[1]), instant(row[2]))
        for row in fetch(
            "SELECT s.id, c.claimed_at, c.redeemed_at FROM send s"
            " JOIN coupon_code c ON c.id = s.coupon_code"
            f" WHERE s.id IN ({marks}) AND c.purpose = {purpose_of()}",
            ids,
        )
    }
    return [
        Sent._make(
            [row[0], None if row[2] is not None else row[1], *row[3:12],
             *map(instant, row[12:16]), row[16], *clicks.get(row[0], (0, None)),
             *bought.get(row[0], (0, 0)), *used.get(row[0], (None, None))]
        )
        for row in rows
    ]  # fmt: skip
