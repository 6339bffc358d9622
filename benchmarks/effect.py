"""What a campaign came to, of N sends: funnel, effect, attribution, and outcomes into the log.

    python -m benchmarks effect [--requests 1000000]

Every send carries a coupon code; a fifth is opened (and as many taps are programs'), a tenth is
claimed, two in a hundred redeemed, six in a hundred buy; a twentieth is held out. The peer, in this
run and on the same rows: what a first report does, a query a send for its taps, its code and its
orders through the ORM, on a sample of the sends, by the time each takes.
"""

from __future__ import annotations

import os
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
MS = int(NOW.timestamp() * 1000)
HOUR, DAY = 3_600_000, 86_400_000
PAGE, SAMPLE = 20_000, 5_000
COLUMNS = {
    "follower": "id, account_id, openid_hash, subscribed, subscribed_at, source_scene, language,"
    " marketing_consent, personalised, blacklisted, stage, window_kind, window_left, held_by,"
    " created_at",
    "coupon_code": "id, batch_id, code_hash, code, state, follower_id, purpose, issued_at,"
    " claimed_at, redeemed_at",
    "send": "id, campaign_id, generation, step, follower_id, state, purpose, variant, channel,"
    " skip, batch_id, coupon_code, subject, client_id, msgid, planned_at, not_before, claimed_at,"
    " sent_at, settled_at, claimed_by, attempts, error, reasons, content",
    "click": "link_id, send_id, follower_id, at, automatic, why, address",
    "event": "id, account_id, follower_id, kind, at, received_at, source, dedupe, facts, folded",
    "conversion": "send_id, event_id, at, amount_fen",
    "segment_member": "segment_id, follower_id, since",
}
Rows = dict[str, list[tuple[Any, ...]]]


def _rows(account: int, ids: range) -> Rows:
    """Of these followers; the number of a row is its follower's."""
    rng = random.Random(ids.start)
    rows: Rows = {table: [] for table in COLUMNS}
    for who in ids:
        rows["follower"].append(
            (who, account, f"{who:032x}", True, MS, "", "zh", True, True, False, "active", "", 0,
             "", MS)
        )  # fmt: skip
        rows["segment_member"].append((1, who, 0))
        if who % 3 == 0:
            rows["segment_member"].append((2, who, 0))
        luck, at = rng.random(), MS + rng.randrange(HOUR)
        held_out, variant = who % 20 == 0, "ab"[who % 2]
        rows["send"].append(
            (who, 1, 1, "offer", who, "held_out" if held_out else "sent", "marketing",
             "" if held_out else variant, "" if held_out else "customer_service", "", 1,
             None if held_out else who, "", "", "", MS, MS, None if held_out else at,
             None if held_out else at, at, "", 1, "", "{}", "")
        )  # fmt: skip
        if held_out:
            continue
        claimed, redeemed = luck < 0.1, luck < 0.02
        rows["coupon_code"].append(
            (who, 1, f"{who:032x}", b"", "redeemed" if redeemed else "issued", who, f"send:{who}",
             at, at + HOUR if claimed else None, at + DAY if redeemed else None)
        )  # fmt: skip
        if luck < 0.2:
            rows["click"] += [(1, who, who, at + 9000, False, "", ""),
                              (1, who, who, at + 100, True, "sudden", "")]  # fmt: skip
        if luck < 0.04 or luck > 0.98:
            fen = rng.randrange(500, 20_000)
            facts = f'{{"amount_fen": {fen}}}'
            rows["event"].append(
                (who, account, who, "order", at + DAY, at + DAY, "order", f"{who}", facts, True)
            )
            if redeemed:
                rows["conversion"].append((who, who, at + DAY, fen))
    return rows


