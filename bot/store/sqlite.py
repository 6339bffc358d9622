"""SQLite with one writing connection a process.

SQLite lets one transaction write at a time. Each connection has a page cache of its own, which it
must drop whenever another connection has written: with a connection a thread, every message would
read its pages anew. So all write transactions of a process take turns on one connection, whose
cache stays warm, and each thread reads on its own.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from peewee import OperationalError, SqliteDatabase


class OneWriter(SqliteDatabase):
    """Write through `writing`; what peewee does outside of it works as ever, a little slower."""

    def __init__(self, path: str, **options: Any) -> None:
        super().__init__(path, check_same_thread=False, **options)
        self._turn = threading.RLock()
        self._writer: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None  # the file that was opened first

    def _connect(self) -> Any:
        """A new file is its owner's alone, and so are those that SQLite lays beside it."""
        if self.database != ":memory:" and not os.path.exists(self.database):
            os.close(os.open(self.database, os.O_WRONLY | os.O_CREAT, 0o600))
        return super()._connect()  # type: ignore[misc]

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction on the writer; BEGIN takes SQLite's write lock, so it cannot fail later
        because another process was faster. Not to be nested."""
        with self._turn, self._lent(self._writing_connection()), self.transaction("IMMEDIATE"):
            self._check_there()
            yield

    def _check_there(self) -> None:
        """A file that was moved or deleted still takes writes, which nobody would ever read again:
        refuse them. Raises OperationalError."""
        if self.database == ":memory:":
            return
        try:
            found = os.stat(self.database)
        except OSError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != self._file:
            raise OperationalError("the database file was moved or deleted")

    def ask_writer(self, pragma: str) -> list[Any]:
        """A PRAGMA on the writer, outside any transaction; its rows."""
        with self._turn:
            return list(self._writing_connection().execute(f"PRAGMA {pragma}").fetchall())

    def _writing_connection(self) -> sqlite3.Connection:
        if self.database == ":memory:":  # a connection of its own would see another database
            own: sqlite3.Connection = self.connection()  # type: ignore[no-untyped-call]
            return own
        if self._writer is not None and self._writer.in_transaction:
            # A commit and its rollback both failed (the disk went away): begin anew, not inside it.
            self.drop_writer()
        if self._writer is None:
            self._writer = self._connect()
            found = os.stat(self.database)
            self._file = self._file or (found.st_dev, found.st_ino)
        return self._writer

    @contextmanager
    def _lent(self, connection: sqlite3.Connection) -> Iterator[None]:
        """`connection` in the place of this thread's own."""
        state = self._state  # type: ignore[attr-defined]
        own = (state.closed, state.conn, state.ctx, state.transactions, state.commit_callbacks)
        state.set_connection(connection)
        try:
            yield
        finally:
            (state.closed, state.conn, state.ctx, state.transactions, state.commit_callbacks) = own

    def drop_writer(self) -> None:
        """Close the writer; the next write opens another."""
        with self._turn:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
