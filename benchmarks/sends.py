"""Sending: the whole engine against an API that answers after 50 ms, beside wechatpy in threads.

    python -m benchmarks sends [--requests 4000] [--rounds 3]

Ours claims ledger rows (permission, window, quota), composes, sends and settles each answer; the
peer only sends. With a coupon each row also reserves a code and issues it, with its event. "share"
is of the ideal rate: so many at once, each 50 ms. Both have sent before: imports, the token and the
first connections are not counted. They take turns; of each the best round counts, since what else
the machine does only adds.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.ledger import a_run, forget, people, stock
from benchmarks.measure import serving
from benchmarks.peers import wechatpy_sends
from benchmarks.slow_api import DELAY_SECONDS
from bot import campaign
from bot.build import build
from bot.channels.customer_service import text_call
from bot.clock import utc_now
from bot.services import Services
from bot.settings import Settings
from bot.store import send_progress, send_repair

PORT = 18103
BASE = f"http://127.0.0.1:{PORT}"


def _warm(services: Services, at_once: int) -> None:
    client = services.client_of(services.account_of("default").id)
    calls = (text_call(number, "o-bench", "你好") for number in range(at_once))
    assert sum(answer.error is None for answer in client.send_many(calls, at_once)) == at_once
    wechatpy_sends.send(BASE, at_once, at_once)


def _campaign(services: Services, concurrency: int, offer: str, number: int) -> dict[str, float]:
    order = a_run(
        services, f"bench-{concurrency}-{offer or 'plain'}-{number}", offer, utc_now(),
        concurrency=concurrency,
    )  # fmt: skip
    wall, cpu = time.perf_counter(), time.process_time()
    while send_repair.unfinished(order.campaign_id):
        campaign.push_due(services, utc_now(), budget_seconds=600)
    seconds, spent = time.perf_counter() - wall, time.process_time() - cpu
    sent = send_progress.total(order.campaign_id, 1).sent
    forget()
    return {"sent": sent, "seconds": seconds, "cpu": spent}


def run(count: int = 4000, rounds: int = 3) -> dict[str, Any]:
    """Both, at 64 and 256 at once, without and with a coupon."""
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
            people(services, count, utc_now())
            stock(services, count * 2 * rounds, utc_now())
            for at_once in (64, 256):
                _warm(services, at_once)
                found: dict[str, list[dict[str, float]]] = {"": [], "bench": [], "peer": []}
                for number in range(rounds):
                    for offer in ("", "bench"):
                        found[offer].append(_campaign(services, at_once, offer, number))
                    seconds, cpu = wechatpy_sends.send(BASE, count // 2, at_once)
                    found["peer"].append({"sent": count // 2, "seconds": seconds, "cpu": cpu})
                results[f"{at_once} at once"] = _line(found[""], found["peer"], at_once)
                results[f"{at_once} at once, coupon"] = _line(
                    found["bench"], found["peer"], at_once
                )
            services.store.close()
    return results


def _line(
    ours: list[dict[str, float]], peer_s: list[dict[str, float]], at_once: int
) -> dict[str, float]:
    ideal = at_once / DELAY_SECONDS
    mine, peer = (min(one["cpu"] / one["sent"] * 1e6 for one in rows) for rows in (ours, peer_s))
    rate, peer_rate = (max(one["sent"] / one["seconds"] for one in rows) for rows in (ours, peer_s))
    return {
        "sent": sum(one["sent"] for one in ours),
        "share_of_ideal": round(rate / ideal, 3),
        "cpu_us": round(mine),
        "peer_share_of_ideal": round(peer_rate / ideal, 3),
        "peer_cpu_us": round(peer),
        "cpu_ratio": round(mine / peer, 3),
    }


if __name__ == "__main__":
    sys.stdout.write(f"{run()}\n")