def _fill(account: int, count: int) -> None:
    from bot.store.db import run, run_many, transaction

    run(
        "INSERT INTO campaign (id, account_id, slug, name, state, definition, generation, error,"
        " created_at, updated_at, kind, priority) VALUES (1, ?, 'c', 'c', 'closed', '{}', 1, '',"
        " ?, ?, 'push', 50)",
        (account, MS, MS),
    )
    run(
        "INSERT INTO generation (campaign_id, number, definition, started_at, cursor, upper,"
        " audience, sent_at, closed_at) VALUES (1, 1, '{\"attribution_days\": 7}', ?, 0, 0, ?, ?,"
        " ?)",
        (MS, count, MS + HOUR, MS + 8 * DAY),
    )
    run("INSERT INTO link (id, campaign_id, url, url_hash, created_at) VALUES (1, 1, '/', '', 0)")
    for first in range(1, count + 1, PAGE):
        with transaction():
            for table, rows in _rows(account, range(first, min(first + PAGE, count + 1))).items():
                marks = ",".join("?" * len(COLUMNS[table].split(",")))
                run_many(f"INSERT INTO {table} ({COLUMNS[table]}) VALUES ({marks})", rows)


def _timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """(seconds, CPU seconds, result)"""
    began, cpu = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - began, time.process_time() - cpu, result


def _peer(count: int) -> dict[str, Any]:
    """Each send of a sample asked for by itself."""
    from bot.store.models import Click, Conversion, CouponCode, Event, Send

    def ask() -> None:
        for row in Send.select().where(Send.id <= min(SAMPLE, count)):
            Click.select().where((Click.send == row.id) & (Click.automatic == False)).count()  # noqa: E712
            CouponCode.select(CouponCode.claimed_at, CouponCode.redeemed_at).where(
                CouponCode.id == row.coupon_code
            ).first()
            sum(one.amount_fen for one in Conversion.select().where(Conversion.send == row.id))
            list(
                Event.select().where((Event.follower == row.follower_id) & (Event.kind == "order"))
            )

    seconds, cpu, _ = _timed(ask)
    each = min(SAMPLE, count)
    return {
        "sends": each, "us_each": round(seconds / each * 1e6),
        "seconds_for_all": round(seconds / each * count, 1), "cpu_us_each": round(cpu / each * 1e6),
    }  # fmt: skip


def _measures(account: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    from zoneinfo import ZoneInfo

    from bot.effect import outcomes, postmortem, reporting
    from bot.effect.attribution import Model
    from bot.effect.crediting import How, attribute
    from bot.effect.funnel import By
    from bot.effect.increment import change
    from bot.store import campaigns, effect_overlap
    from bot.store.effect_responses import Arm

    later = NOW + timedelta(days=9)
    campaign = campaigns.get(1)
    zone = ZoneInfo("Asia/Shanghai")
    arm = Arm(1, 1, timedelta(days=7))
    one, other = (effect_overlap.aimed(account, {"any": [slug]}) for slug in ("all", "third"))
    yield "funnel by variant", lambda: reporting.funnel(campaign, later, number=1)
    yield "funnel by day", lambda: reporting.funnel(campaign, later, number=1, by=By.DAY)
    yield "funnel by segment (2)", lambda: reporting.by_segment(campaign, 1, later)
    yield "attribution, decay", lambda: attribute(account, zone, NOW, later, How(Model.DECAY))
    yield "increment", lambda: change(account, arm, NOW, later)
    yield "two sets compared", lambda: effect_overlap.common(one, other)
    yield "post-mortem", lambda: postmortem.look_back(campaign, 1, later)
    yield "outcomes into the log", lambda: outcomes.tell_due(later, go_on=lambda: True)


def run(count: int = 1_000_000) -> dict[str, Any]:
    from bot.store import accounts, segments
    from bot.store.coupons import create_batch
    from bot.store.db import open_store

    with tempfile.TemporaryDirectory(prefix="hongyan-effect-") as folder:
        opened = open_store(f"sqlite:///{Path(folder) / 'h.db'}", [KEY])
        account = accounts.ensure_default("wxdevelopment0000", "service", NOW)
        create_batch(account, "b", "券", face_value_fen=2000, now=NOW)
        for slug in ("all", "third"):
            segments.put(account, slug, slug, {"all": []}, NOW)
        _fill(account, count)
        found: dict[str, Any] = {"sends": count, "cores": os.cpu_count()}
        for name, work in _measures(account):
            seconds, cpu, _ = _timed(work)
            found[name] = {"seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2)}
        found["peer, a query a send"] = _peer(count)
        found["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
        opened.close()
    return found
