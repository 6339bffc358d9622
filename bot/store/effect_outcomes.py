"""What became of each message goes back into the event log when its time is over.

One event a message: campaign.answered or campaign.ignored, keyed by the send, in chunks by
follower; the chunk and how far it came are one transaction, so that a death repeats nothing and
loses nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bot.clock import from_ms, instant, to_ms
from bot.store import events
from bot.store.db import again, fetch, insert_new, is_sqlite, locking, run, transaction
from bot.store.effect_funnel import purpose_of
from bot.store.spans import qmarks

ANSWERED, IGNORED = "campaign.answered", "campaign.ignored"
SOURCE = "campaign"
CHUNK = 500


class Closed(NamedTuple):
    """A closed run that is not told or not looked back on yet."""

    account_id: int
    campaign_id: int
    slug: str
    generation: int
    definition: dict[str, Any]
    sent_at: datetime
    told: bool
    made: bool


class _Sent(NamedTuple):
    id: int
    follower_id: int
    erased_at: int | None
    variant: str
    channel: str
    sent_at: int


def unfinished() -> list[Closed]:
    """Closed runs of campaigns, the longest closed first; a journey's never close."""
    rows = fetch(
        "SELECT c.account_id, c.id, c.slug, g.number, g.definition,"
        " COALESCE(g.sent_at, g.closed_at), p.told_at, p.made_at"
        " FROM generation g JOIN campaign c ON c.id = g.campaign_id"
        " LEFT JOIN post_mortem p ON p.campaign_id = g.campaign_id AND p.generation = g.number"
        " WHERE g.closed_at IS NOT NULL AND c.kind = 'push'"
        " AND (p.told_at IS NULL OR p.made_at IS NULL) ORDER BY g.closed_at, g.id"
    )
    return [
        Closed(
            row[0], row[1], row[2], row[3], json.loads(row[4]), from_ms(row[5]),
            told=row[6] is not None, made=row[7] is not None,
        )
        for row in rows
    ]  # fmt: skip


def open_row(closed: Closed) -> None:
    """The run's row, where there is none yet."""
    insert_new(
        "post_mortem",
        ("account_id", "campaign_id", "generation", "told_to", "outcomes", "words"),
        (closed.account_id, closed.campaign_id, closed.generation, 0, 0, ""),
    )


@again
def tell(closed: Closed, window: timedelta, now: datetime) -> bool:
    """Tell the outcomes of the next chunk; False when all are told."""
    key = (closed.campaign_id, closed.generation)
    with transaction():
        held = fetch(
            "SELECT told_to, told_at FROM post_mortem WHERE campaign_id = ? AND generation = ?"
            + locking(),
            key,
        )
        if not held or instant(held[0][1]) is not None:
            return False
        chunk = _next(key, held[0][0])
        if not chunk:
            _move(key, "told_at = ?", to_ms(now))
            return False
        told = events.append_many(_rows(closed, chunk, window, now))
        _move(key, "told_to = ?, outcomes = outcomes + ?", chunk[-1].follower_id, told)
        return True


def _move(key: tuple[int, int], what: str, *values: int) -> None:
    run(f"UPDATE post_mortem SET {what} WHERE campaign_id = ? AND generation = ?", (*values, *key))


def _next(key: tuple[int, int], after: int) -> list[_Sent]:
    rows = fetch(
        "SELECT s.id, s.follower_id, f.erased_at, s.variant, s.channel, s.sent_at FROM send s"
        " JOIN follower f ON f.id = s.follower_id WHERE s.campaign_id = ? AND s.generation = ?"
        " AND s.step = 'offer' AND s.follower_id > ? AND s.state = 'sent'"
        " AND s.sent_at IS NOT NULL ORDER BY s.follower_id LIMIT ?",
        (*key, after, CHUNK),
    )
    return [_Sent(*row) for row in rows]


def _rows(
    closed: Closed, chunk: Sequence[_Sent], window: timedelta, now: datetime
) -> list[tuple[Any, ...]]:
    """The events of a chunk. Of somebody erased there is nothing to tell."""
    span = window // timedelta(milliseconds=1)
    did = _did([one.id for one in chunk], span)
    found = []
    for one in chunk:
        if one.erased_at is None:
            acts = sorted(did.get(one.id, ()))
            facts = {"campaign": closed.slug, "variant": one.variant, "channel": one.channel}
            found.append(
                events.row(
                    closed.account_id, one.follower_id,
                    ANSWERED if set(acts) - {"ordered"} else IGNORED,
                    min(now, from_ms(one.sent_at + span)), now, SOURCE, f"outcome:{one.id}",
                    {**facts, "did": acts}, None,
                )
            )  # fmt: skip
    return found


def _did(send_ids: Sequence[int], span: int) -> dict[int, set[str]]:
    """Send id -> what its reader did inside the window: clicked, claimed, redeemed, credited; an
    order that nothing ties to the message is no answer to it."""
    marks = qmarks(send_ids)
    code = "SELECT s.id, '{}' FROM send s JOIN coupon_code c ON c.id = s.coupon_code" + (
        f" WHERE s.id IN ({marks}) AND c.purpose = {purpose_of()}"
        " AND c.{} BETWEEN s.sent_at AND s.sent_at + ?"
    )
    found: dict[int, set[str]] = {}
    for send_id, act in fetch(
        "SELECT s.id, 'clicked' FROM send s JOIN click k ON k.send_id = s.id"
        f" WHERE s.id IN ({marks}) AND k.automatic = FALSE AND k.at <= s.sent_at + ?"
        f" UNION {code.format('claimed', 'claimed_at')}"
        f" UNION {code.format('redeemed', 'redeemed_at')}"
        " UNION SELECT s.id, 'credited' FROM send s JOIN conversion v ON v.send_id = s.id"
        f" WHERE s.id IN ({marks}) AND v.at <= s.sent_at + ?"
        f" UNION SELECT s.id, 'ordered' FROM send s JOIN {_log()} ON e.follower_id = s.follower_id"
        " AND e.kind = 'order' AND e.at BETWEEN s.sent_at AND s.sent_at + ?"
        f" WHERE s.id IN ({marks})",
        (*([*send_ids, span] * 4), span, *send_ids),
    ):
        found.setdefault(send_id, set()).add(act)
    return found


def _log() -> str:
    """SQLite keeps no statistics: it would read all orders of the time for each chunk."""
    return "event e INDEXED BY event_follower_id_kind_at" if is_sqlite() else "event e"
