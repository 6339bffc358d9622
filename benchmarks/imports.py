"""Importing a table: the whole import beside csv.DictReader with executemany.

    python -m benchmarks imports [--requests 200000]

A row has an openid, a city, an age and a level; some rows repeat, some cells are blank or out of
range. Ours surveys the file, cleans, finds or makes each follower (sealed openid, keyed hash),
appends an event an attribute, and keeps a reject file; rows are cleaned ahead by a second process,
whose CPU is counted. The peer inserts the cells as they stand
into a table with one index. Each runs in a process of its own, on SQLite; memory is its peak, CPU
is user and system together. A fifth of the file shows what a longer one costs in time and memory.
"""

from __future__ import annotations

import csv
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
CITIES = ("北京", "上海", "广州", "深圳 ", "成都", "")
MAPPING = {
    "kind": "followers",
    "columns": {
        "openid": "openid",
        "城市": {"to": "attribute", "name": "city"},
        "年龄": {
            "to": "attribute", "name": "age", "type": "number", "range": [0, 120],
            "out_of_range": "blank", "missing": "median",
        },
    },
}  # fmt: skip


def _write(path: Path, count: int) -> None:
    rng = random.Random(7)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["openid", "城市", "年龄"])
        for number in range(count):
            who = number if number % 50 else rng.randrange(number + 1)
            age = rng.choice([rng.randrange(16, 80), "", 300])
            writer.writerow([f"o{who:027d}", rng.choice(CITIES), age])


def _ours(path: Path) -> int:
    from bot.clock import utc_now
    from bot.imports.mapping import parse
    from bot.imports.running import prepare, run
    from bot.imports.sources import open_source
    from bot.store import accounts
    from bot.store.db import open_store

    open_store(f"sqlite:///{path}.db", [KEY])
    owner = accounts.ensure_default("wxbenchmark00000", "service", utc_now())
    prepared = prepare(open_source(path), parse(MAPPING), utc_now())
    result = run(owner, prepared, utc_now)
    assert result.report.adds_up
    return result.report.read


def _peer(path: Path) -> int:
    db = sqlite3.connect(f"{path}.peer.db")
    db.execute("PRAGMA journal_mode=wal")
    db.execute("CREATE TABLE person (openid TEXT PRIMARY KEY, city TEXT, age TEXT)")
    done = 0
    with path.open(encoding="utf-8", newline="") as file, db:
        rows = csv.DictReader(file)
        while page := [tuple(row.values()) for row, _ in zip(rows, range(1000), strict=False)]:
            db.executemany("INSERT OR REPLACE INTO person VALUES (?, ?, ?)", page)
            done += len(page)
    return done


def _measured(name: str, path: Path) -> dict[str, float]:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.imports", name, str(path)],
        capture_output=True, text=True, check=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    found: dict[str, float] = json.loads(ended.stdout)
    return found


def run(count: int = 200_000) -> dict[str, object]:
    """Both on the same file, one after the other, in this run."""
    with tempfile.TemporaryDirectory() as folder:
        path, fifth = Path(folder, "members.csv"), Path(folder, "fifth.csv")
        _write(path, count)
        _write(fifth, count // 5)
        peer, ours = _measured("peer", path), _measured("ours", path)
        return {
            "rows": count,
            "csv.DictReader + executemany": peer,
            "hongyan": ours,
            "hongyan, a fifth of the rows": _measured("ours", fifth),
            "CPU, times the peer's": round(ours["cpu_seconds"] / peer["cpu_seconds"], 1),
        }


def _main() -> None:
    name, path = sys.argv[1], Path(sys.argv[2])
    began = time.perf_counter()
    rows = (_ours if name == "ours" else _peer)(path)
    seconds = time.perf_counter() - began
    used, ahead = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    found = {
        "seconds": round(seconds, 2),
        "rows_per_second": round(rows / seconds),
        "cpu_seconds": round(sum(one.ru_utime + one.ru_stime for one in (used, ahead)), 2),
        "cpu_seconds_ahead": round(ahead.ru_utime + ahead.ru_stime, 2),
        "peak_mb": round(used.ru_maxrss / 1000),
        "peak_mb_ahead": round(ahead.ru_maxrss / 1000),
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    _main()
