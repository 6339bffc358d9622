"""Who is like those of a given list: `hongyan model train lookalike --target COLUMN`.

1 in the target marks the seeds; everybody else is unlabelled, for some of them would be seeds if
anybody had asked. Three scores are tried, and the one is kept that ranks held-back seeds highest
among the unlabelled (AUC over FOLDS folds; within one standard error the simpler):

    nearest centroid     how much nearer to the seeds' mean than to everybody's, as a chance
    nearest seeds        the same with the mean distance to the NEIGHBOURS nearest seeds
    logistic             seeds against unlabelled, both counting alike; a positive factor away
                         from the true chance if seeds are a random part of all who are like them
                         (Elkan and Noto 2008), so it ranks as the true one does
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.clusters.points import Points, features_of, fit_points, points
from bot.insight.kinds import Columns, Kind, Request, Rows
from bot.insight.metrics import auc, draws, with_intervals
from bot.insight.modelfile import Learnt
from bot.insight.propensity.linear import expit
from bot.insight.rows import MOST_ROWS, fingerprint
from bot.insight.schema import Schema, rows_of, texts, typed
from bot.insight.split import folds
from bot.insight.table import Table

Doubles = NDArray[np.float64]
Arrays = Mapping[str, NDArray[Any]]

LEAST_SEEDS = 20
LEAST_OTHERS = 50
MOST_SEEDS = 2_000  # whose distances are looked at
NEIGHBOURS = 5
FOLDS = 5
_PENALTY = 1.0
_DRAWS = 100
SLICE = 16_384  # rows at once
_GRID = np.linspace(0, 1, 201)


@dataclass(frozen=True)
class Way:
    """A score: what is kept of the teaching rows, and what it says of points."""

    name: str
    fit: Callable[[Points, NDArray[np.bool_], int], dict[str, NDArray[Any]]]
    said: Callable[[Arrays, Points], Doubles]


def _fit_centroid(x: Points, seeds: NDArray[np.bool_], seed: int) -> dict[str, NDArray[Any]]:
    return {"seeds": x[seeds].mean(axis=0), "everybody": x.mean(axis=0)}


def _said_centroid(arrays: Arrays, x: Points) -> Doubles:
    far, near = (_distance(x, arrays[name][None, :])[:, 0] for name in ("everybody", "seeds"))
    return expit((far - near) / np.sqrt(x.shape[1]))


def _fit_nearest(x: Points, seeds: NDArray[np.bool_], seed: int) -> dict[str, NDArray[Any]]:
    at = np.flatnonzero(seeds)
    drawn = np.random.default_rng(seed).permutation(at)[:MOST_SEEDS]
    return {"seeds": x[np.sort(drawn)], "everybody": x.mean(axis=0)}


def _said_nearest(arrays: Arrays, x: Points) -> Doubles:
    """A row that is a seed itself is not its own neighbour."""
    apart = _distance(x, arrays["seeds"])
    apart[apart < 1e-6] = np.inf
    count = min(NEIGHBOURS, apart.shape[1])
    near = np.partition(apart, count - 1, axis=1)[:, :count]
    mean = np.where(np.isfinite(near), near, 0.0).sum(axis=1) / np.maximum(
        np.isfinite(near).sum(axis=1), 1
    )
    far = _distance(x, arrays["everybody"][None, :])[:, 0]
    return expit((far - mean) / np.sqrt(x.shape[1]))


def _fit_logistic(x: Points, seeds: NDArray[np.bool_], seed: int) -> dict[str, NDArray[Any]]:
    regression = import_module("sklearn.linear_model").LogisticRegression
    fitted = regression(C=1 / _PENALTY, max_iter=2000, class_weight="balanced", random_state=seed)
    fitted.fit(x.astype(np.float64), seeds)
    return {"weights": fitted.coef_[0], "bias": fitted.intercept_}


def _said_logistic(arrays: Arrays, x: Points) -> Doubles:
    return expit(x.astype(np.float64) @ arrays["weights"] + arrays["bias"][0])


WAYS = (
    Way("nearest centroid", _fit_centroid, _said_centroid),
    Way("logistic", _fit_logistic, _said_logistic),
    Way("nearest seeds", _fit_nearest, _said_nearest),
)


def _distance(x: Points, others: NDArray[Any]) -> Doubles:
    """(n, m) Euclidean."""
    a, b = x.astype(np.float64), others.astype(np.float64)
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))


def train(request: Request) -> Learnt:
    """A score of likeness to the rows whose target is 1; 0 and empty cells are unlabelled.

    options  leave_out, keep: names of columns
    Raises InvalidInput for too few seeds or others, or another value in the target.
    """
    table, notes = _drawn(request)
    seeds = _seeds(table, request.columns)
    _check(seeds)
    ready, schema = features_of(table, request.columns, request.options)
    encoder = fit_points(ready, schema)
    x = points(encoder, ready)
    tried = _tried(x, seeds, request)
    kept = _kept(tried, seeds, request.seed)
    arrays = kept.fit(x, seeds, request.seed)
    score = _scores(kept, arrays, x)
    unlabelled = score[~seeds] if (~seeds).any() else score
    card = {
        "kind": "lookalike",
        "row_by_row": True,
        "seed": request.seed,
        "fingerprint": fingerprint(table),
        "columns": asdict(request.columns),
        "rows": table.rows,
        "seeds": int(seeds.sum()),
        "notes": notes,
        "schema": schema.to_json(),
        "encoder": encoder,
        "way": kept.name,
        "reasons": _reasons(tried, seeds, kept),
        "metrics": {"auc": auc(seeds.astype(np.float64), tried[kept.name])},
        "spread": np.quantile(unlabelled, _GRID).tolist(),
    }
    return Learnt(card, arrays)


def _drawn(request: Request) -> tuple[Table, list[str]]:
    """All rows; of very many all seeds that fit in and a draw of the others."""
    rows = request.table.rows
    if rows <= MOST_ROWS:
        return request.table, []
    seeds = _seeds(request.table, request.columns)
    turn = np.random.default_rng(request.seed).random(rows) - seeds
    at = np.sort(np.argsort(turn, kind="stable")[:MOST_ROWS])
    return request.table.take(at), [f"{MOST_ROWS:,} of {rows:,} rows teach: seeds first"]


def _seeds(table: Table, columns: Columns) -> NDArray[np.bool_]:
    if columns.target is None:
        raise InvalidInput("name the column that has 1 for those of the list (--target)")
    found = table.numbers(columns.target)
    wrong = ~(np.isnan(found) | np.isin(found, (0.0, 1.0)))
    if wrong.any():
        line = int(np.argmax(wrong))
        said = table.texts(columns.target)[line][:40]
        raise InvalidInput(
            f"line {line + 2}, column {columns.target}: {said!r}; 1 marks those of the list, 0 or"
            " nothing everybody else"
        )
    return np.asarray(found == 1)


def _check(seeds: NDArray[np.bool_]) -> None:
    count, others = int(seeds.sum()), int((~seeds).sum())
    if count < LEAST_SEEDS or others < LEAST_OTHERS:
        raise InvalidInput(
            f"{count} rows are of the list and {others} are not; {LEAST_SEEDS} and {LEAST_OTHERS} "
            "are needed to tell what they have in common"
        )


def _tried(x: Points, seeds: NDArray[np.bool_], request: Request) -> dict[str, Doubles]:
    """What each way says of rows that it was not taught with."""
    y = seeds.astype(np.float64)
    found = {way.name: np.empty(len(x)) for way in WAYS}
    parts = folds(y, None, None, FOLDS, request.seed)
    for number, fold in enumerate(parts):
        request.progress("likeness", number, len(parts))
        for way in WAYS:
            arrays = way.fit(x[fold.teach], seeds[fold.teach], request.seed)
            found[way.name][fold.judge] = _scores(way, arrays, x[fold.judge])
    request.progress("likeness", len(parts), len(parts))
    return found


def _scores(way: Way, arrays: Arrays, x: Points) -> Doubles:
    parts = [way.said(arrays, x[at : at + SLICE]) for at in range(0, len(x), SLICE)]
    return np.concatenate(parts) if parts else np.empty(0)


def _kept(tried: Mapping[str, Doubles], seeds: NDArray[np.bool_], seed: int) -> Way:
    """The first of WAYS that is behind the best by at most one standard error of the difference."""
    y = seeds.astype(np.float64)
    values = {name: auc(y, score) for name, score in tried.items()}
    best = max(WAYS, key=lambda way: values[way.name])
    drawn: dict[str, list[float]] = {name: [] for name in tried}
    for block in draws(len(y), None, seed, _DRAWS):
        for weight in block:
            for name, score in tried.items():
                drawn[name].append(auc(y, score, weight))
    for way in WAYS:
        behind = np.array(drawn[best.name]) - np.array(drawn[way.name])
        if values[best.name] - values[way.name] <= float(behind.std()):
            return way
    return best


def _reasons(tried: Mapping[str, Doubles], seeds: NDArray[np.bool_], kept: Way) -> list[str]:
    y = seeds.astype(np.float64)
    said = [
        f"{name}: held-back seeds stand before others with {auc(y, score):.4f} (AUC)"
        for name, score in tried.items()
    ]
    return [*said, f"{kept.name} is kept: nothing simpler is as good within one standard error"]


# --- serving and judging -------------------------------------------------------------------------


def likeness(learnt: Learnt, table: Table) -> Doubles:
    """How like the seeds each row is, (n), within 0..1; an order, not a chance."""
    way = next(one for one in WAYS if one.name == learnt.card["way"])
    ready = typed(table, Schema.from_json(learnt.card["schema"]))
    found = np.empty(table.rows)
    for start in range(0, table.rows, SLICE):
        part = rows_of(ready, start, start + SLICE)
        x = points(learnt.card["encoder"], part)
        found[start : start + part.rows] = way.said(learnt.arrays, x)
    return found


def predict(learnt: Learnt, table: Table) -> tuple[Sequence[str], Rows]:
    """Header and rows: id, score, and `ahead`: the share of the unlabelled that taught the model
    and that are less like the seeds."""
    name = learnt.card["columns"].get("id")
    names: Sequence[Any] = range(1, table.rows + 1)
    if name in table.columns:
        names = texts(table, name)
    score = likeness(learnt, table)
    ahead = np.interp(score, learnt.card["spread"], _GRID)
    return ("id", "score", "ahead"), _lines(names, score, ahead)


def _lines(names: Sequence[Any], score: Doubles, ahead: Doubles) -> Iterator[tuple[Any, ...]]:
    for name, one, share in zip(names, score.tolist(), ahead.tolist(), strict=True):
        yield name, f"{one:.9f}", f"{share:.3f}"


def evaluate(learnt: Learnt, table: Table, columns: Columns) -> dict[str, Any]:
    """AUC and the rest, of other seeds among others, with intervals."""
    named = columns.target or learnt.card["columns"]["target"]
    seeds = _seeds(table, Columns(target=named))
    if seeds.all() or not seeds.any():
        raise InvalidInput(f"column {named}: to judge, rows of the list and others are needed")
    score = likeness(learnt, table)
    found = with_intervals(seeds.astype(np.float64), score, seed=learnt.card["seed"])
    kept = ("rows", "yes", "rate", "auc", "pr_auc", "lift_10")  # its scores are no chances
    return {"metrics": {name: found[name] for name in kept}}


KIND = Kind("lookalike", train, evaluate, predict)
