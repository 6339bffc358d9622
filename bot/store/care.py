"""Looking after the store: upgrade, backup, restore, check, and changing keys without downtime."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from peewee import BlobField, InterfaceError, OperationalError, SqliteDatabase

from bot.clock import utc_now
from bot.errors import Conflict, NotFound, StoreUnavailable
from bot.settings import Settings, ensure_keys
from bot.store import migrate
from bot.store.db import connect_to, fetch, open_store, run, transaction
from bot.store.fields import SealedField
from bot.store.models import TABLES
from bot.store.vault import new_key

_BATCH = 500


def upgrade(settings: Settings) -> list[str]:
    """The names of the migrations applied."""
    db = connect_to(settings.database_url)
    try:
        return migrate.upgrade(db)
    finally:
        db.close()


def waiting(settings: Settings) -> list[str] | None:
    """The names of migrations to apply; None where there is no database yet. Makes nothing.

    Raises StoreUnavailable when the server does not answer, or has no database of that name.
    """
    url = settings.database_url
    if url.startswith("sqlite") and not Path(url.removeprefix("sqlite:///")).exists():
        return None
    db = connect_to(url)
    try:
        return migrate.pending(db) if migrate.HISTORY in db.get_tables() else None
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable(f"the database does not answer: {error}") from None
    finally:
        db.close()


def backup(settings: Settings, file: str) -> None:
    """Raises Conflict: not SQLite, or FILE exists. Other engines have tools of their own."""
    db = _sqlite(settings)
    try:
        migrate.backup(db, Path(file))
    except FileExistsError:
        raise Conflict(f"{file} exists already") from None
    finally:
        db.close()


def restore(settings: Settings, file: str) -> Path:
    """Swap the file in; where the former one went. Raises Conflict when FILE is no whole store."""
    target = Path(_sqlite(settings).database)
    with closing(sqlite3.connect(file)) as copy:
        try:
            whole = copy.execute("PRAGMA integrity_check").fetchone()[0]
            tables = {row[0] for row in copy.execute("SELECT name FROM sqlite_master")}
        except sqlite3.DatabaseError:
            whole, tables = "not a database", set()
    if whole != "ok" or migrate.HISTORY not in tables:
        raise Conflict(f"{file} is no whole backup of a store: {whole}")
    _refuse_in_use(target)
    former = target.with_name(f"{target.name}.replaced-{utc_now():%Y%m%dT%H%M%S}")
    for ending in ("", "-wal", "-shm"):
        part = target.with_name(target.name + ending)
        if part.exists():
            part.rename(former.with_name(former.name + ending))
    target.touch(mode=0o600, exist_ok=False)
    shutil.copyfile(file, target)
    return former


def _refuse_in_use(target: Path) -> None:
    """Raises Conflict while another process has the store open: it would go on writing to a file
    that nobody reads. Leaving WAL mode needs the file alone, so it tells."""
    with closing(sqlite3.connect(target, timeout=0)) as alone:
        try:
            alone.execute("PRAGMA journal_mode = DELETE")
            alone.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            raise Conflict("a running process uses the store: stop it first") from None


def check(settings: Settings) -> dict[str, Any]:
    """engine, integrity, pending migrations, followers. Raises SealBroken for wrong keys, NotFound
    where there is no store yet."""
    db = connect_to(settings.database_url)
    if isinstance(db, SqliteDatabase):
        _sqlite(settings)
    store = open_store(settings.database_url, ensure_keys(settings, new_key), upgrade=False)
    try:
        integrity = "ok"
        if isinstance(store.db, SqliteDatabase):
            integrity = fetch("PRAGMA integrity_check")[0][0]
        return {
            "engine": type(store.db).__name__.removesuffix("Database").lower(),
            "integrity": integrity,
            "pending": ", ".join(migrate.pending(store.db)) or "none",
            "followers": fetch("SELECT COUNT(*) FROM follower")[0][0],
        }
    finally:
        store.close()


def rekey(settings: Settings, progress: Callable[[str, int], None]) -> int:
    """Seal every value of an older key again, column by column, in small transactions."""
    store = open_store(settings.database_url, ensure_keys(settings, new_key))
    done = 0
    for model in TABLES:
        for field in model._meta.sorted_fields:
            if isinstance(field, SealedField):
                sealed = reseal_column(store.vault, model, field)
                progress(f"{model._meta.table_name}.{field.column_name}", sealed)
                done += sealed
    store.close()
    return done


def reseal_column(vault: Any, model: Any, field: BlobField) -> int:
    """How many values of one column were sealed anew."""
    table, column = model._meta.table_name, field.column_name
    key = model._meta.primary_key.column_name
    place, done, after = f"{table}.{column}", 0, None
    while True:
        where, params = (
            (f"AND {key} > ?", (after, _BATCH)) if after is not None else ("", (_BATCH,))
        )
        rows = fetch(
            f"SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL {where}"
            f" ORDER BY {key} LIMIT ?",
            params,
        )
        if not rows:
            return done
        with transaction():
            for row_key, sealed in rows:
                if vault.is_current(bytes(sealed)):
                    continue
                fresh = vault.seal(vault.open(bytes(sealed), place), place)
                # Compared as it was read: a value that was written meanwhile is current already.
                done += run(
                    f"UPDATE {table} SET {column} = ? WHERE {key} = ? AND {column} = ?",
                    (fresh, row_key, sealed),
                )
        after = rows[-1][0]


def _sqlite(settings: Settings) -> SqliteDatabase:
    db = connect_to(settings.database_url)
    if not isinstance(db, SqliteDatabase):
        raise Conflict("only SQLite stores are copied by this command; use pg_dump or mysqldump")
    if not Path(db.database).exists():
        raise NotFound(f"there is no store at {db.database}")
    return db
