"""What reckoned segments are made of, and what was noted of the last time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import from_ms, to_ms
from bot.store.db import fetch, insert_new, run, transaction

_PAGE = 2_000
# Those who switched personalisation off are reckoned with nobody.
_PEOPLE = (
    "FROM follower f JOIN profile p ON p.follower_id = f.id WHERE f.account_id = ?"
    " AND f.erased_at IS NULL AND f.subscribed = TRUE AND f.personalised = TRUE"
)


class Buyer(NamedTuple):
    """`last_seen` ms; `times`: orders, or redeemed coupons where those are more."""

    follower_id: int
    last_seen: int
    times: int
    spent_fen: int


def buyers(account_id: int) -> list[Buyer]:
    """Everybody who bought."""
    rows = fetch(
        f"SELECT f.id, p.last_seen_at, p.orders, p.redeemed, p.spent_fen {_PEOPLE}"
        " AND (p.orders > 0 OR p.redeemed > 0) ORDER BY f.id",
        (account_id,),
    )
    return [Buyer(row[0], row[1] or 0, max(row[2], row[3]), row[4]) for row in rows]


def states(account_id: int) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    """(follower id, folded state) of everybody with a profile, by id, in pages."""
    after = 0
    while rows := fetch(
        f"SELECT f.id, p.state {_PEOPLE} AND f.id > ? ORDER BY f.id LIMIT ?",
        (account_id, after, _PAGE),
    ):
        after = rows[-1][0]
        yield [(row[0], json.loads(row[1])) for row in rows]


def noted(account_id: int, kind: str) -> dict[str, Any] | None:
    """What was noted of a family of segments; None: it was never made."""
    rows = fetch(
        "SELECT document FROM segment_model WHERE account_id = ? AND kind = ?", (account_id, kind)
    )
    return json.loads(rows[0][0]) if rows else None


def note(account_id: int, kind: str, document: dict[str, Any], now: datetime) -> None:
    text = json.dumps(document, ensure_ascii=False)
    with transaction():
        if not run(
            "UPDATE segment_model SET document = ?, at = ? WHERE account_id = ? AND kind = ?",
            (text, to_ms(now), account_id, kind),
        ):
            insert_new(
                "segment_model",
                ("account_id", "kind", "document", "at"),
                (account_id, kind, text, to_ms(now)),
            )


def noted_at(account_id: int, kind: str) -> datetime | None:
    """When this family was made last; None: never."""
    rows = fetch(
        "SELECT at FROM segment_model WHERE account_id = ? AND kind = ?", (account_id, kind)
    )
    return from_ms(rows[0][0]) if rows else None
