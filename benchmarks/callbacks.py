"""The callback, whole job against a bare echo: CPU a request, rate, p99.

    python -m benchmarks callbacks [--requests 4000] [--connections 16] [--rounds 3]

Ours verifies, decrypts, stores durably, understands, answers and encrypts; the peer (Flask +
wechatpy under gunicorn, threads) only decrypts, parses and echoes. Runs alternate; medians count.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import statistics
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.measure import Load, Server, next_id, post_all, serving
from bot.sandbox import xml
from bot.sandbox.crypto import Box, sign
from bot.settings import DEVELOPMENT

TEXTS = (
    "附近有什么好吃的火锅店",
    "想找一家安静的酒店",
    "你好",
    "今天有优惠券吗",
    "周末去哪个景点玩好呢",
)
FOLLOWERS = 2000


def requests(count: int, rng: random.Random) -> list[tuple[str, bytes]]:
    """Encrypted deliveries of `count` different messages."""
    box = Box(DEVELOPMENT["AES_KEY"], DEVELOPMENT["APPID"])
    token = DEVELOPMENT["TOKEN"]
    now = str(int(datetime.now(UTC).timestamp()))
    made = []
    for _ in range(count):
        inner = xml.render(
            {
                "ToUserName": "gh_sandbox000001",
                "FromUserName": f"o-bench-{rng.randrange(FOLLOWERS):022d}",
                "CreateTime": int(now),
                "MsgType": "text",
                "Content": rng.choice(TEXTS),
                "MsgId": next_id(),
            }
        )
        encrypted = box.seal(inner)
        nonce = str(rng.randrange(10**9))
        query = {
            "signature": sign(token, now, nonce),
            "timestamp": now,
            "nonce": nonce,
            "openid": "o",
            "encrypt_type": "aes",
            "msg_signature": sign(token, now, nonce, encrypted),
        }
        body = xml.render({"ToUserName": "gh_sandbox000001", "Encrypt": encrypted}).encode()
        made.append((f"/wechat/default?{urlencode(query)}", body))
    return made


def _load(port: int, made: list[tuple[str, bytes]], connections: int) -> Load:
    """In another process, so that the client's work is not the server's."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(post_all, (port, made, connections))


def measure(server: Server, count: int, connections: int, rng: random.Random) -> dict[str, float]:
    """One round against a warm server."""
    made = requests(count, rng)
    before = server.cpu_seconds()
    load = _load(server.port, made, connections)
    return {
        "cpu_us": (server.cpu_seconds() - before) / count * 1e6,
        "rate": load.rate,
        "p50_ms": load.percentile_ms(0.50),
        "p99_ms": load.percentile_ms(0.99),
        "bad": load.bad,
        "rss_mb": server.rss_mb(),
    }


def run(count: int = 4000, connections: int = 16, rounds: int = 3) -> dict[str, Any]:
    """Both servers, in turn; medians and their ratios."""
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        base = {k: v for k, v in os.environ.items() if not k.startswith("HONGYAN_")}
        ours_env = {
            **base,
            "HONGYAN_DATABASE_URL": f"sqlite:///{folder}/hongyan.db",
            "HONGYAN_VAR": folder,
            "HONGYAN_WECHAT_API_URL": "http://127.0.0.1:9",
            "HONGYAN_PORT": "18101",
            "HONGYAN_SCHEDULER": "off",
            "HONGYAN_LOG_LEVEL": "warning",
        }
        gunicorn = ["gunicorn", "benchmarks.peers.echo:app", "-b", "127.0.0.1:18102", "-w", "1",
                    "-k", "gthread", "--threads", "16", "--no-control-socket"]  # fmt: skip
        results: dict[str, list[dict[str, float]]] = {"ours": [], "peer": []}
        with (
            serving(["bot", "serve"], 18101, ours_env, Path(folder) / "ours.log") as ours,
            serving(gunicorn, 18102, base, Path(folder) / "peer.log") as peer,
        ):
            for server in (ours, peer):
                measure(server, 500, connections, rng)  # warm up
            for _ in range(rounds):
                results["peer"].append(measure(peer, count, connections, rng))
                results["ours"].append(measure(ours, count, connections, rng))
    summed = {
        name: {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        for name, rows in results.items()
    }
    ratios = {
        key: summed["ours"][key] / summed["peer"][key] for key in ("cpu_us", "rate", "p99_ms")
    }
    return {"connections": connections, **summed, "ours_over_peer": ratios}
