"""Real Chinese conversations through the whole callback: are all answered, what do profiles see?

    python -m benchmarks crosswoz

The 4,213 user turns of CrossWOZ's validation part, dialogue by dialogue, each dialogue a follower,
go over HTTP as encrypted callbacks. Afterwards each profile's topics are compared with the labels
of its dialogue: is this person after restaurants, hotels, sights? Data: ../shared/data/crosswoz.
"""

from __future__ import annotations

import asyncio
import csv
import gzip
import itertools
import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, next_id, serving
from bot.build import build
from bot.clock import to_ms, utc_now
from bot.profile.refresh import fold_new
from bot.settings import DEVELOPMENT, Settings
from bot.store import followers, profiles, repair
from bot.values.interest import score
from tests.support.platform import Platform

DATA = ROOT.parent / "shared" / "data" / "crosswoz" / "dev.csv.gz"
AFTER = 0.4  # the score from which the default segments count a follower in
DOMAINS = {"餐馆": "美食", "酒店": "酒店", "景点": "景点"}  # label -> topic of ours
PORT = 18104


def dialogues() -> dict[str, list[dict[str, str]]]:
    """Turns by dialogue, in order."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            found[row["dialogue"]].append(row)
    for turns in found.values():
        turns.sort(key=lambda row: int(row["turn"]))
    return dict(found)


def wanted(turns: list[dict[str, str]]) -> set[str]:
    """The topics that the dialogue's labels name."""
    names = {label.split("+")[1] for row in turns for label in row["labels"].split("|")}
    return {topic for name, topic in DOMAINS.items() if name in names}


async def _talk(
    port: int, queue: Any, platform: Platform, seen: dict[str, list[float]], said: list[str]
) -> None:
    """One connection, one dialogue after the other, each turn after the last one's answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for name, turns in queue:
            for row in turns:
                now = utc_now()
                fields = platform.fields(
                    now, FromUserName=f"o-crosswoz-{name}", Content=row["text"], MsgId=next_id()
                )
                target, body = platform.url(fields, now)
                began = time.perf_counter()
                asked = f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(asked.encode() + body)
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                answer = await reader.readexactly(length)
                seen["seconds"].append(time.perf_counter() - began)
                if not head.startswith(b"HTTP/1.1 200"):
                    seen["bad"].append(1)
                else:
                    said.append(platform.said(answer))
    finally:
        writer.close()


async def _all(port: int, connections: int, limit: int | None) -> dict[str, Any]:
    platform = Platform(DEVELOPMENT)
    seen: dict[str, list[float]] = defaultdict(list)
    said: list[str] = []
    queue = iter(list(itertools.islice(dialogues().items(), limit)))
    await asyncio.gather(*(_talk(port, queue, platform, seen, said) for _ in range(connections)))
    return {"seconds": sorted(seen["seconds"]), "bad": len(seen["bad"]), "said": said}


def agreement(account_id: int, limit: int | None = None) -> dict[str, float]:
    """Profiles against labels, over the three domains of every dialogue."""
    right = wrong = missed = whole = 0
    chosen = list(itertools.islice(dialogues().items(), limit))
    for name, turns in chosen:
        follower = followers.find(account_id, f"o-crosswoz-{name}")
        assert follower is not None, f"dialogue {name} left no follower"
        levels = profiles.interests_of([follower.id]).get(follower.id, {})
        held = {
            topic for topic, held in levels.items() if score(held, to_ms(utc_now())) >= AFTER
        } & set(DOMAINS.values())
        right += len(held & wanted(turns))
        wrong += len(held - wanted(turns))
        missed += len(wanted(turns) - held)
        whole += held == wanted(turns)
    precision, recall = right / (right + wrong), right / (right + missed)
    return {
        "dialogues": len(chosen),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall),
        "all_three_right": whole / len(chosen),
    }


def run(connections: int = 16, limit: int | None = None) -> dict[str, Any]:
    """What came back over HTTP, and what the profiles know afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("HONGYAN_")},
            "HONGYAN_DATABASE_URL": f"sqlite:///{folder}/hongyan.db",
            "HONGYAN_VAR": folder,
            "HONGYAN_WECHAT_API_URL": "http://127.0.0.1:9",
            "HONGYAN_PORT": str(PORT),
            "HONGYAN_SCHEDULER": "off",
            "HONGYAN_LOG_LEVEL": "warning",
        }
        with serving(["bot", "serve"], PORT, env, Path(folder) / "bot.log"):
            seen = asyncio.run(_all(PORT, connections, limit))
        services = build(Settings.from_env(env))
        account_id = services.account_of("default").id
        folded = fold_new(utc_now())
        counts = repair.callback_counts(account_id)
        found = agreement(account_id, limit)
        services.store.close()
    seconds = seen["seconds"]
    return {
        "turns": len(seconds),
        "refused": seen["bad"],
        "silent": sum(1 for words in seen["said"] if not words),
        "slowest_ms": round(seconds[-1] * 1000, 1),
        "p99_ms": round(seconds[int(len(seconds) * 0.99)] * 1000, 1),
        "folded_events": folded,
        "callbacks": counts,
        **{name: round(value, 4) for name, value in found.items()},
    }
