"""What suits whom, on public data: lists of items, and which coupons of a campaign.

`journey`  recall@10 and NDCG@10 of what households buy in later weeks, all and new items, beside
           popularity, item CF, ALS, own frequency with decay and a blend of rules, same run
`scale`    CPU of listing ten items for each of 100,000 users, of 2,000 made-up items
`coupons`  recall@10 of the coupons that redeeming households took (benchmarks/recommend_coupons.py)

Windows are of the development weeks: taught up to week 28 or 36, judged on the eight weeks after;
and up to week 40, judged on the dev portion (41 to 44). Data that are absent are named and skipped.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import recommend_coupons
from bot.insight.kinds import Columns, Request
from bot.insight.recommend import asking, keeping, measures, nearby
from bot.insight.recommend.blend import look
from bot.insight.recommend.habit import habits
from bot.insight.recommend.history import History, history_of
from bot.insight.recommend.kind import KIND
from bot.insight.table import Table, read

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "journey_reco"
COLUMNS = Columns(user="household_id", item="item_id", weight="baskets", time="week")
WINDOWS = ((28, 36), (36, 44), (40, 44))
HORIZON = 8.0
_ALS = {"factors": 32, "rounds": 8, "ridge": 10.0, "trust": 10.0}

Floats = NDArray[np.float32]


def run(quick: bool = False) -> dict[str, Any]:
    """All tables; quick: one window and a tenth of the users."""
    return {
        "journey": journey(quick),
        "coupons": recommend_coupons.run(),
        "scale": scale(10_000 if quick else 100_000),
    }


def scale(users: int = 100_000, items: int = 2_000, taught: int = 2_000) -> dict[str, float | int]:
    """CPU seconds of a look at all users and of their lists; weights taught by a part of them."""
    rng = np.random.default_rng(0)
    size = users * 30
    item = (items * rng.random(size) ** 2).astype(np.intp)  # a few are had by many
    columns = (rng.integers(0, users, size), item, rng.integers(0, 44, size))
    few = columns[0] < taught
    table = Table(
        {
            name: part[few].astype(str).tolist()
            for name, part in zip(("user", "item", "week"), columns, strict=True)
        },
        int(few.sum()),
    )
    roles = Columns(user="user", item="item", time="week")
    learnt = KIND.train(Request(table, roles, 0, {"horizon": HORIZON}))
    weights = keeping.opened(learnt)[2]["all"]
    order = np.lexsort((columns[2], columns[1], columns[0]))
    user, item, week = (part[order] for part in columns)
    names = [str(at) for at in range(max(users, items))]
    one = np.ones(size)
    events = History(names[:users], names[:items], user, item, one, week.astype(np.float64))
    began = time.process_time()
    found = look(events, 43.0, HORIZON, ())
    looked = time.process_time()
    best = asking.listed(found, weights, np.arange(users), asking.Asked())
    return {
        "users": users,
        "items": items,
        "look_cpu_s": round(looked - began, 1),
        "lists_cpu_s": round(time.process_time() - looked, 1),
        "items_shown": len(np.unique(best.item)),
        "most_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def journey(quick: bool = False) -> dict[str, Any]:
    """Each window's figures: ours, and each baseline's."""
    if not DATA.exists():
        return {"skipped": f"no {DATA}"}
    parts = [read(DATA / name) for name in ("train_weeks_01_40.csv.gz", "dev_weeks_41_44.csv.gz")]
    columns = {name: [*parts[0].texts(name), *parts[1].texts(name)] for name in parts[0].names}
    table = Table(columns, sum(part.rows for part in parts))
    week = table.numbers("week")
    found = {}
    for until, end in WINDOWS[1:2] if quick else WINDOWS:
        past = table.take(np.flatnonzero(week <= until))
        later = table.take(np.flatnonzero((week > until) & (week <= end)))
        found[f"weeks {until + 1} to {end}"] = {
            "ours": _ours(past, later),
            **{name: _figures(score, *rest) for name, score, *rest in _rules(past, later)},
        }
    return found


def _ours(past: Table, later: Table) -> dict[str, Any]:
    began = time.process_time()
    learnt = KIND.train(Request(past, COLUMNS, 0, {"horizon": HORIZON}))
    taught = time.process_time()
    found = KIND.evaluate(learnt, later, COLUMNS)
    return {
        **found,
        "train_cpu_s": round(taught - began, 1),
        "judge_cpu_s": round(time.process_time() - taught, 1),
    }


def _rules(past: Table, later: Table) -> Iterator[tuple[str, Floats, Any, Any]]:
    """Baselines as dense scores (users, items), with what was had before and came later."""
    events, ahead = history_of(past, COLUMNS), history_of(later, COLUMNS)
    now = float(events.time.max())
    seen = habits(events, now, HORIZON)
    had = nearby.had(seen, len(events.items))
    before = had.toarray() > 0
    came = _came(events, ahead)
    own = np.zeros(before.shape, np.float32)
    own[seen.user, seen.item] = seen.strength
    recent = events.within(now - HORIZON, now)
    takers = np.unique(recent.user * len(events.items) + recent.item) % len(events.items)
    popular = np.bincount(takers, minlength=len(events.items)).astype(np.float32)
    crowd = np.broadcast_to(popular / popular.max(), before.shape)
    near = np.asarray(had @ nearby.cosine(nearby.together(had)))
    near /= near.max(axis=1, keepdims=True) + 1e-9
    for name, score in (
        ("popularity", crowd),
        ("item CF", near),
        ("ALS", _als(own)),
        ("own frequency with decay", own + 1e-3 * crowd),
        ("blend of rules", own + 0.5 * near + 0.2 * crowd),
    ):
        yield name, score.astype(np.float32), before, came


def _came(events: History, ahead: History) -> NDArray[np.bool_]:
    users = {name: at for at, name in enumerate(events.users)}
    items = {name: at for at, name in enumerate(events.items)}
    wide = len(items) + len(set(ahead.items) - set(items))
    for name in ahead.items:
        items.setdefault(name, len(items))
    came = np.zeros((len(users), wide), bool)
    user = np.array([users.get(name, -1) for name in ahead.users])[ahead.user]
    item = np.array([items[name] for name in ahead.items])[ahead.item]
    came[user[user >= 0], item[user >= 0]] = True
    return came


def _als(own: Floats) -> Floats:
    """Implicit ALS (Hu, Koren, Volinsky, 2008): trust 1 + a log(1 + frequency) in what was had."""
    rng = np.random.default_rng(0)
    trust = _ALS["trust"] * np.log1p(own)
    k = int(_ALS["factors"])
    people = np.zeros((own.shape[0], k))
    things = rng.normal(0, 0.1, (own.shape[1], k))
    for _ in range(int(_ALS["rounds"])):
        people = _solved(trust, things)
        things = _solved(trust.T, people)
    return np.asarray(people @ things.T, np.float32)


def _solved(trust: Floats, other: NDArray[np.float64]) -> NDArray[np.float64]:
    system = other.T @ other + _ALS["ridge"] * np.eye(other.shape[1])
    found = np.zeros((len(trust), other.shape[1]))
    for row, weight in enumerate(trust):
        at = np.flatnonzero(weight)
        some, much = other[at], weight[at].astype(np.float64)
        found[row] = np.linalg.solve(system + (some.T * much) @ some, some.T @ (1 + much))
    return found


def _figures(
    score: Floats, before: NDArray[np.bool_], came: NDArray[np.bool_]
) -> dict[str, float | int]:
    found: dict[str, float | int] = {}
    known = score.shape[1]
    for which in ("all", "new"):
        left = score if which == "all" else np.where(before, -np.inf, score)
        wanted = came.copy()
        if which == "new":
            wanted[:, :known] &= ~before
        at = np.argsort(-left, axis=1, kind="stable")[:, :10]
        judged = wanted.any(axis=1)
        hit = np.take_along_axis(wanted, at, axis=1)[judged]
        recall, ndcg = measures.gains(hit, wanted.sum(axis=1)[judged])
        found[f"{which}_recall@10"] = round(float(recall.mean()), 4)
        found[f"{which}_ndcg@10"] = round(float(ndcg.mean()), 4)
        found[f"{which}_items_shown"] = len(np.unique(at[judged]))
    return found
