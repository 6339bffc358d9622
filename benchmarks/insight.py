"""Who answers, redeems, takes the coupon: the propensity model beside the usual ones, same rows.

    python -m benchmarks insight [--quick]

Ours is what `hongyan model train propensity` makes of the same file and columns, with nothing said
about the set. Beside it, by scikit-learn as it comes: the rate by the words of the one column that
orders the teaching rows best (the best simple rule), logistic regression, random forest, gradient
boosting, on numbers as they are (missing: the median) and words as one column each.

Judged twice: taught on `train`, judged on `dev`; and by cross-validation over both, whole persons
or later times held out, as the set asks. Intervals are of 95 % by a bootstrap of rows, or of whole
persons. `--quick`: `train` to `dev` only, ours without the slow candidates.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bot.insight import training
from bot.insight.candidate import Sample
from bot.insight.kinds import Columns, Request, kind
from bot.insight.metrics import auc, draws, figures
from bot.insight.rows import bring
from bot.insight.schema import texts
from bot.insight.split import Fold, folds
from bot.insight.table import Table, read

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SETS = {
    "coupon_invehicle": Columns(target="accepted", id="id", group="respondent"),
    "coupon_journey": Columns(
        target="redeemed", id="id", group="household_id", time="history_days"
    ),
    "bank_campaign": Columns(target="subscribed", id="id"),
}
QUICK = (
    "logistic regression",
    "random forest",
    "logistic regression on crosses",
    "gradient boosting on crosses",
    "random forest on crosses",
    "blend",
)
FOLDS = 5
RATE = 0.2  # of yes, at which PR-AUC of all sets is told, too
DRAWS = 500
LEAST_ROWS = 20  # of a word that gets a column or a rate of its own
Doubles = NDArray[np.float64]
Fit = Callable[[Sample, Table], Doubles]  # rows that teach, rows to score -> chances


def run(quick: bool = False) -> dict[str, Any]:
    return {name: _set(name, columns, quick) for name, columns in SETS.items()}


def _set(name: str, columns: Columns, quick: bool) -> Any:
    files = [DATA / name / f"{part}.csv.gz" for part in ("train", "dev")]
    if not all(file.exists() for file in files):
        return "skipped: the data are not here"
    tables = [read(file) for file in files]
    whole = _joined(tables)
    start = np.arange(tables[0].rows)
    dev = Fold(start, np.arange(tables[0].rows, whole.rows))
    found = {"train to dev": _compared(whole, columns, [dev], quick)}
    if not quick:
        sample = bring(whole, columns, {}, 0).sample
        parts = folds(sample.y, sample.group, sample.time, FOLDS, 0)
        found["cross-validated"] = _compared(whole, columns, parts, quick)
    return found


def _joined(tables: Sequence[Table]) -> Table:
    columns = {
        name: [word for table in tables for word in texts(table, name)] for name in tables[0].names
    }
    return Table(columns, sum(table.rows for table in tables))


def _compared(whole: Table, columns: Columns, parts: Sequence[Fold], quick: bool) -> dict[str, Any]:
    sample = bring(whole, columns, {}, 0).sample
    found: dict[str, Any] = {}
    for name, fit in PEERS.items():
        said = [fit(sample.take(one.teach), sample.table.take(one.judge)) for one in parts]
        found[name] = _judged(sample, parts, said)
    ours = [_ours(whole.take(p.teach), whole.take(p.judge), columns, quick) for p in parts]
    found["ours"] = {
        **_judged(sample, parts, [one.chance for one in ours]),
        "chosen": [one.chosen for one in ours],
        "cpu_s": [round(one.cpu_s, 1) for one in ours],
    }
    return found


@dataclass(frozen=True)
class _Served:
    chance: Doubles
    chosen: str
    cpu_s: float  # of teaching


def _ours(teach: Table, judge: Table, columns: Columns, quick: bool) -> _Served:
    options = {"candidates": QUICK} if quick else {}
    start = time.process_time()
    learnt = kind("propensity").train(Request(teach, columns, 0, options, _watched))
    cpu_s = time.process_time() - start
    return _Served(training.score_rows(learnt, judge), learnt.card["chosen"], cpu_s)


def _watched(what: str, done: int, of: int) -> None:
    sys.stderr.write(f"{what}: {done} of {of}\n")


def _judged(sample: Sample, parts: Sequence[Fold], chances: Sequence[Doubles]) -> dict[str, Any]:
    """auc and pr_auc as [value, low, high]: the mean over the folds, each by its rows."""
    sizes = [len(one.judge) for one in parts]
    found: dict[str, list[Doubles]] = {"auc": [], "pr_auc": []}
    for part, chance in zip(parts, chances, strict=True):
        drawn = _drawn(sample.take(part.judge), chance)
        for name, values in found.items():
            values.append(drawn[name])
    means = {name: np.average(values, axis=0, weights=sizes) for name, values in found.items()}
    at = [_at_rate(sample.take(p.judge).y, c) for p, c in zip(parts, chances, strict=True)]
    return {
        **{name: _interval(values) for name, values in means.items()},
        "yes": [round(float(np.average(sample.take(p.judge).y)), 4) for p in parts],
        f"pr_auc at {RATE:.0%} yes": round(float(np.average(at, weights=sizes)), 4),
    }


def _at_rate(y: Doubles, chance: Doubles) -> float:
    """PR-AUC as if RATE of the rows said yes: it grows with that share, the AUC does not. So sets
    of different shares can be compared only at one."""
    rate = float(y.mean())
    weight = np.where(y > 0, RATE / rate, (1 - RATE) / (1 - rate))
    return float(figures(y, chance, weight)["pr_auc"])


def _interval(values: Doubles) -> list[float]:
    """The value itself stands first; the others are the bootstrap's."""
    low, high = np.nanquantile(values[1:], [0.025, 0.975])
    return [round(float(one), 4) for one in (values[0], low, high)]


