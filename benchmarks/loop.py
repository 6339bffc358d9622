"""Does the loop work? Matched offers against random and most popular ones, in the sandbox.

    python -m benchmarks loop [--followers 20000] [--seeds 5]

People with hidden affinities (bot.sandbox.crowd), ten offers, scarce stock, virtual time. Six weeks
of offers by chance, one a week, are the past that the product learns from, by its own features,
training and matching. Then a month, two runs a week, lived through three times by the same people
in the same state: matched, by chance, and the offers that were redeemed most. Each way sends as
many messages; a tenth of the people is held out and gets nothing.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.loop_books import Books
from benchmarks.loop_world import OFFERS, World
from bot.store.db import open_store
from bot.store.vault import new_key

START = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in Shanghai
WEEK = timedelta(days=7)
PAST, MONTH = 6, 4  # weeks
REACHED = 0.4  # of all get a message in a run
STOCK = 0.08  # of all: so much of each offer there is in a run; ten offers make twice REACHED
HELD_OUT = 10  # every so many-th person

Chosen = list[tuple[int, int]]
Choose = Callable[[World, list[int], int], Chosen]


@dataclass
class Shop:
    """One seed's people and the product that serves them."""

    world: World
    books: Books
    rng: random.Random

    @property
    def messages(self) -> int:
        return round(REACHED * self.world.people)

    @property
    def stock(self) -> int:
        return round(STOCK * self.world.people)


def run(followers: int = 20_000, seeds: int = 5) -> dict[str, Any]:
    """Each seed, and all together: means of the seeds with 95 % intervals."""
    found = [one(followers, seed) for seed in range(1, seeds + 1)]
    return {"followers": followers, "seeds": found, "together": _together(found)}


def one(followers: int, seed: int) -> dict[str, Any]:
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        opened = open_store(f"sqlite:///{Path(folder)}/loop.db", [new_key()])
        world = World(seed, followers, START)
        shop = Shop(world, Books(followers, START), random.Random(seed))
        popular = _past(shop)
        month = _month(shop, popular)
        opened.close()
    return {"seed": seed, **month, "cpu_seconds": round(time.process_time() - began, 1)}


def _past(shop: Shop) -> list[int]:
    """Weeks of offers by chance. The offers, those redeemed most first."""
    taken = [0] * len(OFFERS)
    shop.books.expect(shop.world.talks(START, 7 * (PAST + MONTH)))
    for week in range(PAST):
        now = START + week * WEEK
        shop.books.hear(now)
        chosen = _by_chance(shop, shop.world.reachable)
        before = shop.books.sent(chosen, now)
        acts = list(shop.world.receive(chosen, now))
        shop.books.expect(acts, before)
        for act in acts:
            if act.kind == "redeem":
                taken[chosen[act.sent][1]] += 1
    return sorted(range(len(OFFERS)), key=lambda k: -taken[k])


def _month(shop: Shop, popular: list[int]) -> dict[str, Any]:
    """The same month, three ways."""
    begins = START + PAST * WEEK
    people = [p for p in shop.world.reachable if p % HELD_OUT]
    worlds = {way: shop.world.twin() for way in ("matched", "random", "popular")}
    taught, gaps = [], []
    for number in range(2 * MONTH):
        now = begins + number * WEEK / 2
        shop.books.hear(now)
        if number % 2 == 0:
            verdict = shop.books.teach(now)
            auc = verdict["model"]["metrics"]["auc"]
            taught.append({"auc": auc, "activated": verdict["activated"]})
        there = [p for p in worlds["matched"].reachable if p % HELD_OUT]
        chosen, matching = shop.books.match(there, shop.stock, shop.messages, now, number)
        gaps.append(matching.gap)
        before = shop.books.sent(chosen, now)
        shop.books.expect(worlds["matched"].receive(chosen, now), before)
        for way, choose in (("random", _by_chance), ("popular", _by_renown(popular))):
            world = worlds[way]
            there = [p for p in world.reachable if p % HELD_OUT]
            list(world.receive(choose(shop, there)[: len(chosen)], now))
    return {
        "people": len(people),
        "models": taught,
        "worst_gap": max(gaps),
        **{way: _counts(world, shop.world, people) for way, world in worlds.items()},
        **{f"matched_less_{way}": _less(worlds, way, people) for way in ("random", "popular")},
    }


def _by_chance(shop: Shop, people: Sequence[int]) -> Chosen:
    """Anybody gets anything, while there is some."""
    who = shop.rng.sample(list(people), min(shop.messages, len(people)))
    offers = [k for k in range(len(OFFERS)) for _ in range(shop.stock)]
    return list(zip(who, shop.rng.sample(offers, len(who)), strict=True))


def _by_renown(popular: Sequence[int]) -> Callable[[Shop, Sequence[int]], Chosen]:
    def choose(shop: Shop, people: Sequence[int]) -> Chosen:
        """The most redeemed offer while there is some, then the next; to anybody."""
        who = shop.rng.sample(list(people), min(shop.messages, len(people)))
        offers = [k for k in popular for _ in range(shop.stock)]
        return list(zip(who, offers, strict=False))

    return choose


# --- figures -------------------------------------------------------------------------------------


def _outcomes(world: World, before: World, people: Sequence[int]) -> dict[str, Any]:
    """(people,) each. Of who was held out all are 0: nobody redeems what he was not given, and
    nobody here leaves but for a message; so these are what the messages did."""
    return {
        "redemptions": np.array([world.redeemed.get(p, 0) for p in people], float),
        "unfollows": np.array([p in world.gone and p not in before.gone for p in people], float),
        "opt_outs": np.array([p in world.refused for p in people], float),
    }


def _counts(world: World, before: World, people: Sequence[int]) -> dict[str, Any]:
    found = _outcomes(world, before, people)
    counts = {name: _interval(values) for name, values in found.items()}
    return {**counts, "purchases_more_by_true_chances": round(world.worth, 1)}


def _less(worlds: dict[str, World], way: str, people: Sequence[int]) -> dict[str, Any]:
    """Person by person: the same people in both months."""
    none = World.__new__(World)
    none.gone = set()
    matched, other = (_outcomes(worlds[name], none, people) for name in ("matched", way))
    return {name: _interval(matched[name] - other[name]) for name in matched}


def _interval(values: Any) -> dict[str, float]:
    """For 1,000 people, with 95 % of the normal approximation."""
    mean, off = values.mean(), 1.96 * values.std(ddof=1) / np.sqrt(len(values))
    return {"per_1000": round(1000 * mean, 2), "low": round(1000 * (mean - off), 2),
            "high": round(1000 * (mean + off), 2)}  # fmt: skip


def _together(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means over the seeds, with 95 % of Student's t where there are several."""
    from scipy.stats import t  # type: ignore[import-untyped]

    wide = t.ppf(0.975, len(found) - 1) if len(found) > 1 else float("nan")
    ways = ("matched", "random", "popular", "matched_less_random", "matched_less_popular")
    told: dict[str, Any] = {}
    for way in ways:
        for name in ("redemptions", "unfollows", "opt_outs"):
            values = np.array([one[way][name]["per_1000"] for one in found])
            off = wide * values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
            told[f"{way}: {name} per 1000"] = [
                round(float(one), 2) for one in (values.mean(), values.mean() - off,
                                                 values.mean() + off)
            ]  # fmt: skip
    return told
