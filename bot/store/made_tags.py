"""Tags of ours that were made by name, and are there before anybody has them."""

from __future__ import annotations

from datetime import datetime

from bot.clock import to_ms
from bot.store.db import fetch, insert_new, run, transaction


def make(account_id: int, tag: str, by: str, now: datetime) -> bool:
    """False: there is one of this name."""
    columns = ("account_id", "tag", "made_by", "at")
    return insert_new("made_tag", columns, (account_id, tag, by[:64], to_ms(now))) is not None


def has(account_id: int, tag: str) -> bool:
    sql = "SELECT 1 FROM made_tag WHERE account_id = ? AND tag = ?"
    return bool(fetch(sql, (account_id, tag)))


def names(account_id: int, after: str, limit: int) -> list[str]:
    """By name, those behind `after`."""
    rows = fetch(
        "SELECT tag FROM made_tag WHERE account_id = ? AND tag > ? ORDER BY tag LIMIT ?",
        (account_id, after, limit),
    )
    return [row[0] for row in rows]


def rename(account_id: int, old: str, new: str) -> None:
    """Done twice, it stays so; one that was never made by name stays without."""
    with transaction():
        if has(account_id, new):
            remove(account_id, old)
        else:
            run(
                "UPDATE made_tag SET tag = ? WHERE account_id = ? AND tag = ?",
                (new, account_id, old),
            )


def remove(account_id: int, tag: str) -> None:
    run("DELETE FROM made_tag WHERE account_id = ? AND tag = ?", (account_id, tag))
