"""Words that rules may name, as the account's followers have them: attributes, tags, topics.

Names are found by steps along an index, values in a sample of followers; each query stops at a
limit, so that offering them costs the same among a million followers.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from bot.store.audience import ends
from bot.store.db import fetch, is_sqlite

MOST_NAMES = 100
SAMPLE = 400  # ids at each end of the account's followers
ROWS = 500  # of one name that is not in the sample
SHARED = 2  # so many followers have a value before it is shown to others


class Value(NamedTuple):
    """A value of an attribute; `people`: how many of the sample have it."""

    text: str
    number: float | None
    people: int

    @property
    def shared(self) -> bool:
        return self.people >= SHARED


def attributes(account_id: int) -> dict[str, list[Value]]:
    """The account's attributes with values that were seen, those of many followers first."""
    low, high = ends(account_id)
    found: dict[str, list[Value]] = defaultdict(list)
    first = low + SAMPLE
    rows = fetch(
        "SELECT name, text, number, COUNT(*) AS people FROM"
        f" ({_of_ids('<')} UNION ALL {_of_ids('>')}) held"
        " GROUP BY name, text, number ORDER BY people DESC, text",
        (account_id, first, account_id, max(first - 1, high - SAMPLE)),  # nobody twice
    )
    for name, *value in rows:
        found[name].append(Value(*value))
    for name in _names("follower_attribute", "name"):
        if name not in found and (values := _values(account_id, name)):
            found[name] = values
    return dict(found)


def _of_ids(sign: str) -> str:
    """Attributes of the account's followers on one side of an id. In SQLite ids shall lead, not the
    index of the account."""
    ours = "+f.account_id" if is_sqlite() else "f.account_id"
    return (
        "SELECT a.name, a.text, a.number FROM follower f JOIN follower_attribute a"
        f" ON a.follower_id = f.id WHERE {ours} = ? AND f.id {sign} ?"
    )


def tags(account_id: int) -> list[str]:
    """Tags that followers of the account have, by name."""
    return _held(account_id, "follower_tag", "tag")


def topics(account_id: int) -> list[str]:
    """What followers of the account are interested in, by name."""
    return _held(account_id, "follower_interest", "topic")


def _held(account_id: int, table: str, column: str) -> list[str]:
    """Names of other accounts must not show."""
    names = _names(table, column)
    return [name for name in names if _is_ours(account_id, table, column, name)]


def _names(table: str, column: str) -> list[str]:
    found: list[str] = []
    while len(found) < MOST_NAMES:
        least = fetch(
            f"SELECT MIN({column}) FROM {table} WHERE {column} > ?", (found[-1] if found else "",)
        )[0][0]
        if least is None:
            break
        found.append(str(least))
    return found


def _is_ours(account_id: int, table: str, column: str, name: str) -> bool:
    some = f"(SELECT follower_id FROM {table} WHERE {column} = ? LIMIT {ROWS})"
    return bool(
        fetch(
            f"SELECT 1 FROM {some} x JOIN follower f ON f.id = x.follower_id WHERE f.account_id = ?"
            " LIMIT 1",
            (name, account_id),
        )
    )


def _values(account_id: int, name: str) -> list[Value]:
    some = f"(SELECT follower_id, text, number FROM follower_attribute WHERE name = ? LIMIT {ROWS})"
    rows = fetch(
        f"SELECT x.text, x.number, COUNT(*) AS people FROM {some} x JOIN follower f ON f.id ="
        " x.follower_id WHERE f.account_id = ? GROUP BY x.text, x.number ORDER BY people DESC,"
        " x.text",
        (name, account_id),
    )
    return [Value(*row) for row in rows]
