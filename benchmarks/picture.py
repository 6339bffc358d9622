"""One follower's picture: how long, how many statements and rows, in a store of N followers.

    python -m benchmarks picture [--requests 1000000]

Each follower has a profile and four events in the log; every ten-thousandth has 200 of them and is
in three segments: of those the pictures are taken, the marketer's page and the figures of the API,
through the Flask app. The peer, in this run and on the same rows: the page's place
among all counted from the profiles themselves instead of from what is kept every night.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
DAY = 86_400_000
EVERY, RICH, PLAIN = 10_000, 200, 4
LOOKS, PEER_LOOKS = 200, 5
PAGE = 20_000
TOPICS = ("咖啡", "火锅", "旅行", "电影", "读书", "健身")
KINDS = ("message.text", "message.text", "click", "article.view", "order", "menu.click")
FACTS = [f'{{"topics": {{"{topic}": 1.0}}, "amount_fen": 4500}}' for topic in TOPICS]
RULES = {
    "beijing": {"attribute": "city", "op": "eq", "value": "北京"},
    "coffee": {"interest": "咖啡", "at_least": 0.05},
    "buyers": {"event": "order", "at_least": 2, "within_days": 365},
}
COLUMNS = {
    "follower": "id, account_id, openid_hash, subscribed, subscribed_at, source_scene, language,"
    " marketing_consent, personalised, blacklisted, stage, window_kind, window_left, held_by,"
    " created_at",
    "profile": "follower_id, state, version, first_seen_at, last_seen_at, messages, orders,"
    " redeemed, spent_fen",
    "event": "account_id, follower_id, kind, at, received_at, source, dedupe, facts, folded",
}


def _rows(account: int, ids: range) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """The rows of these followers by table. The rich ones' profiles are folded afterwards."""
    rng = random.Random(ids.start)
    people, profiles, events = [], [], []
    for who in ids:
        people.append(
            (who, account, f"{who:032x}", True, NOW_MS - 400 * DAY, "", "zh", True, True, False,
             "active", "", 0, "", NOW_MS)
        )  # fmt: skip
        rich = who % EVERY == 0
        if not rich:
            orders = rng.randrange(4)
            state = json.dumps({"kinds": {"click": 9}, "last": 1, "first": 1, "orders": orders})
            seen = NOW_MS - rng.randrange(400 * DAY)
            profiles.append((who, state, 1, seen, seen, 4, orders, 0, orders * 5000))
        for number in range(RICH if rich else PLAIN):
            at = NOW_MS - rng.randrange(380 * DAY)
            events.append(
                (account, who, KINDS[at % len(KINDS)], at, at, "import", f"{who}:{number}",
                 FACTS[at // 7 % len(FACTS)], not rich)
            )  # fmt: skip
    yield from (("follower", people), ("profile", profiles), ("event", events))


def _fill(account: int, count: int) -> None:
    from bot.store.db import run_many, transaction

    for first in range(1, count + 1, PAGE):
        with transaction():
            for table, rows in _rows(account, range(first, min(first + PAGE, count + 1))):
                marks = ",".join("?" * len(COLUMNS[table].split(",")))
                run_many(f"INSERT INTO {table} ({COLUMNS[table]}) VALUES ({marks})", rows)


def _enrich(account: int, rich: list[int]) -> None:
    """Attributes, the fold, segments with their members, the nightly figures."""
    from bot.profile import around, refresh
    from bot.segment import catalogue
    from bot.store import events, picture, segments

    for who in rich:
        events.append(
            account, who, "attribute", at=NOW - timedelta(days=9), received_at=NOW, source="import",
            key=f"city:{who}", facts={"name": "city", "value": "北京"},
        )  # fmt: skip
    refresh.fold_new(NOW)
    picture.reckon(account, NOW)
    around.reckon(account, NOW)
    for slug, rule in RULES.items():
        made = catalogue.define(account, slug, slug, rule, NOW)
        moves = [segments.Move(who, {}) for who in rich]
        segments.move(made.id, moves, [], NOW)


def _peer(follower_id: int) -> None:
    """The place among all as one would ask for it first: counted over everybody."""
    from bot.store.db import fetch

    for column in ("last_seen_at", "orders", "spent_fen"):
        fetch(
            f"SELECT SUM(CASE WHEN {column} < (SELECT {column} FROM profile WHERE follower_id = ?)"
            " THEN 1 ELSE 0 END), COUNT(*) FROM profile",
            (follower_id,),
        )


def _timed(look: Callable[[int], Any], whom: list[int], times: int) -> dict[str, float]:
    spent = []
    for number in range(times):
        started = time.perf_counter()
        look(whom[number % len(whom)])
        spent.append(1000 * (time.perf_counter() - started))
    return {"p50_ms": round(median(spent), 2), "p95_ms": round(quantiles(spent, n=20)[-1], 2)}


def run(count: int = 100_000) -> dict[str, object]:
    """Times and statements of one page, of one call, and of the peer."""
    from bot.app import create_app
    from bot.build import build
    from bot.inbox.context import Handled
    from bot.profile.showing import page_link
    from bot.settings import Settings
    from bot.store import accounts
    from bot.values.replies import NO_REPLY

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_env(
            {
                "HONGYAN_DATABASE_URL": f"sqlite:///{Path(folder)}/hongyan.db",
                "HONGYAN_SECRET_KEYS": KEY,
                "HONGYAN_WECHAT_API_URL": "http://127.0.0.1:9",
                "HONGYAN_LOG_LEVEL": "error",
            }
        )
        services = build(settings, clock=lambda: NOW)
        account = services.account_of("default").id
        count = max(count, EVERY)
        _fill(account, count)
        rich = list(range(EVERY, count + 1, EVERY))
        _enrich(account, rich)
        browser = create_app(services, lambda *_: Handled(NO_REPLY, "none")).test_client()
        key = {"Authorization": f"Bearer {accounts.new_api_key(account, 'bench', NOW)}"}
        links = {who: page_link("", who, f"operator:{who}", NOW).url for who in rich}
        asked: list[str] = []
        execute = services.store.db.execute_sql
        services.store.db.execute_sql = lambda *of: asked.append(of[0]) or execute(*of)  # type: ignore[method-assign,func-returns-value]

        def page(who: int) -> None:
            assert browser.get(links[who]).status_code == 200

        def call(who: int) -> None:
            told = browser.get(f"/api/v1/followers/{who}/picture", headers=key)
            assert told.status_code == 200, told.text

        read: list[None] = []
        services.store.db.connection().row_factory = lambda _, row: read.append(None) or row  # type: ignore[func-returns-value]
        page(rich[0])
        statements, rows = len(asked), len(read)
        services.store.db.connection().row_factory = None
        looks = min(LOOKS, 100 * len(rich))
        found: dict[str, object] = {
            "followers": count,
            "events": count * PLAIN + len(rich) * (RICH - PLAIN),
            "page": {**_timed(page, rich, looks), "statements": statements, "rows": rows},
            "api": _timed(call, rich, looks),
            "peer_place_only": _timed(_peer, rich, PEER_LOOKS),
            "size_mb": round(os.path.getsize(Path(folder) / "hongyan.db") / 1e6),
        }
        services.store.close()
    return found
