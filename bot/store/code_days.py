"""What single follow sources brought by day, read for pages about them (bot.store.source_days)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.store.db import fetch
from bot.store.spans import qmarks


@dataclass(frozen=True, slots=True)
class SourceSums:
    """scans: by who followed already; joins: who came with it; the rest of those who first came on
    these days: gone since, orders and revenue to the day of counting."""

    scans: int = 0
    joins: int = 0
    came: int = 0
    gone: int = 0
    orders: int = 0
    revenue_fen: int = 0


_NAMES = ("scans", "joins", "came", "gone", "orders", "revenue_fen")


def by_day(account_id: int, source: str, first: date, last: date) -> dict[str, SourceSums]:
    """day -> what this source came to, of days that have something."""
    rows = fetch(
        f"SELECT day, {', '.join(_NAMES)} FROM source_day WHERE account_id = ?"
        " AND day >= ? AND day <= ? AND source = ? ORDER BY day",
        (account_id, first.isoformat(), last.isoformat(), source),
    )
    return {row[0]: SourceSums(*map(int, row[1:])) for row in rows}


def summed(
    account_id: int, sources: Sequence[str], first: date, last: date
) -> dict[str, SourceSums]:
    """source -> its sums over these days, of some sources."""
    if not sources:
        return {}
    sums = ", ".join(f"SUM({name})" for name in _NAMES)
    rows = fetch(
        f"SELECT source, {sums} FROM source_day WHERE account_id = ? AND day >= ? AND day <= ?"
        f" AND source IN ({qmarks(sources)}) GROUP BY source",
        (account_id, first.isoformat(), last.isoformat(), *sources),
    )
    return {row[0]: SourceSums(*map(int, row[1:])) for row in rows}


def costs(account_id: int, sources: Sequence[str], first: date, last: date) -> dict[str, int]:
    """source -> fen that was said to be spent on these days."""
    if not sources:
        return {}
    rows = fetch(
        "SELECT source, SUM(fen) FROM source_cost WHERE account_id = ? AND day >= ? AND day <= ?"
        f" AND source IN ({qmarks(sources)}) GROUP BY source",
        (account_id, first.isoformat(), last.isoformat(), *sources),
    )
    return {source: int(fen) for source, fen in rows}


def spent(account_id: int, source: str, limit: int = 50) -> list[tuple[str, int, str]]:
    """(day, fen, what for) of one source, the latest first."""
    rows = fetch(
        "SELECT day, fen, note FROM source_cost WHERE account_id = ? AND source = ?"
        " ORDER BY day DESC LIMIT ?",
        (account_id, source, limit),
    )
    return [(day, int(fen), note) for day, fen, note in rows]
