"""Segments at scale: ten and fifty typical rules over many followers, beside hand-written SQL.

    python -m benchmarks.segments [--followers 1000000] [--folder DIR] [--postgres]
    python -m benchmarks segments [--requests 100000]

The store is made once in the folder and copied for a run. Measured: the first filling, a full
refresh of what is filled already, the refresh after one follower in a hundred changed, and the
estimate of a new rule. Peers, in turn with ours, on the same store: for each rule the best SQL that
we could write by hand, into a table with the same indexes and references (and, for the changed,
one pass of it over just them), and peewee's objects in a loop, over a sample that is scaled up.
CPU seconds are of this process; on PostgreSQL only the clock tells, as the server works elsewhere.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.segments_rules import NOW, TAGS, Shape, shapes
from benchmarks.segments_store import KEY, load_postgres, load_sqlite
from bot.clock import to_ms
from bot.segment.catalogue import define, preview
from bot.segment.refresh import refresh_all
from bot.store import accounts
from bot.store import segments as store
from bot.store.db import fetch, is_sqlite, open_store, run_many, transaction
from bot.store.db import run as execute
from bot.store.models import Follower, FollowerTag, Profile
from bot.values.interest import DAY_MS

SAMPLE = 300  # followers that the peer in a loop looks at


def measured(work: Callable[[], Any]) -> dict[str, float]:
    began, cpu = time.perf_counter(), time.process_time()
    work()
    took = {"seconds": time.perf_counter() - began}
    if is_sqlite():
        took["cpu"] = time.process_time() - cpu
    return {name: round(value, 2) for name, value in took.items()}


# --- the hand-written peer ---------------------------------------------------------------------


def _by_hand(wanted: dict[int, Shape]) -> None:
    """Every rule's followers into a table, anew."""
    execute("DELETE FROM peer_member")
    for number, shape in wanted.items():
        with transaction():
            row = f"{number}, s.id, {to_ms(NOW)}"
            execute(f"INSERT INTO peer_member SELECT {row} FROM ({_sql(shape)}) s", shape.params)


def _by_hand_changed(wanted: dict[int, Shape]) -> None:
    """For each rule: who is in of the changed, and what differs from the table."""
    for number, shape in wanted.items():
        group = " GROUP BY"
        text = _sql(shape)
        only = " AND x.follower_id IN (SELECT c.id FROM peer_changed c)"
        text = text.replace(group, only + group) if group in text else text + only
        with transaction():
            execute(
                f"DELETE FROM peer_member WHERE segment_id = {number} AND follower_id IN"
                f" (SELECT c.id FROM peer_changed c) AND follower_id NOT IN ({text})",
                shape.params,
            )
            execute(
                f"INSERT INTO peer_member SELECT {number}, s.id, {to_ms(NOW)} FROM ({text}) s"
                " WHERE NOT EXISTS (SELECT 1 FROM peer_member m WHERE m.follower_id = s.id"
                f" AND m.segment_id = {number})",
                shape.params,
            )


def _sql(shape: Shape) -> str:
    amount = "json_extract(x.facts, '$.amount_fen')"
    return shape.sql.replace(
        "{amount}", amount if is_sqlite() else "CAST(x.facts::jsonb ->> 'amount_fen' AS BIGINT)"
    )


def _peer_tables() -> None:
    execute("CREATE TABLE peer_changed (id BIGINT PRIMARY KEY)")
    execute(
        "CREATE TABLE peer_member (segment_id INTEGER NOT NULL REFERENCES segment (id),"
        " follower_id BIGINT NOT NULL REFERENCES follower (id), since BIGINT NOT NULL)"
    )
    execute("CREATE UNIQUE INDEX peer_member_segment ON peer_member (segment_id, follower_id)")
    execute("CREATE INDEX peer_member_follower ON peer_member (follower_id)")


# --- the peer in a loop ------------------------------------------------------------------------


def _by_objects(count: int) -> dict[str, float]:
    """Three of the ten rules' kinds over objects; scaled to everybody and to ten rules."""
    people = Follower.select(Follower.id, Follower.subscribed).where(Follower.id <= SAMPLE)
    began = time.perf_counter()
    for person in people:
        profile = Profile.get_by_id(person.id)
        tags = {row.tag for row in FollowerTag.select().where(FollowerTag.follower == person.id)}
        _ = (person.subscribed and profile.orders >= 1, TAGS[1] in tags)
    seconds = time.perf_counter() - began
    return {"seconds": round(seconds / SAMPLE * count)}


# --- ours --------------------------------------------------------------------------------------


