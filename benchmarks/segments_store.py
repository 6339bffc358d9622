"""A store full of followers for `benchmarks.segments`: made once, in bulk, and kept as a file.

A follower has a profile, four tags of 200, a city and an age, two interests and five events; all
drawn by a fixed seed. Rows are written by the driver's bulk call, not through the product.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.segments_rules import CITIES, NOW, TAGS, TOPICS
from bot.clock import to_ms
from bot.values.interest import DAY_MS

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
PAGE = 20_000
KINDS = ("message.text", "message.image", "click", "order", "coupon.claimed", "subscribe")
SHARES = (0.45, 0.05, 0.2, 0.15, 0.1, 0.05)
SCENES = ("QR", "SEARCH", "CARD", "OTHERS", "ARTICLE")
_HOURS = [0] * 11 + [1, 1, 1] + [0] * 10
_STATE = json.dumps({"kinds": {"message.text": 3}, "hours": _HOURS, "days": [1, 1, 0, 0, 0, 1, 0]})
COLUMNS = {
    "follower": "id, account_id, openid_hash, openid, unionid_hash, subscribed, source_scene,"
    " language, marketing_consent, personalised, blacklisted, stage, window_kind, window_left,"
    " held_by, created_at",
    "profile": "follower_id, state, version, first_seen_at, last_seen_at, messages, orders,"
    " redeemed, spent_fen",
    "follower_tag": "follower_id, tag, weight, source, since",
    "follower_attribute": "follower_id, name, text, number",
    "follower_interest": "follower_id, topic, level",
    "event": "account_id, follower_id, kind, at, received_at, source, dedupe, facts, folded",
}


def pages(
    account_id: int, count: int, after: int = 0
) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
    """Rows by table, PAGE followers at a time, ids from 1, or behind `after`."""
    rng = np.random.default_rng(7)
    for first in range(after + 1, after + count + 1, PAGE):
        ids = range(first, min(first + PAGE, after + count + 1))
        yield _page(rng, account_id, ids)


def _page(rng: np.random.Generator, account: int, ids: range) -> dict[str, list[tuple[Any, ...]]]:
    size, now = len(ids), to_ms(NOW)
    first = (now - rng.integers(0, 730, size) * DAY_MS - rng.integers(0, DAY_MS, size)).tolist()
    last = (now - (rng.exponential(60, size) * DAY_MS).astype(int)).tolist()
    orders = rng.poisson(0.6, size).tolist()
    spent = (np.array(orders) * rng.integers(500, 30_000, size)).tolist()
    followers = zip(
        ids, [account] * size, [f"{n:032x}" for n in ids], [f"{n:0100x}" for n in ids],
        [None] * size, (rng.random(size) < 0.85).tolist(), rng.choice(SCENES, size).tolist(),
        np.where(rng.random(size) < 0.95, "zh", "en").tolist(), [True] * size, [True] * size,
        [False] * size, ["new"] * size, [""] * size, [0] * size, [""] * size, first, strict=True,
    )  # fmt: skip
    profiles = zip(
        ids, [_STATE] * size, [1] * size, first, last, rng.poisson(4, size).tolist(), orders,
        rng.poisson(0.2, size).tolist(), spent, strict=True,
    )  # fmt: skip
    return {
        "follower": list(followers),
        "profile": list(profiles),
        "follower_tag": _tags(rng, ids, now),
        "follower_attribute": _attributes(rng, ids),
        "follower_interest": _interests(rng, ids),
        "event": _events(rng, account, ids, now),
    }


def _tags(rng: np.random.Generator, ids: range, now: int) -> list[tuple[Any, ...]]:
    """Four apart from each other; low numbers are held by more."""
    steps = (rng.random((len(ids), 4)) ** 2 * (len(TAGS) // 4)).astype(int) * 4 + np.arange(4)
    return [
        (n, TAGS[i], 1.0, "rule", now)
        for n, row in zip(ids, steps.tolist(), strict=True)
        for i in row
    ]


def _attributes(rng: np.random.Generator, ids: range) -> list[tuple[Any, ...]]:
    cities = (rng.random(len(ids)) ** 2 * len(CITIES)).astype(int).tolist()
    ages = rng.integers(16, 80, len(ids)).tolist()
    rows: list[tuple[Any, ...]] = []
    for n, city, age in zip(ids, cities, ages, strict=True):
        rows += [(n, "city", CITIES[city], None), (n, "age", str(age), float(age))]
    return rows


def _interests(rng: np.random.Generator, ids: range) -> list[tuple[Any, ...]]:
    half = len(TOPICS) // 2
    chosen = rng.integers(0, half, (len(ids), 2)).tolist()
    levels = rng.normal(9, 2, (len(ids), 2)).tolist()
    return [
        (n, TOPICS[one + place * half], level[place])
        for n, pair, level in zip(ids, chosen, levels, strict=True)
        for place, one in enumerate(pair)
    ]


def _events(rng: np.random.Generator, account: int, ids: range, now: int) -> list[tuple[Any, ...]]:
    size = len(ids) * 5
    kinds = rng.choice(len(KINDS), size, p=SHARES).tolist()
    ats = (now - (rng.random(size) ** 2 * 400 * DAY_MS).astype(int)).tolist()
    paid = rng.integers(500, 30_000, size).tolist()
    rows = []
    for place, (kind, at, fen) in enumerate(zip(kinds, ats, paid, strict=True)):
        n = ids[place // 5]
        facts = f'{{"amount_fen": {fen}, "shop": "A{fen % 9}"}}' if kind == 3 else "{}"
        key = f"{n * 5 + place % 5:032x}"
        rows.append((account, n, KINDS[kind], at, at, "import", key, facts, True))
    return rows


def load_sqlite(path: Path, account_id: int, count: int, after: int = 0) -> None:
    """Append all rows to a migrated file that has no follower with an id greater than `after`."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous=off")
    db.execute("PRAGMA cache_size=-800000")
    with db:
        for page in pages(account_id, count, after):
            for table, rows in page.items():
                marks = ",".join("?" * len(rows[0]))
                db.executemany(f"INSERT INTO {table} ({COLUMNS[table]}) VALUES ({marks})", rows)
    db.execute("PRAGMA wal_checkpoint(truncate)")
    db.close()


def load_postgres(connection: Any, account_id: int, count: int) -> None:
    """The same by COPY; `connection` is psycopg's."""
    for page in pages(account_id, count):
        for table, rows in page.items():
            with connection.cursor().copy(f"COPY {table} ({COLUMNS[table]}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
    connection.commit()
    connection.execute("SELECT setval('follower_id_seq', %s)", (count,))
    connection.commit()
    connection.execute("ANALYZE")
    connection.commit()
