"""Figures that take long, as they were reckoned last; a page shows them with their time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import from_ms, to_ms
from bot.store.db import fetch, insert_new, run, transaction


class Look(NamedTuple):
    made_at: datetime
    document: dict[str, Any]


def keep(
    account_id: int, kind: str, subject: str, document: Mapping[str, Any], now: datetime
) -> None:
    """In place of the one before; an earlier one than that is kept changes nothing."""
    key, text = (account_id, kind, subject), json.dumps(document, ensure_ascii=False)
    columns = ("account_id", "kind", "subject", "made_at", "document")
    with transaction():
        if insert_new("console_look", columns, (*key, to_ms(now), text)) is None:
            run(
                "UPDATE console_look SET made_at = ?, document = ?"
                " WHERE account_id = ? AND kind = ? AND subject = ? AND made_at <= ?",
                (to_ms(now), text, *key, to_ms(now)),
            )


def find(account_id: int, kind: str, subject: str) -> Look | None:
    """None: nobody has asked for it yet."""
    rows = fetch(
        "SELECT made_at, document FROM console_look"
        " WHERE account_id = ? AND kind = ? AND subject = ?",
        (account_id, kind, subject),
    )
    return Look(from_ms(rows[0][0]), json.loads(rows[0][1])) if rows else None
