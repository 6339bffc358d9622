"""A small shop: everybody keeps to a taste, and buys some things again and again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from bot.insight.kinds import Columns, Request
from bot.insight.modelfile import Learnt
from bot.insight.recommend.kind import KIND
from bot.insight.table import Table

COLUMNS = Columns(user="user", item="item", weight="weight", time="week")
TASTES, ITEMS, USERS, WEEKS = 4, 10, 80, 30


def a_table(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> Table:
    cells = zip(*rows, strict=True) if rows else ([] for _ in names)
    columns = {n: [str(cell) for cell in column] for n, column in zip(names, cells, strict=True)}
    return Table(columns, len(rows))


@cache
def the_shop(seed: int = 0) -> tuple[tuple[str, str, int, int], ...]:
    """Rows (user, item, weight, week): u0, u4, u8 ... like the things of taste 0, and so on."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(USERS):
        loved = rng.choice(ITEMS, 3, replace=False)
        for week in range(WEEKS):
            thing = loved[rng.integers(3)] if rng.random() < 0.7 else rng.integers(ITEMS)
            taste = user % TASTES if rng.random() < 0.9 else rng.integers(TASTES)
            rows.append((f"u{user}", f"t{taste}-{thing}", 1, week))
    return tuple(rows)


NAMES = ("user", "item", "weight", "week")


def taught(until: int = WEEKS, **options: Any) -> Learnt:
    rows = [row for row in the_shop() if row[3] < until]
    return KIND.train(Request(a_table(rows, NAMES), COLUMNS, 0, {"horizon": 5, **options}))


def asked(learnt: Learnt, **how: Any) -> Learnt:
    return Learnt({**learnt.card, "asked": how}, learnt.arrays)


def lists(learnt: Learnt, who: Sequence[str], **how: Any) -> dict[str, list[list[str]]]:
    """Each user's rows [item, score, reason]."""
    _, rows = KIND.predict(asked(learnt, **how), a_table([(one,) for one in who], ["user"]))
    found: dict[str, list[list[str]]] = {}
    for user, *rest in rows:
        found.setdefault(user, []).append(list(rest))
    return found
