"""Two small forms that peewee's queries take here: plain tuples, and rows held by a lock."""

from __future__ import annotations

from typing import Any

from bot.store.db import is_sqlite


def rows(query: Any) -> list[tuple[Any, ...]]:
    """All rows of a peewee query as tuples."""
    return list(query.tuples())


def locked(query: Any, how: str = "FOR UPDATE") -> list[tuple[Any, ...]]:
    """The rows, held until the transaction ends. SQLite's write lock holds everything already."""
    return rows(query if is_sqlite() else query.for_update(how))
