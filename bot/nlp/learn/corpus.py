"""Training texts as one sparse matrix: texts x features, ones where a feature occurs.

Built once; each fold takes its rows and the columns that occur often enough in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHORT = 2  # a feature of no more characters may occur once
CROWDED = 3_000_000  # names held at once; what occurred once until then is forgotten


@dataclass(frozen=True)
class Corpus:
    """`names` are sorted; `texts` has a column for each of them."""

    names: NDArray[np.object_]
    texts: Any  # scipy.sparse.csr_matrix of float32

    def part(self, rows: Any) -> tuple[NDArray[np.intp], Any]:
        """The columns that these rows can teach, and the rows with those columns."""
        texts = self.texts[rows]
        often = np.asarray(texts.sum(axis=0)).ravel()
        short = np.fromiter(map(len, self.names), np.int64, len(self.names)) <= SHORT
        columns = np.flatnonzero((often > 1) | ((often > 0) & short))
        return columns, texts[:, columns]


def corpus(seen: Iterable[Iterable[str]]) -> Corpus:
    """From the features of each text. The same for the same texts, whatever order sets have."""
    at: dict[str, int] = {}
    counts: list[int] = []
    lines: list[NDArray[np.int32]] = []
    for features in seen:
        line = []
        for name in features:
            number = at.setdefault(name, len(counts))
            if number == len(counts):
                counts.append(0)
            counts[number] += 1
            line.append(number)
        lines.append(np.array(line, np.int32))
        if len(at) > CROWDED:
            at = {name: n for name, n in at.items() if counts[n] > 1 or len(name) <= SHORT}
    kept = sorted(name for name, n in at.items() if counts[n] > 1 or len(name) <= SHORT)
    return Corpus(
        np.array(kept, dtype=object), _matrix(lines, [at[name] for name in kept], len(counts))
    )


def _matrix(lines: list[NDArray[np.int32]], kept: list[int], count: int) -> Any:
    """The rows with their numbers in the order of the names; -1: a name that was dropped."""
    place = np.full(count, -1, np.int32)
    place[kept] = np.arange(len(kept), dtype=np.int32)
    found = [np.sort(new[new >= 0]) for new in (place[line] for line in lines)]
    ends = np.cumsum([0, *map(len, found)])
    flat = np.concatenate(found) if found else np.empty(0, np.int32)
    matrix = import_module("scipy.sparse").csr_matrix
    return matrix((np.ones(len(flat), np.float32), flat, ends), shape=(len(lines), len(kept)))
