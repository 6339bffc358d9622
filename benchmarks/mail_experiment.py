"""Made mail experiments whose true effects are known: customers, a mail or none, a visit or none.

Columns, spreads and rates are like those of public experiments of that kind: months since the last
purchase, money in the last year, what it was spent on, place, channel; a visit in 10 to 17 of 100,
a mail for half of the customers, an effect of 2 to 6 in a hundred that hardly differs from one
to another. What it depends on differs by `kind`, as nobody knows it beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.insight.table import Table

Doubles = NDArray[np.float64]

ZIP_CODES = ("Surburban", "Urban", "Rural")
CHANNELS = ("Phone", "Web", "Multichannel")


@dataclass(frozen=True)
class _People:
    recency: Doubles
    history: Doubles
    mens: Doubles
    womens: Doubles
    newbie: Doubles
    zip_code: NDArray[np.int64]
    channel: NDArray[np.int64]


# What a mail adds to the log odds of a visit.
_GAINS: dict[str, Callable[[_People], Doubles]] = {
    "one attribute": lambda p: np.where(p.womens == 1, 0.62, 0.12),
    "same odds": lambda p: np.full(len(p.recency), 0.38),
    "several, adding": lambda p: (
        0.38 + 0.12 * _z(p.recency) - 0.1 * _z(np.log(p.history)) + 0.1 * (2 * p.newbie - 1)
    ),
    "two together": lambda p: (
        0.38
        + 0.35
        * np.where((p.recency <= 6) & (p.history > 150), 1, -0.4)
        * np.where(p.womens == 1, 1, -0.3)
    ),
    "hardly any": lambda p: 0.3 + 0.08 * (2 * p.womens - 1) + 0.05 * _z(p.recency),
    "some put off": lambda p: 0.25 - 0.5 * p.newbie * (p.zip_code == 1) + 0.25 * (p.channel == 2),
    "there and back": lambda p: 0.3 + 0.4 * np.cos(p.recency / 2),
}
KINDS = tuple(_GAINS)


def made(kind: str, rows: int = 64_000, seed: int = 0) -> tuple[Table, Doubles]:
    """An experiment and the true effect on each of its customers, (n).

    columns  id, recency, history, mens, womens, zip_code, newbie, channel, mail, visit
    """
    rng = np.random.default_rng(seed)
    people = _people(rng, rows)
    log_odds = _usual(people)
    mailed = rng.random(rows) < 0.5
    without, with_mail = _chance(log_odds), _chance(log_odds + _GAINS[kind](people))
    visit = rng.random(rows) < np.where(mailed, with_mail, without)
    columns = {
        "id": [f"c{number}" for number in range(rows)],
        "recency": people.recency,
        "history": np.round(people.history, 2),
        "mens": people.mens,
        "womens": people.womens,
        "zip_code": [ZIP_CODES[code] for code in people.zip_code],
        "newbie": people.newbie,
        "channel": [CHANNELS[code] for code in people.channel],
        "mail": ["Womens E-Mail" if one else "No E-Mail" for one in mailed],
        "visit": visit.astype(np.float64),
    }
    return Table(columns, rows), with_mail - without


def _people(rng: np.random.Generator, rows: int) -> _People:
    channel = rng.choice(3, rows, p=[0.44, 0.44, 0.12])
    history = np.exp(rng.normal(5.0, 0.9, rows)) * np.where(channel == 2, 1.8, 1.0)
    mens = (rng.random(rows) < 0.55).astype(np.float64)
    womens = np.where(mens == 0, 1.0, rng.random(rows) < 0.18)
    return _People(
        recency=rng.integers(1, 13, rows).astype(np.float64),
        history=history.clip(29.99, 3345),
        mens=mens,
        womens=womens,
        newbie=(rng.random(rows) < 0.5).astype(np.float64),
        zip_code=rng.choice(3, rows, p=[0.45, 0.40, 0.15]),
        channel=channel,
    )


def _usual(people: _People) -> Doubles:
    """The log odds of a visit without a mail."""
    return np.asarray(
        -2.15
        - 0.22 * _z(people.recency)
        + 0.15 * _z(np.log(people.history))
        - 0.3 * (people.newbie - 0.5)
        + 0.25 * (people.zip_code == 2)
        + 0.12 * (people.mens + people.womens - 1)
        + 0.12 * (people.channel == 1)
    )


def _z(values: Doubles) -> Doubles:
    return np.asarray((values - values.mean()) / values.std())


def _chance(log_odds: Doubles) -> Doubles:
    return np.asarray(1 / (1 + np.exp(-log_odds)))
