"""Models of who leaves: `hongyan model train churn`.

Two ways to the same answer, a chance between 0 (stays) and 1 (has left or will leave):

    --target COLUMN          rows that say who left: the pipeline of propensity (training.py)
    --user COLUMN --time COLUMN [--weight COLUMN]
                             an order log, in which nobody says so: BG/NBD (buying.py); `weight` is
                             the amount, and rows of 0 or less are no purchases
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight import training
from bot.insight.churn.buying import Buying, Histories, fit
from bot.insight.churn.orders import Log, bought_after, histories, log_of
from bot.insight.kinds import Columns, Kind, Request, Rows
from bot.insight.metrics import with_intervals
from bot.insight.modelfile import Learnt
from bot.insight.propensity.roster import CANDIDATES, COMBINERS
from bot.insight.rows import fingerprint
from bot.insight.search import Roster
from bot.insight.table import Table

Doubles = NDArray[np.float64]
FORM = "bg/nbd"
HORIZON_DAYS = 30.0
HELD_OUT = 0.25  # of the log's time: the last part judges
_NEXT = (
    "id", "score", "alive", "buys_within", "purchases_within", "next_in",
)  # fmt: skip


def train(request: Request) -> Learnt:
    """A model of rows with a target, or of an order log.

    options  of a log: horizon, how far ahead to say who buys (30 days; a quarter of the log's
             time where times are plain numbers); of rows: see training.train

    Raises InvalidInput for rows that cannot teach.
    """
    columns = request.columns
    if columns.target is not None:
        learnt = training.train(request, "churn", Roster(CANDIDATES, COMBINERS))
        return Learnt({**learnt.card, "form": "target"}, learnt.arrays)
    if columns.user is None or columns.time is None:
        raise InvalidInput(
            "name the column that says who left (--target), or of an order log the columns that "
            "say who bought and when (--user, --time)"
        )
    return _of_log(request, columns.user, columns.time)


def _of_log(request: Request, user: str, time: str) -> Learnt:
    log = log_of(request.table, user, time, request.columns.weight)
    span = log.end - log.first
    if span <= 0:
        raise InvalidInput(f"column {time}: all orders are of one time: bring a longer log")
    horizon = _horizon(request.options.get("horizon"), log, span)
    request.progress("judging on the last quarter", 0, 2)
    cut = log.end - HELD_OUT * span
    judged = _judged(fit(histories(log.until(cut), cut)), log, cut, request.seed)
    request.progress("teaching on the whole log", 1, 2)
    whole = histories(log, log.end)
    buying = fit(whole)
    request.progress("done", 2, 2)
    card = {
        "kind": "churn",
        "form": FORM,
        "seed": request.seed,
        "fingerprint": fingerprint(request.table),
        "columns": asdict(request.columns),
        "rows": request.table.rows,
        "people": len(log.users),
        "purchases": len(log.time),
        "unit": log.unit,
        "horizon": horizon,
        "notes": _notes(buying, whole, horizon, log.unit),
        "reasons": [_said(buying, log.unit)],
        "held_out": judged,
    }
    return Learnt(card, {"buying": np.array([buying.r, buying.alpha, buying.a, buying.b])})


def _horizon(given: Any, log: Log, span: float) -> float:
    if given is None:
        return HORIZON_DAYS if log.unit else HELD_OUT * span
    try:
        found = float(given)
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise InvalidInput(f"horizon={given}: how far ahead to look, a number above 0", "horizon")
    return found


def _said(buying: Buying, unit: str) -> str:
    return (
        f"BG/NBD by greatest likelihood: r {buying.r:.4g}, alpha {buying.alpha:.4g} {unit}".rstrip()
        + f", a {buying.a:.4g}, b {buying.b:.4g}"
    )


def _notes(buying: Buying, of: Histories, horizon: float, unit: str) -> list[str]:
    once = int((of.x == 0).sum())
    return [
        f"{once} of {len(of.x)} people bought once: the model cannot tell whether they have left;"
        " their chance to buy is what falls",
        f"of all, {buying.alive(of).mean():.1%} are taken for customers still; "
        f"{buying.buys_within(of, horizon).mean():.1%} to buy within {horizon:g} {unit}",
    ]


def _judged(buying: Buying, log: Log, cut: float, seed: int) -> dict[str, Any]:
    """What was said at `cut` beside what came: who bought again, and how often."""
    before = log.until(cut)
    of, came = histories(before, cut), bought_after(log, before.users, cut)
    ahead = log.end - cut
    chance = np.clip(buying.buys_within(of, ahead), 1e-9, 1 - 1e-9)
    figures = with_intervals((came > 0).astype(np.float64), chance, seed=seed)
    lapsed = with_intervals((came > 0).astype(np.float64), _fresh(of), seed=seed)
    return {
        "metrics": {
            **figures,
            "auc of days since the last order alone": lapsed["auc"],
            "purchases expected": float(buying.purchases_within(of, ahead).sum()),
            "purchases made": float(came.sum()),
        }
    }


def _fresh(of: Histories) -> Doubles:
    """The simple rule, between 0 and 1: who bought last is the likeliest to buy again."""
    since = of.age - of.last
    return np.asarray(1 / (1 + since / max(float(since.max()), 1e-9)) - 0.5)


# --- serving and judging -------------------------------------------------------------------------


def evaluate(learnt: Learnt, table: Table, columns: Columns) -> dict[str, Any]:
    """Figures with intervals; of a log: what the model says three quarters through it beside what
    its last quarter brought."""
    if learnt.card["form"] != FORM:
        return training.evaluate(learnt, table, columns)
    log = _log(learnt, table, columns)
    span = log.end - log.first
    if span <= 0:
        raise InvalidInput("all orders are of one time: nothing came after that could judge")
    return _judged(buying_of(learnt), log, log.end - HELD_OUT * span, learnt.card["seed"])


def predict(learnt: Learnt, table: Table) -> tuple[Sequence[str], Rows]:
    """Header and rows. Of rows: id, score. Of a log, whose last order is now, a line a person:

    score             the chance that he will not buy within the horizon
    alive             the chance that he is still a customer
    buys_within       1 - score
    purchases_within  how many purchases are to be expected within the horizon
    next_in           the median wait for his next purchase, if he is still a customer
    """
    if learnt.card["form"] != FORM:
        return training.predict(learnt, table)
    log = _log(learnt, table, Columns())
    return _NEXT, _lines(buying_of(learnt), log, float(learnt.card["horizon"]))


def _lines(buying: Buying, log: Log, horizon: float) -> Iterator[tuple[str, ...]]:
    of = histories(log, log.end)
    buys = buying.buys_within(of, horizon)
    columns = (
        1 - buys, buying.alive(of), buys, buying.purchases_within(of, horizon), buying.next_in(of),
    )  # fmt: skip
    for name, *values in zip(log.users, *(one.tolist() for one in columns), strict=True):
        yield (name, *(f"{value:.6g}" for value in values))


def _log(learnt: Learnt, table: Table, columns: Columns) -> Log:
    named = {role: name for role, name in asdict(columns).items() if name}
    found = replace(Columns(**learnt.card["columns"]), **named)
    assert found.user is not None
    assert found.time is not None
    return log_of(table, found.user, found.time, found.weight)


def buying_of(learnt: Learnt) -> Buying:
    """The model of a log's card and arrays."""
    return Buying(*learnt.arrays["buying"].tolist())


KIND = Kind("churn", train, evaluate, predict)
