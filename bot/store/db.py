"""Opening the store, transactions, and the differences between engines, in one place.

A store is a peewee database bound to the models, plus the vault. SQLite runs in WAL mode; writes of
one process take turns on one connection (bot.store.sqlite), and take SQLite's lock at BEGIN, so a
transaction never fails half-way because another process was faster.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from peewee import (  # type: ignore[attr-defined]
    Database,
    InterfaceError,
    MySQLDatabase,
    OperationalError,
    PostgresqlDatabase,
    SqliteDatabase,
    __exception_wrapper__,
)
from playhouse.db_url import connect, parse

from bot.errors import SettingsError, StoreUnavailable
from bot.store import migrate
from bot.store.fields import Holder
from bot.store.models import TABLES, Secret, database
from bot.store.sqlite import OneWriter
from bot.store.vault import Vault, new_key, read_key

# A callback waits at most this long for the write lock: its answer is due after 4.5 s.
BUSY_TIMEOUT_MS = 2000
_TRIES = 5
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Store:
    """An open store. `power_safe`: a commit also survives a power cut (SQLite: one fsync each)."""

    db: Database
    vault: Vault
    url: str

    def leave(self) -> None:
        """Close this thread's connection: what a thread does at its end."""
        if not self.db.is_closed():
            self.db.close()

    def close(self) -> None:
        """Close this thread's connection, and the writer that threads share."""
        if isinstance(self.db, OneWriter):
            self.db.drop_writer()
        self.leave()


def connect_to(url: str, power_safe: bool = False) -> Database:
    """A peewee database for `url`: sqlite:///FILE, postgresql://..., mysql://...

    Raises SettingsError for a scheme that is none of these or a folder that cannot be made.
    """
    scheme = urlsplit(url).scheme.split("+")[0]
    if scheme == "sqlite":
        path = url.removeprefix("sqlite:///")
        if path not in ("", ":memory:"):
            try:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise SettingsError(
                    f"HONGYAN_DATABASE_URL: the folder of the file cannot be made: {error.strerror}"
                ) from None
        return OneWriter(
            path or ":memory:",
            pragmas={
                "journal_mode": "wal",
                "synchronous": "full" if power_safe else "normal",
                "busy_timeout": BUSY_TIMEOUT_MS,
                "foreign_keys": 1,
                "cache_size": -16000,
                "secure_delete": 1,  # what is erased is overwritten, not only unlinked
            },
            timeout=BUSY_TIMEOUT_MS / 1000,
        )
    if scheme in ("postgres", "postgresql"):
        db: Database = connect(url, prefer_psycopg3=True, unquote_user=True, unquote_password=True)
        if not power_safe:
            db.connect_params["options"] = "-c synchronous_commit=off"
        return db
    if scheme == "mysql":
        return _mysql(url)
    raise SettingsError(
        "HONGYAN_DATABASE_URL: begins with sqlite:///, postgresql:// or mysql://, "
        f"this one with {scheme[:16] or 'nothing'}://"
    )


def _mysql(url: str) -> Database:
    try:
        from bot.store.mysql import MySQL
    except ImportError:
        raise SettingsError(
            "HONGYAN_DATABASE_URL: mysql:// needs PyMySQL: pip install 'hongyan[mysql]'"
        ) from None
    return MySQL(**parse(url, unquote_user=True, unquote_password=True))


def open_store(
    url: str, keys: Sequence[str], *, upgrade: bool = True, power_safe: bool = False
) -> Store:
    """Connect, bind the models, migrate where asked, and unlock the index key.

    Raises SettingsError (bad URL or keys), SealBroken (keys of another installation), and peewee's
    OperationalError when the server does not answer.
    """
    vault = Vault(keys)
    db = connect_to(url, power_safe)
    database.initialize(db)
    # All tables are named: following their references would walk the whole schema for each of them.
    db.bind(TABLES, bind_refs=False, bind_backrefs=False)
    Holder.vault = vault
    if upgrade:
        migrate.upgrade(db)
    store = Store(db, vault, url)
    vault.unlock_index(_index_key())
    return store


def _index_key() -> bytes:
    """The index key, made on first use; the first of several starting processes wins."""
    for _ in range(2):
        row = Secret.get_or_none(Secret.name == "index")
        if row is not None:
            return read_key(row.value)
        Secret.insert(name="index", value=new_key()).on_conflict_ignore().execute()
    raise AssertionError("the index key was neither found nor written")


@contextmanager
def transaction() -> Iterator[None]:
    """All or nothing. Nests: an inner one is part of the outer."""
    db = database.obj
    if db.in_transaction():
        yield
    elif isinstance(db, OneWriter):
        with db.writing():
            yield
    else:
        with db.atomic():
            yield


@contextmanager
def snapshot() -> Iterator[None]:
    """On SQLite: what is read inside is of one instant. Nothing may be written inside."""
    db = database.obj
    if not is_sqlite() or db.in_transaction():
        yield
    else:
        with db.atomic("DEFERRED"):
            yield


