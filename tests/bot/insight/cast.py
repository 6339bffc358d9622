"""Small made tables whose truth is known."""

from __future__ import annotations

import numpy as np

from bot.insight.candidate import Sample
from bot.insight.schema import detect, typed
from bot.insight.table import Table

CITIES = ("北京", "上海", "广州", "成都")


def a_shop(rows: int = 400, seed: int = 0) -> Table:
    """Orders drive the answer, the city a little, noise nothing; ages and orders are missing in
    places; two rows a person."""
    rng = np.random.default_rng(seed)
    orders = rng.poisson(3, rows).astype(float)
    city = rng.integers(0, 4, rows)
    noise = rng.normal(size=rows)
    odds = -2 + 0.7 * orders + 0.8 * (city == 0)
    bought = rng.random(rows) < 1 / (1 + np.exp(-odds))
    age = rng.integers(18, 70, rows)
    return Table(
        {
            "id": [f"f{n:04}" for n in range(rows)],
            "person": [f"p{n // 2}" for n in range(rows)],
            "day": [f"2026-0{1 + n * 6 // rows}-01" for n in range(rows)],
            "orders": ["" if n % 17 == 0 else f"{orders[n]:g}" for n in range(rows)],
            "city": [CITIES[n] for n in city],
            "age": ["" if n % 11 == 0 else str(age[n]) for n in range(rows)],
            "visits": ["never" if v < -1 else "1~3" if v < 0.5 else "4~8" for v in noise],
            "noise": [f"{v:.4f}" for v in noise],
            "bought": ["yes" if one else "no" for one in bought],
        },
        rows,
    )


def a_sample(rows: int = 400, seed: int = 0) -> Sample:
    """The shop's rows, typed, without names of rows."""
    shop = a_shop(rows, seed)
    away = ("id", "person", "day", "bought")
    raw = Table({k: v for k, v in shop.columns.items() if k not in away}, rows)
    schema = detect(raw)
    y = np.array([word == "yes" for word in shop.texts("bought")], np.float64)
    return Sample(typed(raw, schema), y, schema)
