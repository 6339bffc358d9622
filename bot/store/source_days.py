"""What each follow source brought, by the day on which people came; as it was counted last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from datetime import date

from bot.store.db import again, fetch, is_mysql, run, run_many, transaction


@dataclass(slots=True)
class Sums:
    """As bot.effect.sources.Source has them; `gone`: who is not there now."""

    came: int = 0
    gone: int = 0
    due7: int = 0
    kept7: int = 0
    due30: int = 0
    kept30: int = 0
    scans: int = 0
    joins: int = 0
    messages: int = 0
    claimed: int = 0
    redeemed: int = 0
    buyers: int = 0
    orders: int = 0
    revenue_fen: int = 0


_NAMES = tuple(one.name for one in fields(Sums))
_LISTED = ", ".join(_NAMES)


def all_of(account_id: int) -> dict[str, dict[str, Sums]]:
    """day -> source -> its sums."""
    found: dict[str, dict[str, Sums]] = {}
    for day, source, *held in fetch(
        f"SELECT day, source, {_LISTED} FROM source_day WHERE account_id = ?", (account_id,)
    ):
        found.setdefault(day, {})[source] = Sums(*map(int, held))
    return found


def sums(account_id: int, first: date, last: date) -> dict[str, Sums]:
    """source -> the sums of the days from `first` to `last`."""
    rows = fetch(
        f"SELECT source, {', '.join(f'SUM({name})' for name in _NAMES)} FROM source_day"
        " WHERE account_id = ? AND day >= ? AND day <= ? GROUP BY source",
        (account_id, first.isoformat(), last.isoformat()),
    )
    return {source: Sums(*map(int, held)) for source, *held in rows}


@again
def replace(account_id: int, day: str, found: Mapping[str, Sums]) -> None:
    """A day's rows in place of those that were there."""
    verb, end = ("INSERT IGNORE", "") if is_mysql() else ("INSERT", " ON CONFLICT DO NOTHING")
    marks = ",".join("?" * (3 + len(_NAMES)))
    with transaction():
        run("DELETE FROM source_day WHERE account_id = ? AND day = ?", (account_id, day))
        run_many(
            f"{verb} INTO source_day (account_id, day, source, {_LISTED}) VALUES ({marks}){end}",
            [(account_id, day, source, *astuple(held)) for source, held in sorted(found.items())],
        )
