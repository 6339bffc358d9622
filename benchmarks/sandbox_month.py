"""A month of virtual time with 200,000 simulated followers: seconds and memory of one process.

    python -m benchmarks sandbox_month [--requests FOLLOWERS]

The program under test is in the same process (benchmarks/peers/shop.py): it answers every push, and
once a week it sends an offer to all. The ledger is written to a file.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT
from benchmarks.peers.shop import URL, Shop
from bot.clock import SHANGHAI
from bot.sandbox.config import Limits, SandboxConfig
from bot.sandbox.crowd import batch
from bot.sandbox.crowd.local import LocalWeb
from bot.sandbox.crowd.offers import TOPICS
from bot.sandbox.gateway import Call
from bot.sandbox.inprocess import WsgiWire
from bot.sandbox.platform import Platform
from bot.sandbox.web import app as _registers_the_api  # noqa: F401

DAYS = 30
START = "2026-11-01T08:00+08:00"
TUESDAY, TEN = 1, 10


def run(count: int = 200_000) -> dict[str, Any]:
    """In a process of its own, so that its peak is its own."""
    command = [sys.executable, "-m", "benchmarks.sandbox_month", str(count)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def month(followers: int, ledger: Path) -> dict[str, Any]:
    config = SandboxConfig(
        appid="wxbench0000000001",
        appsecret="bench",
        token="benchbench",
        aes_key="b" * 43,
        callback_url="",
        mode="plain",
        followers=followers,
        people="life",
        start=START,
        shop_url=URL,
        shop_key="key",
        ledger_path=str(ledger),
        limits=Limits(kept=batch.KEPT),
    )
    shop, began = Shop(), time.process_time()
    platform = Platform(config, wire=WsgiWire(shop), web=LocalWeb(shop))
    with batch.stopping(platform):
        found = batch.live(platform, DAYS, lambda now: _weekly(platform, now))
    cpu = round(time.process_time() - began, 1)
    return {**found, "cpu_seconds": cpu, "ledger_mb": round(ledger.stat().st_size / 1e6, 1)}


def _weekly(platform: Platform, now: datetime) -> None:
    """Every Tuesday at ten an offer to all, each week on another topic."""
    local = now.astimezone(SHANGHAI)
    if (local.weekday(), local.hour) != (TUESDAY, TEN):
        return
    week = local.isocalendar().week
    topic = TOPICS[week % len(TOPICS)]
    offer = f"【{topic}】本周满60减15元，点击领取：{URL}/t/week{week}"
    body = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": offer}}
    token = platform.world.tokens.stable(now)[0]
    raw = json.dumps(body, ensure_ascii=False).encode()
    call = Call("/cgi-bin/message/mass/sendall", "POST", {"access_token": token}, raw)
    answer = json.loads(platform.gateway.answer(call).body)
    if answer["errcode"]:
        raise RuntimeError(answer)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        result = month(int(sys.argv[1]), Path(folder) / "ledger.jsonl")
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
