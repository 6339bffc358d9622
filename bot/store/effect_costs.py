"""What things cost the account, as its operator says: sources by day, messages, the goods' share.

Prices by name: "message:<channel>" fen for a thousand messages, "margin" permille of the list
price that is not the goods' own cost.
"""

from __future__ import annotations

from datetime import date, datetime

from bot.clock import to_ms
from bot.store.db import again, fetch, insert_new, run, transaction

MESSAGE = "message:"
MARGIN = "margin"


def prices(account_id: int) -> dict[str, int]:
    """Name -> value, of those that were set."""
    found = fetch("SELECT name, value FROM effect_price WHERE account_id = ?", (account_id,))
    return {name: int(value) for name, value in found}


@again
def set_price(account_id: int, name: str, value: int) -> None:
    key = (account_id, name)
    with transaction():
        columns = ("account_id", "name", "value")
        if insert_new("effect_price", columns, (*key, value), key="name") is None:
            run("UPDATE effect_price SET value = ? WHERE account_id = ? AND name = ?",
                (value, *key))  # fmt: skip


@again
def set_source_cost(
    account_id: int, source: str, day: date, fen: int, note: str, now: datetime
) -> None:
    """What a source cost on a day, in place of what was said before: repeating adds nothing."""
    key = (account_id, source, day.isoformat())
    with transaction():
        columns = ("account_id", "source", "day", "fen", "note", "at")
        if insert_new("source_cost", columns, (*key, fen, note, to_ms(now))) is None:
            run(
                "UPDATE source_cost SET fen = ?, note = ?, at = ?"
                " WHERE account_id = ? AND source = ? AND day = ?",
                (fen, note, to_ms(now), *key),
            )


def source_costs(account_id: int, first: date, last: date) -> dict[str, int]:
    """Source -> fen, of the days from `first` to `last`."""
    found = fetch(
        "SELECT source, SUM(fen) FROM source_cost WHERE account_id = ? AND day >= ? AND day <= ?"
        " GROUP BY source",
        (account_id, first.isoformat(), last.isoformat()),
    )
    return {source: int(fen) for source, fen in found}
