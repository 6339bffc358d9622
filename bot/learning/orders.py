"""Who orders again, and when: BG/NBD (bot.insight.churn.buying) over the log of orders.

Taught by what was ordered until a month ago, judged by who ordered in that month. Who never ordered
is not spoken of. Orders that retention has removed are not known here, neither then nor now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import numpy as np

from bot.clock import to_ms
from bot.insight.choose import better
from bot.insight.churn.buying import Buying, Histories, fit
from bot.insight.churn.kind import FORM, HORIZON_DAYS, buying_of
from bot.insight.kinds import Columns
from bot.insight.modelfile import Learnt
from bot.learning import rows
from bot.learning.serving import Doubles, Now, Serving
from bot.learning.ways import Ask, Taught, enough, fingerprint
from bot.store import learning_rows
from bot.values.interest import day_of

LEAST = 20  # who ordered again in the month that judges, and who did not


def teach(ask: Ask) -> Taught:
    """Raises InvalidInput where hardly anybody ordered, or ordered again."""
    today = day_of(to_ms(ask.now))
    cut = today - round(HORIZON_DAYS)
    parts, came = list[Doubles](), list[float]()
    for ids in rows.some(ask.account_id, rows.MOST_ROWS):
        for days in _days(ids, to_ms(ask.now)):
            before = [day for day in days if day <= cut]
            if before:
                parts.append(_history(before, cut))
                came.append(float(days[-1] > cut))
    y = np.array(came)
    enough("people who ordered again in the last month", int(y.sum()), int((1 - y).sum()), LEAST)
    of = _histories(parts)
    buying = fit(of)
    old = np.full(len(y), y.mean())
    if ask.used is not None:
        old = buying_of(ask.used.learnt).buys_within(of, HORIZON_DAYS)
    verdict = better(y, old, buying.buys_within(of, HORIZON_DAYS), None, ask.seed)
    return Taught(_learnt(buying, len(y), ask.seed), verdict, len(y), fingerprint(of.x, of.age))


def _days(ids: Sequence[int], until: int) -> list[list[int]]:
    """The days of each one's orders, ascending; several orders of a day are one."""
    found = learning_rows.orders(ids, until)
    return [sorted({day_of(at) for at in instants}) for instants in found.values()]


def _history(days: Sequence[int], now: int) -> Doubles:
    return np.array([len(days) - 1, days[-1] - days[0], now - days[0]], np.float64)


def _histories(parts: Sequence[Doubles]) -> Histories:
    found = np.array(parts, np.float64).reshape(len(parts), 3)
    return Histories(found[:, 0], found[:, 1], found[:, 2])


def _learnt(buying: Buying, people: int, seed: int) -> Learnt:
    card = {
        "kind": "churn", "form": FORM, "seed": seed, "columns": asdict(Columns()), "unit": "days",
        "people": people, "horizon": HORIZON_DAYS,
        "chosen": f"r {buying.r:.4g}, alpha {buying.alpha:.4g} days, a {buying.a:.4g}, "
        f"b {buying.b:.4g}",
    }  # fmt: skip
    return Learnt(card, {"buying": np.array([buying.r, buying.alpha, buying.a, buying.b])})


def say_own(of: Serving, found: Now, now: datetime) -> dict[str, Doubles]:
    """The chance to order within HORIZON_DAYS."""
    today, held = day_of(to_ms(now)), learning_rows.orders(found.ids, to_ms(now))
    places = [at for at, who in enumerate(found.ids) if who in held]
    said = np.full(len(found.ids), np.nan)
    if places:
        days = [sorted({day_of(at) for at in held[found.ids[place]]}) for place in places]
        histories = _histories([_history(one, today) for one in days])
        said[places] = buying_of(of.learnt).buys_within(histories, HORIZON_DAYS)
    return {of.purpose.slug: said}