def _drawn(sample: Sample, chance: Doubles) -> dict[str, Doubles]:
    weights = np.concatenate(list(draws(len(chance), sample.group, 0, DRAWS)))
    rows = [figures(sample.y, chance)]
    rows += [figures(sample.y, chance, weight.astype(float)) for weight in weights]
    return {name: np.array([row[name] for row in rows]) for name in ("auc", "pr_auc")}


# The peers.


def _rule(teach: Sample, judge: Table) -> Doubles:
    """The one column whose rates order the teaching rows best; numbers by tenths."""
    best: tuple[float, Doubles] = (0.0, np.full(judge.rows, teach.y.mean()))
    for name in teach.schema.columns:
        own, asked = _steps(teach.table, judge, name)
        rates = _rates(own, teach.y)
        reached = auc(teach.y, np.array([rates.get(one, rates[None]) for one in own]))
        if reached > best[0]:
            best = reached, np.array([rates.get(one, rates[None]) for one in asked])
    return best[1]


def _steps(teach: Table, judge: Table, name: str) -> tuple[list[Any], list[Any]]:
    cells = teach.columns[name]
    if not isinstance(cells, np.ndarray):
        return list(cells), list(texts(judge, name))
    edges = np.unique(np.nanquantile(cells, np.linspace(0.1, 0.9, 9)))
    asked = judge.numbers(name)
    return [*np.searchsorted(edges, cells).tolist()], [*np.searchsorted(edges, asked).tolist()]


def _rates(words: Sequence[Any], y: Doubles) -> Mapping[Any, float]:
    """Rate of yes by word; None: of all, for words that are rare."""
    sums: dict[Any, list[float]] = {}
    for word, answer in zip(words, y.tolist(), strict=True):
        sums.setdefault(word, []).append(answer)
    often = {word: float(np.mean(v)) for word, v in sums.items() if len(v) >= LEAST_ROWS}
    return {**often, None: float(y.mean())}


def _matrices(teach: Sample, judge: Table) -> tuple[Doubles, Doubles]:
    sides: list[tuple[Doubles, Doubles]] = []
    for name, cells in teach.table.columns.items():
        if isinstance(cells, np.ndarray):
            middle = np.nanmedian(cells)
            pair = [np.where(np.isnan(v), middle, v) for v in (cells, judge.numbers(name))]
            sides.append((pair[0], pair[1]))
            continue
        own, asked = np.array(cells), np.array(texts(judge, name))
        words, counts = np.unique(own, return_counts=True)
        for word in words[counts >= LEAST_ROWS]:
            sides.append(((own == word).astype(float), (asked == word).astype(float)))
    return np.column_stack([a for a, _ in sides]), np.column_stack([b for _, b in sides])


def _peer(make: Callable[[], Any]) -> Fit:
    def fit(teach: Sample, judge: Table) -> Doubles:
        own, asked = _matrices(teach, judge)
        chance: Doubles = make().fit(own, teach.y).predict_proba(asked)[:, 1]
        return chance

    return fit


PEERS: dict[str, Fit] = {
    "best simple rule": _rule,
    "logistic regression": _peer(
        lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    ),
    "random forest": _peer(lambda: RandomForestClassifier(300, min_samples_leaf=2, random_state=0)),
    "gradient boosting": _peer(lambda: HistGradientBoostingClassifier(random_state=0)),
}
