"""Journeys: many people due at once, moved in batches, beside a loop that moves one by one.

    python -m benchmarks journeys [--requests 20000] [--postgres]
    nice python -m benchmarks.journeys --runs 1000000

Everybody stands at a wait that is over, then comes to a branch by a tag, a message (a ledger row)
and another wait. Ours reads, decides and writes 300 at a time. The peer does the same work on the
same store with peewee's objects, one follower after another, a transaction each, over a sample.
`look_ms` is the question who is due, asked when nobody and when everybody is. CPU is of this
process; on PostgreSQL only the clock tells, as the server works elsewhere.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.segments_store import KEY
from bot import journey
from bot.clock import to_ms
from bot.journey.working import advance_batch
from bot.store import accounts, campaigns, journey_runs, journeys
from bot.store.db import Store, open_store, run_many, transaction
from bot.store.models import FollowerTag, JourneyRun, Send

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
URL = "https://h.example"
PEER = 500
JOURNEY: dict[str, Any] = {
    "slug": "bench",
    "name": "bench",
    "trigger": {"when": "manual"},
    "steps": [
        {"id": "wait", "wait": {"days": 1}},
        {"id": "vip", "branch": {"ways": [{"if": {"tag": "vip"}, "to": "gift"}], "else": "hello"}},
        {"id": "gift", "send": {"purpose": "marketing", "text": "vip"}, "next": "rest"},
        {"id": "hello", "send": {"purpose": "marketing", "text": "hello"}},
        {"id": "rest", "wait": {"days": 7}},
        {"id": "end", "end": "finished"},
    ],
}


def _people(account_id: int, journey_id: int, count: int) -> None:
    at = to_ms(NOW)
    with transaction():
        run_many(
            "INSERT INTO follower (account_id, openid_hash, subscribed, source_scene, language,"
            " marketing_consent, personalised, blacklisted, stage, window_kind, window_left,"
            " created_at, held_by) VALUES (?, ?, TRUE, '', 'zh', TRUE, TRUE, FALSE, 'active', '',"
            " 0, ?, '')",
            [(account_id, f"{n:032x}", at) for n in range(count)],
        )
        run_many(
            "INSERT INTO follower_tag (follower_id, tag, weight, source, since)"
            " SELECT id, 'vip', 1, 'rule', ? FROM follower WHERE MOD(id, 3) = 0",
            [(at,)],
        )
        run_many(
            "INSERT INTO journey_run (journey_id, follower_id, entry, version, step, since,"
            " wake_at, held_out, heeds, entered_by, outcome, trace, entered_at, goal_until)"
            " SELECT ?, id, 1, 1, 'wait', ?, ?, FALSE, TRUE, 'manual', '', '[]', ?, ?"
            " FROM follower",
            [(journey_id, at, at + 86_400_000, at, at)],
        )


def _looked(journey_id: int, now: datetime) -> float:
    began = time.perf_counter()
    for _ in range(20):
        with transaction():
            journey_runs.due(journey_id, now, 300)
    return round((time.perf_counter() - began) / 20 * 1000, 2)


def _one_by_one(now: datetime, most: int) -> int:
    """The peer: what a framework's objects make of it."""
    account = accounts.by_slug("default").id
    held = journeys.by_slug(account, "bench")
    slugs = journeys.version(held.id, 1).actions
    moved = 0
    due = JourneyRun.select().where((JourneyRun.wake_at <= now) & (JourneyRun.step == "wait"))
    for one in list(due.limit(most)):
        with transaction():
            vip = (
                FollowerTag.select()
                .where((FollowerTag.follower == one.follower_id) & (FollowerTag.tag == "vip"))
                .exists()
            )
            step = "gift" if vip else "hello"
            campaign = campaigns.by_slug(account, slugs[step])
            Send.create(
                campaign=campaign.id, generation=one.entry, follower=one.follower_id,
                variant="a", planned_at=now, not_before=now,
            )  # fmt: skip
            one.trace = [*one.trace, ["wait", to_ms(now), "over"], [step, to_ms(now), ""]]
            one.step, one.since, one.wake_at = "rest", now, now + timedelta(days=7)
            one.save()
        moved += 1
    return moved


def _measured(store: Store, count: int, cpu: bool) -> dict[str, Any]:
    account_id = accounts.ensure_default("wxdevelopment0000", "service", NOW)
    journey.define(account_id, JOURNEY, NOW)
    number = journey.start(account_id, "bench", NOW).id
    _people(account_id, number, count)
    clock = time.process_time if cpu else time.perf_counter
    later = NOW + timedelta(days=1)
    looks = {"nobody_due": _looked(number, NOW), "all_due": _looked(number, later)}
    began = clock()
    peer = _one_by_one(later, min(PEER, count // 4))
    theirs = (clock() - began) / peer * 1e6
    began, moved = clock(), 0
    while done := advance_batch(number, URL, later):
        moved += done
    ours = (clock() - began) / moved * 1e6
    return {
        "runs": count,
        "look_ms": looks,
        "us_a_run": round(ours, 1),
        "peer_us_a_run": round(theirs, 1),
        "times_faster": round(theirs / ours, 1),
        "of": "cpu" if cpu else "clock",
    }


def run(count: int = 20_000, postgres: bool = False) -> dict[str, Any]:
    if postgres:
        from tests.support.postgres import PostgresServer

        server = PostgresServer()
        try:
            store = open_store(server.new_database(), [KEY])
            found = _measured(store, count, cpu=False)
            store.close()
            return found
        finally:
            server.stop()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder)}/bench.db", [KEY])
        found = _measured(store, count, cpu=True)
        store.close()
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--postgres", action="store_true")
    given = parser.parse_args()
    json.dump(run(given.runs, given.postgres), sys.stdout, indent=1)
    sys.stdout.write("\n")
