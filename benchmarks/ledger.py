"""The ledger alone: claim, compose, settle without a network, beside the least that a row can cost.

    python -m benchmarks ledger [--requests 10000] [--rounds 5]

CPU of this process, user and system, in microseconds a send; SQLite in a file. Batches are those of
64 and of 256 messages at once. "plain" carries a tracked link, "coupon" a code of its own, with its
event; "killed" is plain 256 whose sender dies ten times and is begun anew: its claimed rows are
swept. The peer gives each row one peewee UPDATE in a transaction of its own, and decides nothing.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from bot import campaign, coupon
from bot.build import build
from bot.campaign.permission.order import Order, load
from bot.campaign.planning.plan import begin, plan
from bot.campaign.sending.claim import claim
from bot.campaign.sending.compose import Composer
from bot.campaign.sending.settle import Result, settle
from bot.clock import to_ms, utc_now
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.services import Services
from bot.settings import Settings
from bot.store import campaigns, followers, send_progress
from bot.store.db import fetch, run_many, transaction
from bot.store.db import run as run_sql
from bot.store.models import Send

OPEN = {"quiet_hours": None, "per_day": 1000, "per_week": 1000, "per_month": 1000}
LEASE = timedelta(minutes=10)
PARTS = ("claim", "compose", "settle")
MOST = 200  # rows of one claim
KILLS = 10
Spent = dict[str, float]


def people(services: Services, count: int, now: datetime) -> None:
    """Followers with an open window, in the segment `all`."""
    account = services.account_of("default")
    with transaction():
        for number in range(count):
            followers.ensure(account.id, f"o-bench-{number:06d}", now)
        run_many(
            "UPDATE follower SET subscribed = ?, window_kind = 'message', window_until = ?,"
            " window_left = 1000 WHERE account_id = ?",
            [(True, to_ms(now + timedelta(hours=40)), account.id)],
        )
    define(account.id, "all", "全部", {"attribute": "subscribed", "op": "eq", "value": True}, now)
    refresh_all(now)


def a_run(services: Services, slug: str, offer: str, now: datetime, **changes: Any) -> Order:
    """A running campaign with every row planned."""
    account = services.account_of("default")
    text = "【鸿雁咖啡】{title} {face_value}，点击领取：{link}"
    document = {
        "slug": slug, "name": slug, "segment": "all", "purpose": "marketing", "offer": offer,
        "text": text if offer else "【鸿雁咖啡】新品上市，点击查看：{link}", "holdout": 0,
        "url": "" if offer else "https://cafe.example/", "guardrails": OPEN, **changes,
    }  # fmt: skip
    campaign.create(services, account.id, document, now)
    started = campaign.start(services, account.id, slug, now)
    begin(started, now)
    plan(started.id, services.settings.public, now, lambda: True)
    return load(started.id, services.settings.public, now)


@contextmanager
def _counted(spent: Spent, part: str) -> Iterator[None]:
    began = time.process_time()
    yield
    spent[part] = spent.get(part, 0.0) + time.process_time() - began


def _ours(order: Order, batch: int, now: datetime) -> tuple[int, Spent]:
    spent: Spent = {}
    composer, sent = Composer(order), 0
    while True:
        with _counted(spent, "claim"):
            claimed = claim(order, "bench", batch, LEASE, now)
        if not claimed.looked:
            return sent, spent
        with _counted(spent, "compose"):
            calls = composer.calls(claimed.rows)
        for start in range(0, len(calls), 100):
            with _counted(spent, "settle"):
                results = [Result(row) for row, _ in calls[start : start + 100]]
                sent += settle(order, "bench", results, now).sent


def _killed(order: Order, kills: int, now: datetime) -> float:
    """Microseconds a row, with all that the kills cost but the start of a process."""
    rows = campaigns.generation(order.campaign_id, order.generation).audience
    began = time.process_time()
    for _ in range(kills):
        order = load(order.campaign_id, order.public_url, now)
        composer = Composer(order)
        for _ in range(max(1, rows // kills // MOST - 1)):
            claimed = claim(order, "bench", MOST, LEASE, now)
            calls = composer.calls(claimed.rows)
            for start in range(0, len(calls), 100):
                results = [Result(row) for row, _ in calls[start : start + 100]]
                settle(order, "bench", results, now)
        composer.calls(claim(order, "bench", MOST, LEASE, now).rows)
        campaign.sweep(now + LEASE)
    done = send_progress.total(order.campaign_id, order.generation).moved
    return (time.process_time() - began) / done * 1e6


def _peer(order: Order, now: datetime) -> float:
    ids = [row[0] for row in fetch("SELECT id FROM send WHERE campaign_id=?", (order.campaign_id,))]
    began = time.process_time()
    for send_id in ids:
        with transaction():
            Send.update(state="sent", sent_at=now, settled_at=now).where(
                (Send.id == send_id) & (Send.state == "intended")
            ).execute()
    return (time.process_time() - began) / len(ids) * 1e6


def forget() -> None:
    """Each begins with followers who were sent nothing yet."""
    run_sql("DELETE FROM send")


def run(count: int = 10_000, rounds: int = 3) -> dict[str, Any]:
    """Medians over the rounds, each with campaigns of its own in turn."""
    with opened() as services:
        now = utc_now()
        people(services, count, now)
        stock(services, count * rounds * 2, now)
        found: dict[str, list[float]] = {}
        for number in range(rounds):
            for kind, offer, batch in (
                ("plain 64", "", 64), ("plain 256", "", MOST),
                ("coupon 64", "bench", 64), ("coupon 256", "bench", MOST),
            ):  # fmt: skip
                slug = f"{kind.replace(' ', '-')}-{number}"
                sent, spent = _ours(a_run(services, slug, offer, now), batch, now)
                for part in PARTS:
                    found.setdefault(f"{kind} {part}", []).append(spent[part] / sent * 1e6)
                forget()
            killed = _killed(a_run(services, f"killed-{number}", "", now), KILLS, now)
            found.setdefault("killed", []).append(killed)
            forget()
            peer = _peer(a_run(services, f"peer-{number}", "", now), now)
            forget()
            found.setdefault("peer", []).append(peer)
    return _figures({name: round(median(values), 1) for name, values in found.items()})


def _figures(us: dict[str, float]) -> dict[str, Any]:
    figures: dict[str, Any] = {"peer_us": us.pop("peer")}
    killed = us.pop("killed")
    for kind in sorted({name.rpartition(" ")[0] for name in us}):
        parts = {part: us[f"{kind} {part}"] for part in PARTS}
        ledger = round(parts["claim"] + parts["settle"], 1)
        ratio = round(ledger / figures["peer_us"], 2)
        figures[kind] = {**parts, "ledger_us": ledger, "ratio": ratio}
    whole = sum(figures["plain 256"][part] for part in PARTS)
    figures["killed"] = {"us": killed, "ratio to plain 256": round(killed / whole, 3)}
    return figures


@contextmanager
def opened() -> Iterator[Services]:
    """Services on a SQLite file of their own."""
    with tempfile.TemporaryDirectory() as folder:
        services = build(
            Settings.from_env(
                {
                    "HONGYAN_DATABASE_URL": f"sqlite:///{Path(folder) / 'hongyan.db'}",
                    "HONGYAN_VAR": folder,
                    "HONGYAN_WECHAT_API_URL": "http://127.0.0.1:9",
                }
            )
        )
        try:
            yield services
        finally:
            services.store.close()


def stock(services: Services, codes: int, now: datetime) -> None:
    """The coupon batch `bench`."""
    coupon.make_batch(
        services.account_of("default").id,
        {"slug": "bench", "title": "券", "face_value_fen": 1000, "per_person": 100, "codes": codes},
        now,
    )
