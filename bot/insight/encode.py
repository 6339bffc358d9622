"""Tables as matrices: what is needed to encode again is JSON and goes into the model's card.

Three manners. `codes`: numbers as they are, ordered words as ranks, other words as whole numbers
by frequency; NaN is missing: for trees. `mixed`: the same, but words as one column each. `scaled`:
words as one column each, ordered words as ranks and columns, numbers as z-scores within -5..5,
missing as the median beside a column that says so: for what measures distances or adds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.insight.schema import Column, Schema, texts, typed
from bot.insight.table import Table

Doubles = NDArray[np.float64]
Encoder = dict[str, Any]

MOST_LEVELS = 60  # of a column that get a column of their own
LEAST_ROWS = 5  # of a level that gets one
SKEWED = 2.0  # from this skewness on a number is taken by its logarithm
FURTHEST = 5.0  # standard deviations


def fit_encoder(table: Table, schema: Schema, manner: str) -> Encoder:
    """How to encode such tables.

    manner  codes | mixed | scaled
    returns JSON values with `names`, one for each column of the matrix
    """
    features = [_fitted(name, column, table, manner) for name, column in schema.columns.items()]
    names = [title for feature in features for title in _titles(feature)]
    return {"manner": manner, "features": features, "names": names}


def encode(encoder: Encoder, table: Table) -> Doubles:
    """The matrix of a table, (rows, len(encoder["names"])).

    The table may have more columns, in any order. A word that was never taught is encoded as the
    rare ones were. Raises InvalidInput for a column or a number that is not there.
    """
    wanted = {one["column"]: _column(one) for one in encoder["features"]}
    ready = typed(table, Schema(wanted, {}))
    found = np.empty((table.rows, len(encoder["names"])))
    at = 0
    for feature in encoder["features"]:
        at = _DO[feature["how"]](feature, ready, found, at)
    return found


def _column(feature: Mapping[str, Any]) -> Column:
    kind = "number" if feature["how"] in ("raw", "scaled") else "category"
    return Column(kind, (), tuple(feature.get("missing", ())))


def _fitted(name: str, column: Column, table: Table, manner: str) -> dict[str, Any]:
    if column.kind == "number":
        found = {"column": name, "how": "raw", "missing": list(column.missing)}
        values = table.columns[name]
        assert isinstance(values, np.ndarray), "schema.typed comes first"
        return {**found, **_scaling(values), "how": "scaled"} if manner == "scaled" else found
    if column.kind == "ordered":
        found = {"column": name, "how": "ranks", "levels": list(column.levels)}
        return found if manner != "scaled" else {**found, **_ranked(column, texts(table, name))}
    if manner == "codes":
        return {"column": name, "how": "codes", "levels": list(column.levels)}
    return {"column": name, "how": "words", **_common(texts(table, name))}


def _scaling(values: Doubles) -> dict[str, Any]:
    known = values[~np.isnan(values)]
    if not len(known):
        known = np.zeros(1)
    spread = known.std() or 1.0
    skewed = bool(abs((((known - known.mean()) / spread) ** 3).mean()) > SKEWED)
    taken = _logarithm(known) if skewed else known
    return {
        "log": skewed,
        "median": float(np.median(taken)),
        "mean": float(taken.mean()),
        "scale": float(taken.std() or 1.0),
        "says_missing": bool(np.isnan(values).any()),
    }


def _logarithm(values: Doubles) -> Doubles:
    found: Doubles = np.sign(values) * np.log1p(np.abs(values))
    return found


def _ranked(column: Column, cells: Sequence[str]) -> dict[str, Any]:
    """Ordered words as rank and as columns."""
    return {"how": "ranks and words", "most": len(column.levels) - 1 or 1, **_common(cells)} | {
        "ranks": list(column.levels)
    }


def _common(cells: Sequence[str]) -> dict[str, Any]:
    """The levels that get a column of their own, and whether there are others."""
    counts = Counter(cells)
    often = [word for word, count in counts.items() if count >= LEAST_ROWS]
    kept = sorted(often, key=lambda word: (-counts[word], word))[:MOST_LEVELS]
    return {"levels": kept, "others": len(kept) < len(counts)}


def _titles(feature: Mapping[str, Any]) -> list[str]:
    name, how = feature["column"], feature["how"]
    if how == "scaled":
        return [name, f"{name} missing"] if feature["says_missing"] else [name]
    if how in ("raw", "codes", "ranks"):
        return [name]
    words = [f"{name}={level}" for level in feature["levels"]]
    words += [f"{name}=(other)"] if feature["others"] else []
    return [name, *words] if how == "ranks and words" else words


def _raw(feature: Mapping[str, Any], table: Table, found: Doubles, at: int) -> int:
    found[:, at] = table.columns[feature["column"]]
    return at + 1


def _scale(feature: Mapping[str, Any], table: Table, found: Doubles, at: int) -> int:
    values = table.numbers(feature["column"])
    missing = np.isnan(values)
    taken = _logarithm(values) if feature["log"] else values
    taken = np.where(missing, feature["median"], taken)
    score = (taken - feature["mean"]) / feature["scale"]
    np.clip(score, -FURTHEST, FURTHEST, out=found[:, at])
    if feature["says_missing"]:
        found[:, at + 1] = missing
        return at + 2
    return at + 1


def _places(levels: Sequence[str], cells: Sequence[str], other: float) -> Doubles:
    place = {word: float(number) for number, word in enumerate(levels)}
    get = place.get
    return np.array([get(cell, other) for cell in cells])


def _code(feature: Mapping[str, Any], table: Table, found: Doubles, at: int) -> int:
    """Ranks and codes: the place of the word in its levels; NaN for what has none."""
    cells = table.texts(feature["column"])
    found[:, at] = _places(feature["levels"], cells, np.nan)
    return at + 1


def _words(feature: Mapping[str, Any], table: Table, found: Doubles, at: int) -> int:
    levels = feature["levels"]
    wide = len(levels) + int(feature["others"])
    cells = table.texts(feature["column"])
    places = _places(levels, cells, len(levels)).astype(np.intp)
    part = found[:, at : at + wide]
    part[...] = 0.0
    seen = np.flatnonzero(places < wide)
    part[seen, places[seen]] = 1.0
    return at + wide


def _ranks_and_words(feature: Mapping[str, Any], table: Table, found: Doubles, at: int) -> int:
    cells = table.texts(feature["column"])
    ranks = _places(feature["ranks"], cells, np.nan) / feature["most"]
    found[:, at] = np.where(np.isnan(ranks), 0.5, ranks) * 2 - 1
    return _words(feature, table, found, at + 1)


_DO = {
    "raw": _raw,
    "scaled": _scale,
    "codes": _code,
    "ranks": _code,
    "words": _words,
    "ranks and words": _ranks_and_words,
}
