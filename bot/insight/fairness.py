"""Whether chances are as good for each gender, age band and city: figures with intervals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.insight.candidate import Doubles
from bot.insight.metrics import Codes, with_intervals
from bot.insight.schema import texts
from bot.insight.table import Table

LEAST_ROWS = 30  # of a group, for figures to be said
MOST_GROUPS = 12
_DRAWS = 200  # of the bootstrap, for each group
_CHOSEN = 0.2  # the share of highest chances whose make-up is told
_COLUMNS = {
    "gender": re.compile(r"^(gender|sex|性别)$", re.IGNORECASE),
    "age": re.compile(r"^(age|age_band|年龄|年龄段)$", re.IGNORECASE),
    "city": re.compile(r"^(city|城市)$", re.IGNORECASE),
}
_BANDS = (18, 25, 35, 45, 55, 65)


def report(
    table: Table, y: Doubles, chance: Doubles, group: Codes | None = None, seed: int = 0
) -> list[dict[str, Any]]:
    """A line for each group of each such column that the table has; those of few rows only by n.

    rate, said   share of yes and mean chance; gap is said - rate, with its interval
    chosen       share of the group among its rows that belong to the highest fifth of all
    """
    found = []
    top = chance >= np.quantile(chance, 1 - _CHOSEN) if len(chance) else chance > 0
    for about, pattern in _COLUMNS.items():
        for name in table.names:
            if pattern.match(name):
                found += _lines(
                    about, name, _groups(about, table, name), y, chance, top, group, seed
                )
    return found


def _lines(
    about: str,
    column: str,
    cells: Sequence[str],
    y: Doubles,
    chance: Doubles,
    top: NDArray[np.bool_],
    group: Codes | None,
    seed: int,
) -> list[dict[str, Any]]:
    values = np.array(cells)
    found = []
    for value in _shown(cells):
        at = np.flatnonzero(values == value)
        line: dict[str, Any] = {"about": about, "column": column, "group": value, "rows": len(at)}
        if len(at) >= LEAST_ROWS:
            inside = None if group is None else group[at]
            line |= _figures(y[at], chance[at], inside, seed)
            line["chosen"] = float(top[at].mean())
        found.append(line)
    return found


def _figures(y: Doubles, chance: Doubles, group: Codes | None, seed: int) -> dict[str, Any]:
    judged = with_intervals(y, chance, group, seed=seed, count=_DRAWS)
    gap = chance - y
    wide = 1.96 * float(gap.std()) / np.sqrt(len(gap))
    return {
        "rate": float(y.mean()),
        "said": float(chance.mean()),
        "gap": {"value": float(gap.mean()), "low": gap.mean() - wide, "high": gap.mean() + wide},
        "auc": judged["auc"],
        "log_loss": judged["log_loss"],
    }


def _shown(cells: Sequence[str]) -> list[str]:
    """The groups in order: bands and words as they sort, of many only the most frequent."""
    counts = Counter(cells)
    often = sorted(counts, key=lambda value: (-counts[value], value))[:MOST_GROUPS]
    return sorted(often)


def _groups(about: str, table: Table, name: str) -> Sequence[str]:
    cells = texts(table, name)
    if about != "age":
        return [cell or "(not given)" for cell in cells]
    known = {cell: _band(cell) for cell in set(cells)}
    return [known[cell] for cell in cells]


def _band(cell: str) -> str:
    """The band of an age in years; words such as 25-34 are bands already."""
    try:
        age = float(cell)
    except ValueError:
        return cell or "(not given)"
    low = max((one for one in _BANDS if one <= age), default=0)
    high = next((one for one in _BANDS if one > age), None)
    return f"{low}+" if high is None else f"{low}-{high - 1}"
