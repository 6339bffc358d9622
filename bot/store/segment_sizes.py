"""How many each segment held, day by day of the account's calendar."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.store import accounts
from bot.store.db import fetch, is_mysql, run, transaction

DAYS = 90  # that a chart shows


def note(now: datetime) -> int:
    """Today's sizes of all segments that are up to date; how many stood in no row before.

    Called every hour: the last of a day is that day's size.
    """
    return sum(
        _note(account.id, f"{now.astimezone(ZoneInfo(account.timezone)):%Y-%m-%d}")
        for account in accounts.all_accounts()
    )


def _note(account_id: int, day: str) -> int:
    again = (
        " ON DUPLICATE KEY UPDATE size = VALUES(size)"
        if is_mysql()
        else " ON CONFLICT (segment_id, day) DO UPDATE SET size = excluded.size"
    )
    with transaction():
        before = _many(account_id, day)
        run(
            "INSERT INTO segment_size (segment_id, day, size) SELECT id, ?, size FROM segment"
            f" WHERE account_id = ? AND built_version = version{again}",
            (day, account_id),
        )
        return _many(account_id, day) - before


def _many(account_id: int, day: str) -> int:
    rows = fetch(
        "SELECT COUNT(*) FROM segment s JOIN segment_size z ON z.segment_id = s.id"
        " WHERE s.account_id = ? AND z.day = ?",
        (account_id, day),
    )
    return int(rows[0][0])


def of(segment_id: int, days: int = DAYS) -> list[tuple[str, int]]:
    """(day, size) of the last days on which it was looked at, ascending."""
    rows = fetch(
        "SELECT day, size FROM segment_size WHERE segment_id = ? ORDER BY day DESC LIMIT ?",
        (segment_id, days),
    )
    return [(row[0], row[1]) for row in reversed(rows)]
