"""MySQL 8 and MariaDB 10.6 or newer, made to behave as the other engines do.

A connection is set up so that one SQL means the same everywhere: rows that match count as changed
even where the values are equal; a text that is too long is refused, not cut; a text equals itself
only (case, accents, spaces at the end); each statement sees what was committed before it.

READ COMMITTED, which is PostgreSQL's own: whoever has waited for a lock must then read what its
last holder wrote. MySQL's REPEATABLE READ would show the state from before the wait, and locks the
gaps between rows, so that inserts of different followers would block each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pymysql
from peewee import MySQLDatabase, OperationalError
from pymysql.constants import CLIENT, ER
from pymysql.cursors import Cursor

_ISOLATION = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
# A thread may be idle for longer than the 8 hours after which the server hangs up by itself.
_SESSION = (
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT',"
    " time_zone = '+00:00', wait_timeout = 2592000, collation_connection = @@collation_database"
)
# The server ended one statement so that another can go on: outside a transaction, say it again.
_AGAIN = (ER.LOCK_DEADLOCK, ER.LOCK_WAIT_TIMEOUT)
_TRIES = 3
_PARTIAL = re.compile(r"CREATE INDEX `?(\w+)`? ON (\S+) \((.+?)\) WHERE (.+)")


class _Strict(Cursor):  # type: ignore[misc]
    """INSERT IGNORE passes over repeats and nothing else.

    The server would pass over every fault: a missing parent row, a text that is too long.
    """

    def _query(self, q: Any) -> Any:
        done = super()._query(q)
        if self.warning_count and q[:13] in ("INSERT IGNORE", b"INSERT IGNORE"):
            for _level, code, text in self._get_db().show_warnings():
                if code != ER.DUP_ENTRY:
                    raise pymysql.err.IntegrityError(code, text)
        return done


def _whole(partial: re.Match[str]) -> list[str]:
    """Statements of indexes that find the rows of a partial one: led by the column that its WHERE
    names a value of, one for each side of an OR."""
    name, table, columns, where = partial.groups()
    rest = [column.strip(" `") for column in columns.split(",")]
    statements = []
    for number, side in enumerate(where.split(" OR ")):
        first = re.match(r"\W*(\w+)`?\)? (?:=|IN) ", side)
        led = dict.fromkeys([*first.groups(), *rest] if first else rest)
        wanted = ", ".join(f"`{column}`" for column in led)
        statements.append(f"CREATE INDEX {name}{number or ''} ON {table} ({wanted})")
    return statements


class MySQL(MySQLDatabase):
    """`params` as PyMySQL's connect takes them; what is set here they cannot change."""

    safe_create_index = True  # by what `_make_index` does
    # plain ones end at 64 KB
    field_types = {**MySQLDatabase.field_types, "TEXT": "LONGTEXT", "BLOB": "LONGBLOB"}

    def __init__(self, database: str, **params: Any) -> None:
        ours = {"charset": "utf8mb4", "client_flag": CLIENT.FOUND_ROWS, "cursorclass": _Strict}
        super().__init__(database, **(params | ours))

    def _connect(self) -> Any:
        connection = super()._connect()  # type: ignore[misc]
        with connection.cursor() as cursor:
            cursor.execute(_ISOLATION)
            cursor.execute(_SESSION)
        return connection

    def execute_sql(self, sql: str, params: Sequence[Any] | None = None) -> Any:
        if sql.startswith(("CREATE INDEX", "CREATE UNIQUE INDEX")):
            return self._make_index(sql.replace(" IF NOT EXISTS", "", 1))
        for _ in range(_TRIES - 1):
            try:
                return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]
            except OperationalError as error:
                if self.in_transaction() or error.args[0] not in _AGAIN:
                    raise
        return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]

    def _make_index(self, sql: str) -> Any:
        """One that is there is passed over: no DDL of MySQL is rolled back, so a migration that was
        interrupted finds what it had made."""
        partial = _PARTIAL.fullmatch(sql)
        cursor = None
        for statement in _whole(partial) if partial else [sql]:
            try:
                cursor = super().execute_sql(statement)  # type: ignore[no-untyped-call]
            except OperationalError as error:
                if error.args[0] != ER.DUP_KEYNAME:
                    raise
        return cursor

    def compare_exactly(self) -> None:
        """Texts of tables made from now on equal only themselves. Part of every migration."""
        self.connection()  # type: ignore[no-untyped-call]
        server = str(self.execute_sql("SELECT VERSION()").fetchone()[0]).lower()
        exact = "utf8mb4_nopad_bin" if "maria" in server else "utf8mb4_0900_bin"
        if self.execute_sql("SELECT @@collation_database").fetchone()[0] != exact:
            self.execute_sql(f"ALTER DATABASE CHARACTER SET utf8mb4 COLLATE {exact}")
            self.execute_sql(_SESSION)
