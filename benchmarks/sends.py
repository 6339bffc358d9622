"""Sending: the whole engine against an API that answers after 50 ms, beside wechatpy in threads.

    python -m benchmarks sends [--requests 4000]

Ours claims ledger rows (permission, coupon, window), composes, sends and settles each answer; the
peer only sends. "share" is of the ideal rate: so many at once, each 50 ms.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.measure import serving
from benchmarks.peers import wechatpy_sends
from benchmarks.slow_api import DELAY_SECONDS
from bot import campaign, coupon
from bot.build import build
from bot.campaign.plan import begin, plan
from bot.clock import to_ms, utc_now
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.services import Services
from bot.settings import Settings
from bot.store import followers
from bot.store.db import fetch, run_many, transaction

PORT = 18103
BASE = f"http://127.0.0.1:{PORT}"


def _people(services: Services, count: int) -> None:
    """Followers with an open window, in the segment `all`."""
    account = services.account_of("default")
    now = utc_now()
    with transaction():
        for number in range(count):
            followers.ensure(account.id, f"o-bench-{number:06d}", now)
        run_many(
            "UPDATE follower SET subscribed = ?, window_kind = 'message', window_until = ?,"
            " window_left = 5 WHERE account_id = ?",
            [(True, to_ms(now + timedelta(hours=40)), account.id)],
        )
    rule = {"attribute": "subscribed", "op": "eq", "value": True}
    define(account.id, "all", "全部", rule, now)
    refresh_all(now)
    coupon.make_batch(
        account.id,
        {"slug": "bench", "title": "券", "face_value_fen": 1000, "per_person": 100,
         "codes": count * 4},
        now,
    )  # fmt: skip


def _campaign(services: Services, concurrency: int) -> dict[str, float]:
    account = services.account_of("default")
    slug = f"bench-{concurrency}"
    document = {
        "slug": slug,
        "name": slug,
        "segment": "all",
        "purpose": "marketing",
        "offer": "bench",
        "text": "【鸿雁咖啡】{title} {face_value}，点击领取：{link}",
        "holdout": 0,
        "concurrency": concurrency,
        "guardrails": {
            "quiet_hours": None, "per_day": None, "per_week": None, "per_month": None
        },
    }  # fmt: skip
    campaign.create(services, account.id, document, utc_now())
    started = campaign.start(services, account.id, slug, utc_now())
    begin(started, utc_now())
    plan(started.id, services.settings.public, utc_now(), lambda: True)
    wall, cpu = time.perf_counter(), time.process_time()
    while fetch("SELECT COUNT(*) FROM send WHERE state IN ('intended', 'claimed')")[0][0]:
        campaign.push_due(services, utc_now(), budget_seconds=600)
    seconds, spent = time.perf_counter() - wall, time.process_time() - cpu
    sent = campaign.report_of(account.id, slug).closing.sent
    return {"sent": sent, "seconds": seconds, "cpu": spent}


def run(count: int = 4000) -> dict[str, Any]:
    """Both, at 64 and 256 at once."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        base = {k: v for k, v in os.environ.items() if not k.startswith("HONGYAN_")}
        env = {
            **base,
            "HONGYAN_DATABASE_URL": f"sqlite:///{folder}/hongyan.db",
            "HONGYAN_VAR": folder,
            "HONGYAN_WECHAT_API_URL": BASE,
        }
        command = ["benchmarks.slow_api", str(PORT)]
        with serving(command, PORT, base, Path(folder) / "api.log"):
            services = build(Settings.from_env(env))
            _people(services, count)
            for at_once in (64, 256):
                ours = _campaign(services, at_once)
                seconds, cpu = wechatpy_sends.send(BASE, count // 2, at_once)
                results[f"{at_once} at once"] = _line(ours, seconds, cpu, count // 2, at_once)
            services.store.close()
    return results


def _line(
    ours: dict[str, float], seconds: float, cpu: float, count: int, at_once: int
) -> dict[str, float]:
    ideal = at_once / DELAY_SECONDS
    mine, peer = ours["cpu"] / ours["sent"] * 1e6, cpu / count * 1e6
    return {
        "sent": ours["sent"],
        "share_of_ideal": round(ours["sent"] / ours["seconds"] / ideal, 3),
        "cpu_us": round(mine),
        "peer_share_of_ideal": round(count / seconds / ideal, 3),
        "peer_cpu_us": round(peer),
        "cpu_ratio": round(mine / peer, 3),
    }


if __name__ == "__main__":
    sys.stdout.write(f"{run()}\n")
