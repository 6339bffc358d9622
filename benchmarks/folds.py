"""Folding a log: a backlog that waits, and everything again, beside one event a transaction.

    python -m benchmarks folds [--requests 1000000] [--postgres]

A made log of so many events (200,000) over a twentieth as many followers, in the order of time, so
that those of a follower lie far apart: messages with topics, menu clicks, articles, links, coupons,
orders, attributes, tags. `fold` takes it as an import's backlog that nobody has folded; `rebuild`
is `hongyan profiles rebuild` with 1 and with 2 processes, its start included. Beside each a third
process does what callbacks do: 20 times a second it appends an event, measures how long it waits
for that, and while there is folding until the event is in its profile.

The peer is what one writes first: peewee's models, for each event a transaction that loads the
profile, adds the event and saves what differs; on a sample of 2,000, for it is slow. Each runs in a
process of its own; CPU is that of the process and its children, memory the peak of the largest.
Other work on the machine stretches the clock more than the CPU.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
YEAR_MS = 365 * 86_400_000
PEER_SAMPLE = 2000
ROOT = Path(__file__).resolve().parents[1]
TOPICS = ("咖啡", "火锅", "酒店", "奶茶", "烘焙", "健身", "亲子", "旅行", "美妆", "数码")
Facts = dict[str, Any]


def _topics(rng: random.Random) -> Facts:
    return {"topics": {rng.choice(TOPICS): 1}} if rng.random() < 0.5 else {}


# kind, of a hundred events so many, its facts
KINDS: tuple[tuple[str, int, Callable[[random.Random], Facts]], ...] = (
    ("message.text", 30, _topics),
    ("menu.click", 10, lambda rng: {}),
    ("article.view", 14, _topics),
    ("click", 12, _topics),
    ("coupon.issued", 6, lambda rng: {"batch": rng.randrange(9)}),
    ("coupon.claimed", 3, _topics),
    ("coupon.redeemed", 2, _topics),
    ("order", 4, lambda rng: {"amount_fen": rng.randrange(900, 50_000), **_topics(rng)}),
    ("attribute", 6, lambda rng: {"name": rng.choice(("city", "level", "age")), "value": "北京"}),
    ("tag", 5, lambda rng: {"tag": rng.choice(("vip", "new", "coffee")), "on": rng.random() < 0.9}),
    ("subscribe", 4, lambda rng: {"scene": "qr"}),
    ("scan", 2, lambda rng: {}),
    ("preference", 2, _topics),
)


def make(count: int) -> None:
    """Fill the open store; the first followers did most, as in life."""
    from bot.store.db import run_many, transaction
    from bot.store.fields import Holder

    rng = random.Random(7)
    people = max(1, count // 20)
    kinds, weights = [row[0] for row in KINDS], [row[1] for row in KINDS]
    facts_of = {row[0]: row[2] for row in KINDS}
    with transaction():
        run_many(
            "INSERT INTO follower (account_id, openid_hash, subscribed, subscribed_at, created_at,"
            " source_scene, language, marketing_consent, personalised, blacklisted, stage,"
            " window_kind, window_left, held_by) VALUES (1, ?, TRUE, ?, ?, '', 'zh', TRUE, TRUE,"
            " FALSE, 'new', '', 0, '')",
            [
                (Holder.vault.blind(f"o{n}", "follower.openid"), NOW_MS, NOW_MS)
                for n in range(people)
            ],
        )
    columns = "account_id, follower_id, kind, at, received_at, source, dedupe, facts, folded"
    sql = f"INSERT INTO event ({columns}) VALUES (1, ?, ?, ?, ?, 'import', ?, ?, FALSE)"
    for start in range(0, count, 10_000):
        rows = []
        for number in range(start, min(count, start + 10_000)):
            kind = rng.choices(kinds, weights)[0]
            at = NOW_MS - YEAR_MS + YEAR_MS * number // count
            facts = json.dumps(facts_of[kind](rng), ensure_ascii=False)
            who = 1 + int(people * rng.random() ** 1.2)
            rows.append((who, kind, at, at, f"{number:032x}", facts))
        with transaction():
            run_many(sql, rows)


def _fold(count: int, url: str) -> dict[str, Any]:
    from bot.profile.refresh import fold_new

    done = 0
    while done < count:
        done += fold_new(NOW)
    return {"events": done}


def _rebuild(processes: int) -> Callable[[int, str], dict[str, Any]]:
    def rebuild(count: int, url: str) -> dict[str, Any]:
        ended = subprocess.run(
            [sys.executable, "-m", "bot", "profiles", "rebuild", "--json", "--restart",
             "--processes", str(processes)],
            env={**os.environ, "HONGYAN_DATABASE_URL": url, "HONGYAN_SECRET_KEYS": KEY,
                 "HONGYAN_WECHAT_API_URL": "http://127.0.0.1:9"},
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found = json.loads(ended.stdout)
        return {"events": count, **{name: found[name] for name in ("profiles", "changed")}}

    return rebuild


def _peer(count: int, url: str) -> dict[str, Any]:
    """One event, one transaction: load the state, add the event, save what differs."""
    from bot.profile import features
    from bot.profile.fold import fold
    from bot.store.models import Event, Profile, database
    from bot.values.facts import FoldEvent

    sample = list(Event.select().order_by(Event.id).limit(PEER_SAMPLE))
    for event in sample:
        with database.atomic():
            profile, _ = Profile.get_or_create(follower=event.follower_id)
            at, before = int(event.at.timestamp() * 1000), features.projection(profile.state)
            told = FoldEvent(event.dedupe, event.kind, at, event.facts)
            profile.state = fold(profile.state, [told])
            view = features.projection(profile.state)
            profile.messages, profile.orders, profile.redeemed, profile.spent_fen = (
                view.messages, view.orders, view.redeemed, view.spent_fen
            )  # fmt: skip
            profile.version += 1
            profile.save()
            _save_rows(event, before, view)
            event.folded = True
            event.save(only=[Event.folded])
    return {"events": len(sample)}


def _save_rows(event: Any, before: Any, view: Any) -> None:
    from bot.store.models import FollowerInterest, FollowerTag

    who = event.follower_id
    for topic, level in view.interests.items():
        if before.interests.get(topic) != level:
            row = FollowerInterest.update(level=level).where(
                (FollowerInterest.follower == who) & (FollowerInterest.topic == topic)
            )
            if not row.execute():
                FollowerInterest.insert(follower=who, topic=topic, level=level).execute()
    for tag in view.tags.keys() - before.tags.keys():
        FollowerTag.insert(follower=who, tag=tag, since=event.at).execute()


WORK: dict[str, Callable[[int, str], dict[str, Any]]] = {
    "fold": _fold, "rebuild1": _rebuild(1), "rebuild2": _rebuild(2), "peer": _peer,
}  # fmt: skip


# --- what callbacks do meanwhile -----------------------------------------------------------------


def _beside(url: str, stop: Path) -> dict[str, Any]:
    """Append an event 20 times a second until `stop` is there."""
    from bot.store import events
    from bot.store.db import fetch

    waits: list[float] = []
    fresh: list[float] = []
    waiting: dict[int, float] = {}
    while not stop.exists():
        began = time.perf_counter()
        new = events.append(
            1, 1 + len(waits) % 50, "message.text", at=NOW, received_at=NOW, source="callback",
            key=f"{time.time_ns()}", facts={},
        )  # fmt: skip
        waits.append(time.perf_counter() - began)
        assert new is not None
        waiting[new] = began
        time.sleep(0.05)
        marks = ",".join(map(str, waiting))
        for (done,) in fetch(f"SELECT id FROM event WHERE folded = TRUE AND id IN ({marks})"):
            fresh.append(time.perf_counter() - waiting.pop(done))
    found: dict[str, Any] = {"appended": len(waits), **_spread("wait_ms", waits)}
    return found | (_spread("until_folded_ms", fresh) if fresh else {})


def _spread(name: str, seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        f"{name}_median": round(ordered[len(ordered) // 2] * 1000, 1),
        f"{name}_p99": round(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1000, 1),
        f"{name}_longest": round(ordered[-1] * 1000, 1),
    }


@contextmanager
def _callbacks(url: str) -> Iterator[dict[str, Any]]:
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        stop = Path(folder, "stop")
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.folds", "beside", url, str(stop)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        yield found
        stop.touch()
        found |= json.loads(process.communicate(timeout=60)[0])


# --- measuring -----------------------------------------------------------------------------------


def _opened(url: str) -> Any:
    from bot.store import accounts
    from bot.store.db import open_store

    store = open_store(url, [KEY])
    accounts.ensure_default("wxdevelopment0000", "service", NOW)
    return store


def _in_a_process(name: str, url: str, count: int) -> dict[str, Any]:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.folds", name, url, str(count)],
        capture_output=True, text=True, check=False, cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    if ended.returncode:
        raise RuntimeError(ended.stderr[-2000:])
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _measured(name: str, url: str, count: int) -> dict[str, Any]:
    store = _opened(url)
    began, cpu = time.perf_counter(), _cpu()
    found = WORK[name](count, url)
    seconds, cpu = time.perf_counter() - began, _cpu() - cpu
    store.close()
    peaks = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    events = found["events"]
    return {
        **found,
        "seconds": round(seconds, 2),
        "us_an_event": round(seconds / events * 1e6, 1),
        "cpu_us_an_event": round(cpu / events * 1e6, 1),
        "events_per_second": round(events / seconds),
        "peak_mb": round(max(resource.getrusage(who).ru_maxrss for who in peaks) / 1000),
    }


def run(count: int = 200_000, postgres: bool = False) -> dict[str, object]:
    """All on copies of one made log, one after the other, in this run."""
    with tempfile.TemporaryDirectory() as folder, _database(Path(folder), postgres) as fresh:
        url = fresh(None)
        _in_a_process("make", url, count)
        found: dict[str, object] = {"events": count, "store": url.partition(":")[0]}
        found["peewee, one event a transaction"] = _in_a_process("peer", fresh(url), count)
        for name in ("fold", "rebuild1", "rebuild2"):
            with _callbacks(url) as callbacks:
                measured = _in_a_process(name, url, count)
            if name != "fold":  # nobody folds on during a rebuild: no scheduler runs here
                callbacks = {k: v for k, v in callbacks.items() if "folded" not in k}
            found[name] = {**measured, "callbacks": callbacks}
        return found


@contextmanager
def _database(folder: Path, postgres: bool) -> Iterator[Callable[[str | None], str]]:
    """Makes an empty store (None) or a copy of one, and says its URL."""
    if not postgres:

        def copied(url: str | None) -> str:
            target = folder / f"{'copy' if url else 'folds'}.db"
            if url:
                shutil.copyfile(url.removeprefix("sqlite:///"), target)
            return f"sqlite:///{target}"

        yield copied
        return
    from tests.support.postgres import PostgresServer

    server = PostgresServer()
    try:
        yield lambda url: server.new_database(**({"like": url.rpartition("/")[2]} if url else {}))
    finally:
        server.stop()


def _main() -> None:
    name, url, what = sys.argv[1:4]
    if name == "beside":
        store = _opened(url)
        found = _beside(url, Path(what))
        store.close()
    elif name == "make":
        store = _opened(url)
        make(int(what))
        store.close()
        found = {}
    else:
        found = _measured(name, url, int(what))
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    _main()
