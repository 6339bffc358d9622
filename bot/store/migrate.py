"""Numbered migrations, run by one command, with a backup first; built on playhouse.migrations.

One step a file: where DDL is not transactional (MySQL) a failed file leaves nothing half-applied
that cannot be run again.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from peewee import Database, MySQLDatabase, SqliteDatabase
from playhouse.migrations import Runner

from bot.clock import utc_now
from bot.errors import SettingsError

FOLDER = Path(__file__).parent / "migrations"
HISTORY = "migration_history"


def pending(db: Database) -> list[str]:
    """Names of migrations not applied yet, in order."""
    return [m.name for m in _runner(db).status() if not m.applied]


def unknown(db: Database) -> list[str]:
    """Applied migrations that this version does not have: the database is of a newer version."""
    return [m.name for m in _runner(db).status() if m.path is None]


def upgrade(db: Database, now: datetime | None = None) -> list[str]:
    """Apply what is pending; the names applied. A SQLite file with data is backed up first.

    Several processes may call it at once: one works, the others wait and find nothing to do.
    Raises SettingsError when the database belongs to a newer version.
    """
    if all(m.applied and m.path is not None for m in _runner(db).status()):
        return []
    with _alone(db):
        if newer := unknown(db):
            raise SettingsError(
                f"HONGYAN_DATABASE_URL: this database is of a newer version (it has {newer[-1]}); "
                "install that version, or restore the backup made before the upgrade"
            )
        waiting = pending(db)
        if waiting and isinstance(db, MySQLDatabase):
            db.compare_exactly()  # type: ignore[attr-defined]
        if waiting and isinstance(db, SqliteDatabase) and _has_tables(db):
            stamp = f"{now or utc_now():%Y%m%dT%H%M%S}"
            backup(db, Path(f"{db.database}.before-{waiting[0].split('_')[0]}-{stamp}"))
        return _runner(db).up() if waiting else []


def _runner(db: Database) -> Runner:
    return Runner(db, str(FOLDER), table_name=HISTORY)


@contextmanager
def _alone(db: Database) -> Iterator[None]:
    """One migrating process at a time, by a lock that dies with its holder."""
    if isinstance(db, SqliteDatabase):
        if db.database == ":memory:":
            yield
            return
        with open(f"{db.database}.migrating", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    elif isinstance(db, MySQLDatabase):
        db.execute_sql("SELECT GET_LOCK('hongyan.migrate', 600)")
        try:
            yield
        finally:
            db.execute_sql("SELECT RELEASE_LOCK('hongyan.migrate')")
    else:
        db.execute_sql("SELECT pg_advisory_lock(4067001)")
        try:
            yield
        finally:
            db.execute_sql("SELECT pg_advisory_unlock(4067001)")


def backup(db: SqliteDatabase, target: Path) -> None:
    """A consistent copy of a SQLite store while it is in use, for its owner alone.

    Raises FileExistsError.
    """
    target.touch(mode=0o600, exist_ok=False)
    with closing(sqlite3.connect(target)) as copy:
        db.connection().backup(copy)


def _has_tables(db: SqliteDatabase) -> bool:
    return db.database != ":memory:" and bool(set(db.get_tables()) - {HISTORY})
