"""What happened, in order: the sandbox's own account of it, for others to compare theirs with."""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.clock import to_ms

KEPT = 200_000  # records of a kind held in memory; counts stay exact, a ledger file keeps all
BUFFER = 1 << 20
Record = dict[str, Any]
# Made once: a run through a month writes millions of lines.
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


class Ledger:
    """Append-only and thread-safe.

    path     a file of JSON lines that outlives the process, "" for none
    durable  True: each line reaches the file at once, so a killed process loses none
    """

    def __init__(self, path: str = "", durable: bool = True, kept: int = KEPT) -> None:
        self._lock = threading.Lock()
        self._records: dict[str, deque[tuple[int, Record]]] = {}
        self._sequence = 0
        self._counts: Counter[str] = Counter()
        self._kept = kept
        self._durable = durable
        self._file = Path(path).open("wb", buffering=BUFFER) if path else None  # noqa: SIM115

    def add(self, kind: str, at: datetime, **facts: Any) -> None:
        record = {"kind": kind, "at": to_ms(at), **facts}
        with self._lock:
            self._sequence += 1
            kept = self._records.get(kind)
            if kept is None:
                kept = self._records[kind] = deque(maxlen=self._kept)
            kept.append((self._sequence, record))
            self._counts[kind] += 1
            if self._file is not None:
                self._file.write(_line(record))
                if self._durable:
                    self._file.flush()

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

    def flush(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.flush()

    def close(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def _line(record: Record) -> bytes:
    return _ENCODE(record).encode() + b"\n"


def read(path: str) -> Iterator[Record]:
    """The records of a ledger file, oldest first; a last line cut by a kill is left out."""
    with Path(path).open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):
                yield json.loads(line)


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
