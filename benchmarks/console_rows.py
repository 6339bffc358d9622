"""Rows in bulk for the house of `benchmarks console`, by the driver; the rest: console_store.py.

A follower has what benchmarks/segments_store.py gives him, and here a stage, a source, a word of
consent and a score; a row in each of two runs; half of them are in a journey, a tenth has written.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from benchmarks.segments_rules import NOW
from benchmarks.segments_store import load_sqlite
from bot.clock import to_ms

MS = to_ms(NOW)
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
CHATS_MOST, JOURNEY_MOST = 100_000, 500_000
RUNNING, OVER, JOURNEY = "everybody", "autumn", "welcome-half"
_LEFT = "CASE WHEN f.subscribed THEN NULL ELSE f.created_at + 86400000 * (1 + f.id % 90) END"
_STATES = {  # of a hundred rows of a run: up to which number
    RUNNING: "WHEN n < 55 THEN 'sent' WHEN n < 58 THEN 'failed' WHEN n < 63 THEN 'skipped'"
    " WHEN n < 73 THEN 'held_out' ELSE 'intended'",
    OVER: "WHEN n < 80 THEN 'sent' WHEN n < 83 THEN 'failed' WHEN n < 88 THEN 'skipped'"
    " ELSE 'held_out'",
}
_SENDS = f"""
INSERT INTO send (campaign_id, generation, step, follower_id, state, purpose, variant, channel,
 skip, planned_at, not_before, claimed_at, first_claimed_at, claimed_by, attempts, sent_at,
 settled_at, errcode, error, reasons, subject, client_id, msgid, content, delivered_at)
SELECT :campaign, :run, 'offer', id, state, 'marketing',
 CASE WHEN state = 'held_out' THEN '' WHEN id % 2 THEN 'plain' ELSE 'warm' END,
 CASE WHEN state IN ('sent', 'failed') THEN 'customer_service' ELSE '' END,
 CASE WHEN state <> 'skipped' THEN '' WHEN id % 3 THEN 'frequency_cap' ELSE 'no_consent' END,
 :at, :at, done, done, '', 1, CASE WHEN state = 'sent' THEN done END,
 CASE WHEN state <> 'intended' THEN COALESCE(done, :at) END,
 CASE WHEN state = 'failed' THEN 45015 END, '', '{{}}', '', '', '', '',
 CASE WHEN state = 'sent' AND id % 3 THEN done END
FROM (SELECT id, state, CASE WHEN state IN ('sent', 'failed') THEN :at + id % {2 * HOUR} END AS done
 FROM (SELECT f.id, CASE STATES END AS state FROM (SELECT id, id * 7919 % 100 AS n
 FROM follower WHERE id > :base ORDER BY id LIMIT :most) f))
