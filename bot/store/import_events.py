"""Events of an import, some thousands at once: appended, and which of them are new."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from bot.store.db import fetch, is_mysql, run
from bot.store.spans import qmarks, spans


def known_events(dedupes: Sequence[str]) -> set[str]:
    """Those of these unique keys (bot.store.events.dedupe) that the log has."""
    return {
        row[0]
        for page in spans(dedupes)
        for row in fetch(f"SELECT dedupe FROM event WHERE dedupe IN ({qmarks(page)})", page)
    }


def append_events(account_id: int, rows: Sequence[tuple[Any, ...]], received_ms: int) -> list[str]:
    """Append events; the unique keys of those that the log had not.

    rows  (follower, identity, kind, at in ms, source, unique key, facts as JSON), as
          bot.store.events.row has them; plain and impersonal
    """
    plain = [(row[0], *row[2:]) for row in rows if row[1] is None]
    named = [row for row in rows if row[1] is not None]
    return [
        key
        for some, names in ((plain, "follower_id"), (named, "follower_id, identity_id"))
        for page in spans(some)
        for key in _append_page(account_id, page, names, received_ms)
    ]


def _append_page(account_id: int, page: Sequence[Any], names: str, received_ms: int) -> list[str]:
    verb, end_ = ("INSERT IGNORE", "") if is_mysql() else ("INSERT", " ON CONFLICT DO NOTHING")
    marks = f"({account_id:d},{received_ms:d},NULL,FALSE,{qmarks(page[0])})"
    sql = (
        f"{verb} INTO event (account_id, received_at, sealed, folded, {names}, kind, at, source,"
        f" dedupe, facts) VALUES {','.join([marks] * len(page))}{end_}"
    )
    values = [value for row in page for value in row]
    if not is_mysql():
        return [row[0] for row in fetch(f"{sql} RETURNING dedupe", values)]
    keys = list(dict.fromkeys(row[-2] for row in page))
    known = known_events(keys)
    run(sql, values)
    return [key for key in keys if key not in known]


class Paid(NamedTuple):
    """Who paid an order (nobody: erased since), how much, and when in ms."""

    follower: int | None
    identity: int | None
    fen: int
    at_ms: int


def orders_paid(dedupes: Sequence[str]) -> dict[str, Paid]:
    """Of the orders with these unique keys that the log has, who paid what."""
    return {
        row[0]: Paid(row[1], row[2], int(json.loads(row[3]).get("amount_fen") or 0), row[4])
        for page in spans(dedupes)
        for row in fetch(
            "SELECT dedupe, follower_id, identity_id, facts, at FROM event"
            f" WHERE dedupe IN ({qmarks(page)})",
            page,
        )
    }
