"""A dry run of a whole audience, beside asking one follower after the other.

    python -m benchmarks dryrun [--requests 1000000]

SQLite in a file. The audience is everybody; a tenth opted out, three tenths have no open window,
a quarter had a message yesterday; each gets a coupon. Wall and CPU seconds of this process, memory
as the peak's growth over what it was before. The peer reads a follower and their sends by peewee
and asks `judge`, on 5,000 followers.
"""

from __future__ import annotations

import resource
import time
from datetime import datetime, timedelta
from typing import Any

from benchmarks.ledger import opened
from bot import campaign
from bot.campaign.ahead.to_come import order_to_come
from bot.campaign.permission.order import OFFER
from bot.campaign.permission.policy import Recipient, judge
from bot.campaign.planning import plan
from bot.clock import SHANGHAI, to_ms
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.services import Services
from bot.store import campaigns, coupons, followers
from bot.store.db import run as execute
from bot.store.db import transaction
from bot.store.models import Follower, Send

PEERS = 5_000
NOON = datetime(2026, 11, 21, 12, tzinfo=SHANGHAI)
MIXED = {
    "slug": "bench", "name": "bench", "segment": "all", "purpose": "marketing", "offer": "bench",
    "text": "{title} {face_value}：{link}", "variants": [], "holdout": 0.05,
}  # fmt: skip


def _people(account_id: int, count: int, now: datetime) -> None:
    with transaction():
        execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO follower (account_id, openid_hash, subscribed, source_scene, language,"
            " marketing_consent, personalised, opted_out_at, blacklisted, stage, window_kind,"
            " window_until, window_left, held_by, created_at)"
            " SELECT ?, printf('%032d', i), 1, '', 'zh', 1, 1,"
            " CASE WHEN i % 10 = 0 THEN ? END, 0, 'active', 'message',"
            " CASE WHEN i % 10 > 2 THEN ? ELSE ? END, 5, '', ? FROM n",
            (count, account_id, to_ms(now), to_ms(now + timedelta(hours=40)),
             to_ms(now - timedelta(hours=1)), to_ms(now)),
        )  # fmt: skip
    define(account_id, "all", "全部", {"attribute": "subscribed", "op": "eq", "value": True}, now)
    refresh_all(now)


def _history(services: Services, account_id: int, now: datetime) -> None:
    """A quarter of them had a message yesterday."""
    document = {**MIXED, "slug": "before", "offer": "", "text": "新品上市", "url": ""}
    before = campaign.create(services, account_id, document, now).id
    with transaction():
        execute(
            "INSERT INTO send (campaign_id, generation, step, follower_id, state, purpose, variant,"
            " channel, skip, subject, client_id, msgid, planned_at, not_before, claimed_at,"
            " claimed_by, attempts, error, reasons)"
            " SELECT ?, 1, 'offer', id, 'sent', 'marketing', 'a', 'customer_service', '', '', '',"
            " '', ?, 0, ?, '', 1, '', '{}' FROM follower WHERE id % 4 = 0",
            (before, *[to_ms(now - timedelta(hours=20))] * 2),
        )


def _peer(services: Services, made: campaign.CampaignState, now: datetime) -> float:
    order = order_to_come(made, services.settings.public, now)
    policy, since = order.policy(OFFER), now - timedelta(days=30)
    began = time.process_time()
    for row in Follower.select(Follower.id).limit(PEERS):
        sent = Send.select().where((Send.follower == row.id) & (Send.claimed_at > since)).count()
        judge(Recipient(followers.get(row.id), sent, sent, sent), policy, now)
    return (time.process_time() - began) / PEERS


def _plan(services: Services, account_id: int, campaign_id: int) -> float:
    """CPU seconds of planning the same audience into the ledger, its forecast counted along."""
    campaign.start(services, account_id, campaign_id, NOON)
    began = time.process_time()
    plan.begin(campaigns.get(campaign_id), NOON)
    plan.plan(campaign_id, services.settings.public, NOON)
    return time.process_time() - began


def run(count: int = 1_000_000) -> dict[str, Any]:
    """The dry run's seconds, memory and figures; the peer's seconds at the same size."""
    with opened() as services:
        account_id = services.account_of("default").id
        _people(account_id, count, NOON)
        _history(services, account_id, NOON)
        batch = coupons.create_batch(
            account_id, "bench", "暖心券", face_value_fen=2000, valid_seconds=604800, now=NOON
        )
        coupons.add_codes(batch, [f"B-{i:07d}" for i in range(1000)])
        execute("UPDATE coupon_batch SET per_person = 1")
        made = campaign.create(services, account_id, MIXED, NOON)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        wall, cpu = time.perf_counter(), time.process_time()
        told = campaign.dry_run(services, account_id, made.id, NOON)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        peer = _peer(services, made, NOON) * count
        planned = _plan(services, account_id, made.id)
    return {
        "followers": count,
        "wall_s": round(wall, 1),
        "cpu_s": round(cpu, 1),
        "grown_mb": round(grown),
        "planning_cpu_s": round(planned, 1),
        "peer_cpu_s": round(peer, 1),
        "ratio": round(cpu / peer, 3),
        "audience": told.audience,
        "skipped": told.skipped,
        "expected": told.expected,
    }