"""


def fill(path: Path, followers: int) -> None:
    db = sqlite3.connect(path)
    base = int(db.execute("SELECT MAX(id) FROM follower").fetchone()[0])
    db.close()
    load_sqlite(path, 1, followers, base)
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous=off")
    db.execute("PRAGMA cache_size=-800000")
    for some in (_people, _runs, _journey, _chats, _lists, _pictures):
        with db:
            some(db, base, followers)
    db.execute("PRAGMA wal_checkpoint(truncate)")
    db.close()


def _people(db: sqlite3.Connection, base: int, followers: int) -> None:
    """Stages, who left, who refuses, who may be written to, and a word of consent each."""
    db.execute(
        "UPDATE follower AS f SET subscribed_at = f.created_at,"
        f" unsubscribed_at = {_LEFT}, last_inbound_at = ? - f.id % 90 * ?,"
        " stage = CASE WHEN NOT f.subscribed THEN 'gone' WHEN f.id % 10 < 2 THEN 'new'"
        " WHEN f.id % 10 < 5 THEN 'active' WHEN f.id % 10 < 7 THEN 'customer'"
        " WHEN f.id % 10 < 8 THEN 'loyal' ELSE 'sleeping' END,"
        " opted_out_at = CASE WHEN f.id % 40 = 0 THEN ? END,"
        " marketing_consent = f.id % 40 <> 0, blacklisted = f.id % 400 = 0,"
        " source_scene = CASE WHEN f.id % 3 THEN f.source_scene ELSE 'door' || f.id % 300 END"
        " WHERE f.id > ?",
        (MS, DAY, MS - 5 * DAY, base),
    )
    db.execute(
        "INSERT INTO consent (follower_id, purpose, given, at, received_at, how, wording)"
        " SELECT id, 'marketing', marketing_consent, created_at, created_at, 'subscribe', ''"
        " FROM follower WHERE id > ?",
        (base,),
    )
    db.execute(
        "INSERT INTO prediction (follower_id, slug, score, version, computed_at)"
        " SELECT id, 'redeem', id * 7919 % 1000 / 1000.0, 1, ? FROM follower WHERE id > ?",
        (MS - HOUR, base),
    )


# --- campaigns and a journey ----------------------------------------------------------------------


def _copied(db: sqlite3.Connection, table: str, where: str, **changes: Any) -> int:
    """A row once more, changed as named; its number."""
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] != "id"]
    chosen = ", ".join(f":{name}" if name in changes else name for name in columns)
    sql = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} FROM {table} WHERE {where}"
    return int(db.execute(sql, changes).lastrowid or 0)


def _runs(db: sqlite3.Connection, base: int, followers: int) -> None:
    """The small run once more, twice, with everybody: now on its way, and twelve days ago."""
    of = int(db.execute("SELECT id FROM campaign WHERE slug = 'weekend'").fetchone()[0])
    experiment = db.execute("SELECT id FROM experiment LIMIT 1").fetchone()[0]
    for slug, name, at in ((RUNNING, "全体秋日", MS - 2 * HOUR), (OVER, "全体初秋", MS - 12 * DAY)):
        over = slug == OVER
        campaign = _copied(
            db, "campaign", f"id = {of}", slug=slug, name=name, generation=1, due_at=at,
            state="closed" if over else "running", created_at=at - DAY, updated_at=at,
        )  # fmt: skip
        _copied(
            db, "generation", f"campaign_id = {of}", campaign_id=campaign, started_at=at,
            audience=followers, cursor=base + followers, upper=base + followers, planned_at=at,
            sent_at=at + 2 * HOUR if over else None, closed_at=at + 4 * DAY if over else None,
            **({} if over else {"closing": None}),
        )  # fmt: skip
        sql = _SENDS.replace("STATES", _STATES[slug])
        db.execute(sql, {"campaign": campaign, "run": 1, "at": at, "base": base, "most": followers})
        _taps(db, campaign)
        _progress(db, campaign, at, followers)
        if over:
            _copied(db, "post_mortem", f"campaign_id = {of}", campaign_id=campaign)
            _copied(db, "send_sheet", f"campaign_id = {of}", campaign_id=campaign)
        db.execute(
            "INSERT INTO experiment_run (experiment_id, campaign_id, generation, weights)"
            " VALUES (?, ?, 1, '{}')",
            (experiment, campaign),
        )


def _taps(db: sqlite3.Connection, campaign: int) -> None:
    """Every seventh that was sent is opened, every twentieth order is credited."""
    link = db.execute(
        "INSERT INTO link (campaign_id, url, url_hash, created_at) VALUES (?, 'https://e.example',"
        " 'x', ?)",
        (campaign, MS),
    ).lastrowid
    db.execute(
        "INSERT INTO click (link_id, send_id, follower_id, at, automatic, why, address)"
        " SELECT ?, id, follower_id, sent_at + 60000 + id % 3600000, id % 21 = 0, '', '' FROM send"
        " WHERE campaign_id = ? AND state = 'sent' AND id % 7 = 0",
        (link, campaign),
    )
    db.execute(
        "INSERT OR IGNORE INTO conversion (send_id, event_id, at, amount_fen)"
        " SELECT s.id, e.id, s.sent_at + 3600000, 2500 FROM send s JOIN event e"
        " ON e.follower_id = s.follower_id AND e.kind = 'order' WHERE s.campaign_id = ?"
        " AND s.state = 'sent' AND s.id % 20 = 0",
        (campaign,),
    )


def _progress(db: sqlite3.Connection, campaign: int, at: int, followers: int) -> None:
    each = followers // 200
    db.executemany(
        "INSERT INTO send_progress (campaign_id, generation, minute, sent, failed, unknown, again,"
        " skipped, lost) VALUES (?, 1, ?, ?, ?, 0, 0, ?, 0)",
        [(campaign, (at // MINUTE + n) * MINUTE, each, each // 20, each // 10) for n in range(120)],
    )


def _journey(db: sqlite3.Connection, base: int, followers: int) -> None:
    """Half of all, at most, in the journey at its steps, and the rows of its sends."""
    most = min(JOURNEY_MOST, followers // 2)
    (journey,) = db.execute("SELECT id FROM journey WHERE slug = ?", (JOURNEY,)).fetchone()
    definition, actions = db.execute(
        "SELECT definition, actions FROM journey_version WHERE journey_id = ?", (journey,)
    ).fetchone()
    steps = [one["id"] for one in json.loads(definition)["steps"]]
    db.execute("UPDATE journey SET started_at = ? WHERE id = ?", (MS - 30 * DAY, journey))
    names = " ".join(f"WHEN {n} THEN '{one}'" for n, one in enumerate(steps))
    db.execute(
        "INSERT INTO journey_run (journey_id, follower_id, entry, version, step, since, wake_at,"
        " held_out, heeds, entered_by, outcome, trace, entered_at, goal_until, converted_at,"
        f" ended_at) SELECT ?, id, 1, 1, CASE id % {len(steps)} {names} END, ? - id % 86400000,"
        " CASE WHEN id % 10 THEN ? + id % 864000000 END, id % 10 = 1, TRUE, 'subscribe',"
        " CASE WHEN id % 10 THEN '' ELSE 'finished' END, '[]', ? - id * 7 % 2592000000, ?,"
        " CASE WHEN id % 13 = 0 THEN ? END, CASE WHEN id % 10 THEN NULL ELSE ? END"
        " FROM follower WHERE id > ? ORDER BY id LIMIT ?",
        (journey, MS, MS + HOUR, MS - HOUR, MS + 9 * DAY, MS, MS, base, most),
    )
    db.executemany(
        "INSERT OR IGNORE INTO journey_passed (journey_id, version, step, way, held_out, people)"
        " VALUES (?, 1, ?, '', ?, ?)",
        [(journey, one, held, most // (1 + 9 * held)) for one in steps for held in (0, 1)],
    )
    for action in sorted(set(json.loads(actions).values())):
        campaign = db.execute("SELECT id FROM campaign WHERE slug = ?", (action,)).fetchone()
        sql = _SENDS.replace("STATES", _STATES[OVER])
        given = {"campaign": campaign[0], "run": 1, "at": MS - 9 * DAY, "base": base, "most": most}
        db.execute(sql, given)
        _taps(db, campaign[0])


# --- chats, and whatever else is listed -----------------------------------------------------------


def _chats(db: sqlite3.Connection, base: int, followers: int) -> None:
    """A tenth of all wrote twice, a sixth of that today; the words of the small house's chats."""
    most = min(CHATS_MOST, max(100, followers // 10))
    words = db.execute(
        "SELECT e.sealed, i.reply FROM event e JOIN inbox i ON i.event_id = e.id"
        " WHERE e.kind = 'message.text' AND i.reply IS NOT NULL LIMIT 1"
    ).fetchone()
    for turn in (0, 1):
        first = int(db.execute("SELECT MAX(id) FROM event").fetchone()[0])
        db.execute(
            "INSERT INTO event (account_id, follower_id, kind, at, received_at, source, dedupe,"
            " facts, sealed, folded) SELECT 1, id, 'message.text', at, at, 'callback',"
            " 'chat' || ? || '-' || id, '{}', ?, TRUE FROM (SELECT id, CAST(? - 1.0 * (id - ?)"
            " * (id - ?) / ? / ? * 30 * 86400000 AS INTEGER) - ? * 60000 AS at FROM follower"
            " WHERE id > ? ORDER BY id LIMIT ?)",
            (turn, words[0], MS, base, base, most, most, 1 - turn, base, most),
        )
        db.execute(
            "INSERT INTO inbox (event_id, state, attempts, handler, reply, answer, repeats,"
            " handled_ms, error, reason, trace) SELECT id, 'done', 1,"
            " CASE WHEN id % 10 THEN 'text.help' ELSE 'text.fallback' END, ?, 'passive', 0, 12, '',"
            " '', '[]' FROM event WHERE id > ?",
            (words[1], first),
        )
    db.execute(
        "UPDATE follower SET last_inbound_at = (SELECT MAX(at) FROM event e WHERE e.follower_id ="
        " follower.id AND e.kind = 'message.text'), window_kind = 'message', window_left = 5,"
        " window_until = ? + (48 - id % 48) * 3600000 WHERE id > ? AND id <= ?",
        (MS, base, base + most),
    )
    # A shop's bad day: five hundred wait for a person at once, two hundred are being served.
    for owner, low, high in (("queue", 0, 500), ("agent", 500, 700)):
        db.execute(
            "UPDATE follower SET held_by = ?, held_until = ? + id % 3600000"
            " WHERE id > ? AND id <= ?",
            (owner, MS + HOUR, base + low, base + high),
        )
        db.execute(
            "INSERT INTO handoff (follower_id, asked_at, why, agent, accepted_at, outcome)"
            " SELECT id, ?, 'asked', ?, ?, '' FROM follower WHERE id > ? AND id <= ?",
            (MS - HOUR, "operator:boss" if owner == "agent" else "",
             MS - HOUR if owner == "agent" else None, base + low, base + high),
        )  # fmt: skip
    db.execute(
        "INSERT INTO chat_star (follower_id, account_id, starred_by, at) SELECT id, 1,"
        " 'operator:boss', ? + id FROM follower WHERE id > ? AND id <= ?",
        (MS - DAY, base + 100, base + 400),
    )


def _lists(db: sqlite3.Connection, base: int, followers: int) -> None:
    """Long lists: tags on WeChat, QR codes, contents, tasks, job runs, imports, menu versions,
    messages that nothing answered, examples, what was refused and what was left."""
    for number in range(100):
        db.execute(
            "INSERT INTO platform_tag (account_id, tag_id, name, pushed, fans, seen_at)"
            " VALUES (1, ?, ?, ?, ?, ?)",
            (1000 + number, f"t{number:03}", number % 2, number * 1000, MS),
        )
    for number in range(600):
        _copied(
            db, "qr_code", "id = (SELECT MIN(id) FROM qr_code)", scene=f"door{number}",
            name=f"门店 {number}", archived_at=MS if number % 6 == 5 else None,
        )  # fmt: skip
        content = _copied(
            db, "content", "id = (SELECT MIN(id) FROM content)", slug=f"piece-{number}",
            title=f"第 {number} 篇", updated_at=MS - number * HOUR,
        )  # fmt: skip
        _copied(
            db, "content_version", "id = (SELECT MIN(id) FROM content_version)", content_id=content
        )
        _copied(db, "background_task", "id = (SELECT MIN(id) FROM background_task)",
                asked_at=MS - number * HOUR)  # fmt: skip
        _copied(db, "campaign", "slug = 'draft'", slug=f"plan-{number}", name=f"计划 {number}",
                due_at=None, updated_at=MS - number * HOUR)  # fmt: skip
        _copied(db, "import_run", "id = (SELECT MIN(id) FROM import_run)",
                fingerprint=f"{number:032}", started_at=MS - number * HOUR)  # fmt: skip
        _copied(db, "menu_version", "id = (SELECT MIN(id) FROM menu_version)", number=1000 + number)
    db.executemany(
        "INSERT INTO job_run (job, slot, started_at, ended_at, outcome, done, error, owner)"
        " VALUES (?, ?, ?, ?, ?, 3, '', 'a:1')",
        [(("fold", "segments", "campaigns")[n % 3], MS - n * MINUTE, MS - n * MINUTE,
          MS - n * MINUTE + 500, "failed" if n % 50 == 0 else "done") for n in range(100_000)],
    )  # fmt: skip
    _copies(db, "quarantine", "fingerprint", 10_000)
    _copies(db, "example", "text_hash", 10_000, stage="live", source="traffic")
    db.execute(
        "INSERT INTO shadow_answer (event_id, account_id, trial, live, shadow, at)"
        " SELECT event_id, 1, 'draft:1', 'text.help', 'text.fallback', ? FROM inbox"
        " WHERE handler = 'text.fallback' ON CONFLICT DO NOTHING",
        (MS,),
    )
    db.execute(
        "UPDATE inbox SET state = 'dead', error = 'x' WHERE event_id IN"
        " (SELECT event_id FROM inbox ORDER BY event_id DESC LIMIT 5000)"
    )


def _pictures(db: sqlite3.Connection, base: int, followers: int) -> None:
    db.executemany(
        "INSERT INTO picture (account_id, digest, name, format, size, width, height, asked,"
        " media_id, url, why, author, at, thumb_format, thumb) VALUES (1, ?, ?, 'png', 90000, 800,"
        " 600, TRUE, 'm', 'https://p.example', '', 'operator:boss', ?, 'png', ?)",
        [(f"{n:064}", f"图 {n}", MS - n * HOUR, bytes(2000)) for n in range(600)],
    )


def _copies(db: sqlite3.Connection, table: str, unique: str, count: int, **changes: Any) -> None:
    for number in range(count):
        where = f"id = (SELECT MIN(id) FROM {table})"
        _copied(db, table, where, **{unique: f"{number:032}"}, **changes)


def give_codes(path: Path) -> None:
    """Six of ten codes are given, a third of those redeemed, at tills and by orders."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous=off")
    (batch,) = db.execute("SELECT id FROM coupon_batch WHERE slug = 'autumn'").fetchone()
    (first,) = db.execute("SELECT MIN(id) FROM coupon_code WHERE batch_id = ?", (batch,)).fetchone()
    (base,) = db.execute("SELECT MIN(follower_id) FROM prediction").fetchone()
    with db:
        db.execute(
            "UPDATE coupon_code SET state = CASE WHEN id % 10 < 2 THEN 'redeemed' ELSE 'issued'"
            " END,"
            " follower_id = ? + (id - ?) % 90000, purpose = 'bench:' || id,"
            " issued_at = ? - (id - ?) * 13 % 1728000000, expires_at = ? + 864000000,"
            " claimed_at = CASE WHEN id % 10 < 4 THEN ? - (id - ?) * 11 % 1000000000 END,"
            " redeemed_at = CASE WHEN id % 10 < 2 THEN ? - (id - ?) * 7 % 900000000 END"
            " WHERE batch_id = ? AND id % 10 < 6",
            (base, first, MS, first, MS, MS, first, MS, first, batch),
        )
        db.execute(
            "INSERT INTO coupon_use (account_id, code_id, source, shop, order_hash, basket_fen,"
            " discount_fen, at, told) SELECT 1, id, 'api', 'A' || id % 9, 'o' || id, 5000, 1000,"
            " redeemed_at, TRUE FROM coupon_code WHERE batch_id = ? AND state = 'redeemed'",
            (batch,),
        )
    db.close()
