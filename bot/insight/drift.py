"""How far rows have moved since training: the population stability index of features and score.

PSI = sum over bins of (now - then) ln (now / then), shares of rows. Below 0.1 nothing to speak of,
from 0.25 on the model was taught for other people than it now sees (the rule of thumb of credit
scoring). Bins of numbers are tenths of the training rows; missing is a bin of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bot.insight.candidate import Doubles
from bot.insight.schema import NOT_GIVEN, Schema, texts
from bot.insight.table import Cells, Table

MOVED, STRAYED = 0.1, 0.25
_BINS = 10
_LEVELS = 20
_LEAST = 1e-4  # share that an empty bin counts as, so that its logarithm is finite


def reference(table: Table, schema: Schema) -> dict[str, Any]:
    """How the features are spread, as JSON values. `table` is typed by the schema."""
    found = {}
    for name, column in schema.columns.items():
        cells = table.columns[name]
        if column.kind == "number":
            assert isinstance(cells, np.ndarray), "schema.typed comes first"
            found[name] = spread(cells)
        else:
            counts = Counter(texts(table, name))
            levels = sorted(counts, key=lambda word: (-counts[word], word))[:_LEVELS]
            found[name] = {"levels": levels, "shares": _word_shares(levels, texts(table, name))}
    return found


def spread(values: Doubles) -> dict[str, Any]:
    """The inner edges of tenths, and the share in each bin, missing last."""
    known = values[~np.isnan(values)]
    tenths = np.linspace(0, 1, _BINS + 1)[1:-1]
    edges = np.unique(np.quantile(known, tenths)).tolist() if len(known) else []
    return {"edges": edges, "shares": _number_shares(edges, values)}


def psi(then: Sequence[float], now: Sequence[float]) -> float:
    """The index of two lists of shares of the same bins."""
    a, b = np.maximum(then, _LEAST), np.maximum(now, _LEAST)
    return float(((b - a) * np.log(b / a)).sum())


def drift(known: Mapping[str, Any], table: Table) -> list[dict[str, Any]]:
    """Each feature of a reference as {"feature", "psi", "said"}, the most moved first.

    A feature that the table does not have is left to the scoring to refuse.
    """
    found = [
        _line(name, psi(spread_then["shares"], _now(spread_then, table.columns[name])))
        for name, spread_then in known.items()
        if name in table.columns
    ]
    return sorted(found, key=lambda line: (-line["psi"], line["feature"]))


def drift_of_score(then: Mapping[str, Any], chance: Doubles) -> dict[str, Any]:
    """The same of what the model says."""
    return _line("score", psi(then["shares"], _number_shares(then["edges"], chance)))


def _line(name: str, value: float) -> dict[str, Any]:
    said = "strayed" if value >= STRAYED else "moved" if value >= MOVED else "steady"
    return {"feature": name, "psi": value, "said": said}


def _now(then: Mapping[str, Any], cells: Cells) -> list[float]:
    if "levels" in then:
        rows = len(cells)
        return _word_shares(then["levels"], texts(Table({"": cells}, rows), ""))
    return _number_shares(then["edges"], _as_numbers(cells))


def _as_numbers(cells: Cells) -> Doubles:
    """Words that are no numbers count as missing: drift is told, not refused."""
    if isinstance(cells, np.ndarray):
        return cells
    return np.array([_float(cell) for cell in cells])


def _float(cell: str) -> float:
    try:
        return np.nan if cell in NOT_GIVEN else float(cell)
    except ValueError:
        return np.nan


def _number_shares(edges: Sequence[float], values: Doubles) -> list[float]:
    missing = np.isnan(values)
    bins = np.searchsorted(np.asarray(edges, np.float64), values[~missing], side="right")
    counts = np.append(np.bincount(bins, minlength=len(edges) + 1), missing.sum())
    return [float(share) for share in counts / max(len(values), 1)]


def _word_shares(levels: Sequence[str], cells: Sequence[str]) -> list[float]:
    counts = Counter(cells)
    known = [counts.get(level, 0) for level in levels]
    rows = max(len(cells), 1)
    return [count / rows for count in [*known, len(cells) - sum(known)]]
