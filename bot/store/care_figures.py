"""The database in figures: its engine, its size, and which migrations it has."""

from __future__ import annotations

from dataclasses import dataclass

from peewee import Database

from bot.store import migrate
from bot.store.db import dialect, fetch
from bot.store.models import database

_SIZES = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgres": "SELECT pg_database_size(current_database())",
    "mysql": "SELECT SUM(data_length + index_length) FROM information_schema.tables"
    " WHERE table_schema = DATABASE()",
}


@dataclass(frozen=True, slots=True)
class Migrated:
    """pending  to be applied; unknown: applied by a newer version; latest: the last applied"""

    pending: tuple[str, ...]
    unknown: tuple[str, ...]
    latest: str
    applied: int


def size_bytes() -> int:
    return int(fetch(_SIZES[dialect()])[0][0] or 0)


def migrated() -> Migrated:
    db: Database = database.obj
    applied = sorted(row[0] for row in fetch(f"SELECT name FROM {migrate.HISTORY}"))
    pending, unknown = tuple(migrate.pending(db)), tuple(migrate.unknown(db))
    return Migrated(pending, unknown, applied[-1] if applied else "", len(applied))
