"""A throw-away MariaDB or MySQL from what is on PATH, or databases on a server that is named.

MYSQL_TEST_URL (mysql://USER:PASSWORD@HOST:PORT/) names one whose user may make and drop databases;
without it a `mariadbd` or `mysqld` is started in a folder of its own, as root as `nobody`.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any

from playhouse.db_url import parse

QUICK = (
    "--skip-grant-tables",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=32M",
    "--skip-networking=0",
    "--bind-address=127.0.0.1",
    "--max-connections=200",
    "--skip-name-resolve",
)


def available() -> str:
    """The URL or program that gives a server; "" where there is none."""
    sbin = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
    program = shutil.which("mariadbd", path=sbin) or shutil.which("mysqld", path=sbin)
    return os.environ.get("MYSQL_TEST_URL") or program or ""


class MySQLServer:
    """Raises RuntimeError with the server's log when it does not come up in 20 s."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.given = available()
        self.prefix = f"hongyan_test_{secrets.token_hex(4)}"
        self._made: list[str] = []
        self._numbers = count(1)
        self._connection: Any = None
        self._scripts: dict[str, list[str]] = {}
        if "://" not in self.given:
            self._start(self.given)

    def _start(self, program: str) -> None:
        memory = Path("/dev/shm")
        self.home = Path(
            tempfile.mkdtemp(prefix="hongyan-my-", dir=memory if memory.is_dir() else None)
        )
        as_user: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.home, nobody.pw_uid, nobody.pw_gid)
        command = [program, "--no-defaults", f"--datadir={self.home}/data"]
        (self.home / "data").mkdir()
        if as_user:
            os.chown(self.home / "data", as_user["user"], as_user["group"])
        if Path(program).resolve().name != "mariadbd":  # which begins with an empty folder
            subprocess.run([*command, "--initialize-insecure"], check=True, **as_user)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        log = self.home / "log"
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [*command, f"--socket={self.home}/socket", f"--port={port}", *QUICK],
                stdout=out,
                stderr=out,
                cwd=self.home,
                **as_user,
            )
        # The driver reads every certificate of the machine for each connection that might want one.
        self.given = f"mysql://root@127.0.0.1:{port}/?ssl_disabled=true"
        deadline = time.monotonic() + 20
        while "ready for connections" not in log.read_text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text())
            time.sleep(0.02)

    def url(self, name: str) -> str:
        address, mark, options = self.given.partition("?")
        return f"{address.rstrip('/')}/{name}{mark}{options}"

    def new_database(self, like: str = "") -> str:
        """The URL of a fresh database: empty, or with the tables and rows of another.

        This engine copies no database: the tables are made again, in a twentieth of the time that
        their migrations take.
        """
        name = f"{self.prefix}_{next(self._numbers)}"
        self._made.append(name)
        self._execute([f"CREATE DATABASE {name}", f"USE {name}", *self._copying(like)])
        return self.url(name)

    def _copying(self, like: str) -> list[str]:
        if not like:
            return []
        if like not in self._scripts:
            self._scripts[like] = self._script(like.partition("?")[0].rpartition("/")[2])
        return self._scripts[like]

    def _script(self, like: str) -> list[str]:
        tables = [row[0] for row in self._execute([f"SHOW TABLES FROM {like}"])]
        made = [self._execute([f"SHOW CREATE TABLE {like}.{name}"])[0][1] for name in tables]
        filled = [name for name in tables if self._execute([f"SELECT 1 FROM {like}.{name}"])]
        asked = "SELECT default_collation_name FROM information_schema.schemata"
        collation = self._execute([f"{asked} WHERE schema_name = '{like}'"])[0][0]
        return [
            f"ALTER DATABASE CHARACTER SET utf8mb4 COLLATE {collation}",
            "SET foreign_key_checks = 0",
            *made,
            *(f"INSERT INTO {name} SELECT * FROM {like}.{name}" for name in filled),
        ]

    def drop(self, url: str) -> None:
        """What nobody uses any more: thousands of tables make every statement slow."""
        name = url.partition("?")[0].rpartition("/")[2]
        self._made.remove(name)
        self._execute([f"DROP DATABASE {name}"])

    def _execute(self, statements: list[str]) -> list[tuple[Any, ...]]:
        """Rows of the last one."""
        import pymysql

        if self._connection is None:
            params = parse(self.url(""), unquote_user=True, unquote_password=True)
            params.pop("database")
            self._connection = pymysql.connect(**params, autocommit=True)
        with self._connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    def stop(self) -> None:
        if self.process is None:
            self._execute([f"DROP DATABASE {name}" for name in self._made])
            return
        self.process.kill()
        self.process.wait(10)
        shutil.rmtree(self.home, ignore_errors=True)