@contextmanager
def available() -> Iterator[None]:
    """Turn the driver's "locked", "full" and "gone" into StoreUnavailable, ready to reconnect."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        forget_broken_connection()
        raise StoreUnavailable(f"{type(error).__name__}: {_first_cause(error)}") from error


def again(work: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function that is one transaction, and changes nothing outside of it.

    It is done anew when the engine gave it up so that another could go on (a deadlock). Called
    inside a transaction, it is left to the function that began it.
    """

    @wraps(work)
    def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(_TRIES - 1):
            try:
                return work(*args, **kwargs)
            except (OperationalError, StoreUnavailable) as error:
                if database.obj.in_transaction() or not _given_up(error):
                    raise
                time.sleep(random.uniform(0.0, 0.02))
        return work(*args, **kwargs)

    return tried


def _given_up(error: BaseException) -> bool:
    cause = error.__cause__ if isinstance(error, StoreUnavailable) else error
    if is_mysql():
        return isinstance(cause, OperationalError) and cause.args[0] in (1205, 1213)
    return getattr(getattr(cause, "orig", None), "sqlstate", "") == "40P01"


def _first_cause(error: BaseException) -> BaseException:
    """What went wrong first: a failed rollback hides that the disk is full."""
    while isinstance(error.__context__, Exception):
        error = error.__context__
    return error


def fetch(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Rows of a hand-written statement with `?` marks. For the hot path and set operations."""
    return list(database.obj.execute_sql(_marked(sql), params).fetchall())


def run(sql: str, params: Sequence[Any] = ()) -> int:
    """Execute a hand-written statement with `?` marks; how many rows it changed."""
    with _written():
        return int(database.obj.execute_sql(_marked(sql), params).rowcount)


def pragma(text: str) -> list[Any]:
    """A PRAGMA of SQLite's writing connection; nothing on other engines."""
    db = database.obj
    return db.ask_writer(text) if isinstance(db, OneWriter) else []


def run_many(sql: str, rows: Sequence[Sequence[Any]]) -> int:
    """Execute one statement for each of `rows`, prepared once; how many rows changed in all.

    Only inside `transaction()`: the driver's bulk call knows nothing of autocommit.
    """
    if not rows:
        return 0
    cursor = database.obj.cursor()
    with __exception_wrapper__:  # the driver's own errors are nobody's here
        cursor.executemany(_marked(sql), rows)
    return int(cursor.rowcount)


def locking(skip_locked: bool = False) -> str:
    """The end of a SELECT that holds its rows. SQLite's write lock holds everything already.

    NO KEY: rows that refer to the held ones (events, clicks) can still be written meanwhile.
    """
    if is_sqlite():
        return ""
    how = " FOR NO KEY UPDATE" if is_postgres() else " FOR UPDATE"
    return f"{how} SKIP LOCKED" if skip_locked else how


@again
def insert_new(table: str, columns: Sequence[str], values: Sequence[Any], key: str = "id") -> Any:
    """Insert one row unless a unique key refuses it; the new `key`, or None for a repeat."""
    names, marks = ",".join(columns), ",".join("?" * len(columns))
    if is_mysql():
        with transaction():  # what bot.store.mysql refuses was written already
            cursor = database.obj.execute_sql(
                _marked(f"INSERT IGNORE INTO {table} ({names}) VALUES ({marks})"), values
            )
        if cursor.rowcount != 1:
            return None
        return values[columns.index(key)] if key in columns else cursor.lastrowid
    sql = f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING RETURNING {key}"
    with _written():
        rows = fetch(sql, values)
    return rows[0][0] if rows else None


_AS_IT_IS: AbstractContextManager[None] = nullcontext()


def _written() -> AbstractContextManager[None]:
    """A single statement that writes: on SQLite by the writer, elsewhere as it is."""
    return transaction() if is_sqlite() and not database.obj.in_transaction() else _AS_IT_IS


def _marked(sql: str) -> str:
    return sql if database.obj.param == "?" else sql.replace("?", "%s")


def is_sqlite() -> bool:
    return isinstance(database.obj, SqliteDatabase)


def is_mysql() -> bool:
    return isinstance(database.obj, MySQLDatabase)


def is_postgres() -> bool:
    return isinstance(database.obj, PostgresqlDatabase)


def dialect() -> str:
    """sqlite, postgres or mysql, for SQL written elsewhere."""
    return "sqlite" if is_sqlite() else "mysql" if is_mysql() else "postgres"


def now_ms() -> int:
    """The database's own clock, for leases: processes on several machines compare one clock."""
    if is_postgres():
        sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
    elif is_mysql():
        sql = "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)"
    else:
        sql = "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
    return int(fetch(sql)[0][0])


def forget_broken_connection() -> None:
    """Drop this thread's connection after an OperationalError, so that the next use reconnects."""
    db = database.obj
    try:
        if not db.is_closed() and not is_sqlite():
            db.close()
    except (OperationalError, InterfaceError):
        db._state.reset()
