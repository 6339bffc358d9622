"""What happened, in order: the sandbox's own account of it, for others to compare theirs with."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.clock import to_ms

KEPT = 200_000  # records of a kind held in memory; counts stay exact, a ledger file keeps all
Record = dict[str, Any]


class Ledger:
    """Append-only and thread-safe. `path`: a SQLite file that outlives the process, "" for none."""

    def __init__(self, path: str = "") -> None:
        self._lock = threading.Lock()
        self._records: dict[str, deque[tuple[int, Record]]] = {}
        self._sequence = 0
        self._counts: Counter[str] = Counter()
        self._file = _open(path) if path else None

    def add(self, kind: str, at: datetime, **facts: Any) -> None:
        record = {"kind": kind, "at": to_ms(at), **facts}
        with self._lock:
            self._sequence += 1
            kept = self._records.setdefault(kind, deque(maxlen=KEPT))
            kept.append((self._sequence, record))
            self._counts[kind] += 1
            if self._file is not None:
                self._file.execute(
                    "INSERT INTO record (at_ms, kind, facts) VALUES (?, ?, ?)",
                    (record["at"], kind, json.dumps(facts, ensure_ascii=False, default=str)),
                )

    def counts(self) -> dict[str, int]:
        """How many records of each kind."""
        with self._lock:
            return dict(self._counts)

    def records(self, *kinds: str) -> list[Record]:
        """The records of these kinds (none named: all), oldest first."""
        with self._lock:
            found = [
                one
                for kind in (kinds or tuple(self._records))
                for one in self._records.get(kind, ())
            ]
        found.sort(key=lambda one: one[0])
        return [record for _, record in found]

    def close(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def _open(path: str) -> sqlite3.Connection:
    # Autocommit without fsync: it survives the process, which is what a sandbox can lose.
    file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    file.execute("PRAGMA journal_mode=WAL")
    file.execute("PRAGMA synchronous=OFF")
    file.execute(
        "CREATE TABLE IF NOT EXISTS record"
        " (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL,"
        " kind TEXT NOT NULL, facts TEXT NOT NULL)"
    )
    return file


def read(path: str) -> Iterator[Record]:
    """The records of a ledger file, oldest first."""
    file = sqlite3.connect(path)
    try:
        for at, kind, facts in file.execute("SELECT at_ms, kind, facts FROM record ORDER BY seq"):
            yield {"kind": kind, "at": at, **json.loads(facts)}
    finally:
        file.close()


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p95, p99 by nearest rank, rounded to 0.1; zeros where nothing was measured."""
    ordered = sorted(values)
    if not ordered:
        return {"p50": 0.0, "p95": 0.0, "p99": 0.0}
    last = len(ordered) - 1
    return {
        f"p{share}": round(ordered[min(last, -(-len(ordered) * share // 100) - 1)], 1)
        for share in (50, 95, 99)
    }