def _change(account_id: int, count: int) -> None:
    """One in a hundred, of those seen in the last 30 days, says something; each fifth of them gets
    or loses a tag."""
    since = to_ms(NOW) - 30 * DAY_MS
    seen = fetch("SELECT follower_id FROM profile WHERE last_seen_at >= ? ORDER BY 1", (since,))
    ids = [row[0] for row in seen[:: max(1, len(seen) * 100 // count)]]
    with transaction():
        run_many(
            "UPDATE profile SET last_seen_at = ?, messages = messages + 1 WHERE follower_id = ?",
            [(to_ms(NOW) - 1, one) for one in ids],
        )
        run_many(
            "DELETE FROM follower_tag WHERE follower_id = ? AND tag = ?",
            [(one, TAGS[10]) for one in ids[::5]],
        )
        run_many(
            "INSERT INTO follower_tag (follower_id, tag, weight, source, since)"
            " SELECT f.id, ?, 1, 'rule', 0 FROM follower f WHERE f.id = ? AND NOT EXISTS"
            " (SELECT 1 FROM follower_tag t WHERE t.follower_id = f.id AND t.tag = ?)",
            [(TAGS[20], one, TAGS[20]) for one in ids[::5]],
        )
        run_many("INSERT INTO peer_changed (id) VALUES (?)", [(one,) for one in ids])
        store.mark_dirty(ids)


def _moved() -> int:
    return int(fetch("SELECT COUNT(*) FROM segment_change")[0][0])


def _checked(account_id: int, wanted: dict[str, Shape]) -> None:
    """Both know the same members, or nothing that was measured is worth anything."""
    for slug in wanted:
        mine = store.by_slug(account_id, slug)
        theirs = fetch("SELECT COUNT(*) FROM peer_member WHERE segment_id = ?", (mine.id,))
        if mine.size != theirs[0][0]:
            raise AssertionError(f"{slug}: {mine.size} members, by hand {theirs[0][0]}")


def _round(account_id: int, count: int, many: int) -> dict[str, Any]:
    wanted = shapes(many)
    for slug, shape in wanted.items():
        define(account_id, slug, slug, shape.rule, NOW)
    by_id = {store.by_slug(account_id, slug).id: shape for slug, shape in wanted.items()}
    found: dict[str, Any] = {}
    found["first filling"] = measured(lambda: refresh_all(NOW, account_id))
    found["by hand, first filling"] = measured(lambda: _by_hand(by_id))
    found["full"] = measured(lambda: refresh_all(NOW, account_id, full=True))
    found["by hand, full"] = measured(lambda: _by_hand(by_id))
    _checked(account_id, wanted)
    _change(account_id, count)
    found["changed"], before = len(store.dirty(account_id, count)), _moved()
    found["1 % changed"] = measured(lambda: refresh_all(NOW, account_id))
    found["moves among them"] = _moved() - before
    found["by hand, 1 % changed"] = measured(lambda: _by_hand_changed(by_id))
    _checked(account_id, wanted)
    rule = {"all": [next(iter(wanted.values())).rule, {"tag": TAGS[3]}]}
    found["estimate"] = measured(lambda: preview(account_id, rule, NOW))
    key = "cpu" if is_sqlite() else "seconds"  # the clock tells of others' work, too
    found["ratios"] = {
        "full to by hand": round(found["full"][key] / found["by hand, full"][key], 3),
        "first filling to by hand": round(
            found["first filling"][key] / found["by hand, first filling"][key], 3
        ),
        "1 % changed to full": round(found["1 % changed"][key] / found["full"][key], 3),
        "1 % changed to by hand": round(
            found["1 % changed"][key] / found["by hand, 1 % changed"][key], 3
        ),
    }
    return found


# --- stores ------------------------------------------------------------------------------------


@contextmanager
def _sqlite(folder: Path, count: int) -> Iterator[int]:
    kept = folder / f"segments-{count}.db"
    if not kept.exists():
        made = folder / f"segments-{count}.making"
        opened = open_store(f"sqlite:///{made}", [KEY])
        account_id = accounts.ensure_default("wxbenchmark00000", "service", NOW)
        opened.close()
        load_sqlite(made, account_id, count)
        made.rename(kept)
    with tempfile.TemporaryDirectory(dir=folder) as own:
        shutil.copyfile(kept, Path(own, "hongyan.db"))
        opened = open_store(f"sqlite:///{own}/hongyan.db", [KEY])
        yield accounts.by_slug("default").id
        opened.close()


@contextmanager
def _postgres(folder: Path, count: int) -> Iterator[int]:
    from tests.support.postgres import PostgresServer

    server = PostgresServer()
    try:
        opened = open_store(server.new_database(), [KEY])
        account_id = accounts.ensure_default("wxbenchmark00000", "service", NOW)
        load_postgres(opened.db.connection(), account_id, count)
        yield account_id
        opened.close()
    finally:
        server.stop()


def run(count: int = 100_000, folder: Path | None = None, postgres: bool = False) -> dict[str, Any]:
    """Ten rules, then fifty, each on a store of its own."""
    kept = folder or Path(tempfile.gettempdir(), "hongyan-benchmarks")
    kept.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {"followers": count, "store": "PostgreSQL" if postgres else "SQLite"}
    for many in (10, 50):
        with (_postgres if postgres else _sqlite)(kept, count) as account_id:
            _peer_tables()
            if many == 10:
                found["peewee objects in a loop, scaled"] = _by_objects(count)
            found[f"{many} rules"] = _round(account_id, count, many)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return found | {"peak MB": round(peak)}


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.segments")
    parser.add_argument("--followers", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--postgres", action="store_true")
    given = parser.parse_args()
    found = run(given.followers, given.folder, given.postgres)
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    _main()
