"""What tells a group from everybody, as figures and as a sentence for marketers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.i18n import t
from bot.insight.schema import Schema, texts
from bot.insight.table import Table

LEAST = 0.5  # standard deviations from everybody's mean that are worth a word
MOST = 3  # traits of a sentence, 2 of a name
_CLOSE = 0.05  # share of rows that a word must differ by


@dataclass(frozen=True)
class Trait:
    """A column in which a group is unlike everybody.

    word   "" for a number; for words the one it has more, or less, often
    own, all   means of a number, shares of a word
    apart  (own - all) in standard deviations
    """

    column: str
    word: str
    own: float
    all: float
    apart: float

    def to_json(self) -> dict[str, Any]:
        return {"column": self.column, "word": self.word, "own": self.own, "all": self.all,
                "apart": self.apart}  # fmt: skip

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Trait:
        return cls(**found)


def traits(
    table: Table, schema: Schema, labels: NDArray[np.int64], count: int
) -> list[list[Trait]]:
    """Of each group, the strongest first; of equals by the columns' order. One of a column."""
    found: list[list[Trait]] = [[] for _ in range(count)]
    for column, what in schema.columns.items():
        words = [""] if what.kind == "number" else list(what.levels)
        cells = table.numbers(column) if what.kind == "number" else np.array(texts(table, column))
        best: list[Trait | None] = [None] * count
        for word in words:
            for group, one in enumerate(_of_column(column, word, cells, labels, count)):
                before = best[group]
                if one and (before is None or _strength(one) > _strength(before)):
                    best[group] = one
        for group, kept in enumerate(best):
            if kept is not None:
                found[group].append(kept)
    return [sorted(own, key=lambda one: -abs(one.apart))[:MOST] for own in found]


def _strength(one: Trait) -> tuple[float, float]:
    """Of equals, such as one word of two, what a group has more of says more."""
    return round(abs(one.apart), 9), one.apart


def _of_column(
    column: str, word: str, cells: NDArray[Any], labels: NDArray[np.int64], count: int
) -> list[Trait | None]:
    values = cells if not word and cells.dtype.kind == "f" else (cells == word).astype(np.float64)
    known = ~np.isnan(values)
    values, groups = values[known], labels[known]
    spread = float(values.std()) if len(values) else 0.0
    if spread == 0:
        return [None] * count
    mean, sizes = float(values.mean()), np.bincount(groups, minlength=count)
    own = np.bincount(groups, values, minlength=count) / np.maximum(sizes, 1)
    return [
        _trait(column, word, float(own[group]), mean, spread) if sizes[group] else None
        for group in range(count)
    ]


def _trait(column: str, word: str, own: float, mean: float, spread: float) -> Trait | None:
    apart = (own - mean) / spread
    if abs(apart) < LEAST or (word and abs(own - mean) < _CLOSE):
        return None
    return Trait(column, word, own, mean, apart)


def name(number: int, of: Sequence[Trait], lang: str) -> str:
    """群组2 history高、channel=Web"""
    words = [_short(one, lang) for one in of[:2]] or [t("insight.cluster.plain", lang)]
    return t("insight.cluster.name", lang, number=number, traits=_joined(words, lang))


def sentence(share: float, of: Sequence[Trait], lang: str) -> str:
    """占 23%：history 较高（平均 540，全体 240），channel 为 Web 的较多（80%，全体 44%）。"""
    words = [_long(one, lang) for one in of] or [t("insight.cluster.alike", lang)]
    return t("insight.cluster.said", lang, share=f"{share:.0%}", traits=_joined(words, lang))


def _joined(words: Sequence[str], lang: str) -> str:
    return t("insight.cluster.and", lang).join(words)


def _short(one: Trait, lang: str) -> str:
    key = f"insight.cluster.{'more' if one.apart > 0 else 'less'}"
    return t(key, lang, what=f"{one.column}={one.word}" if one.word else one.column)


def _long(one: Trait, lang: str) -> str:
    way = "more" if one.apart > 0 else "less"
    if one.word:
        return t(f"insight.cluster.word_{way}", lang, column=one.column, word=one.word,
                 own=f"{one.own:.0%}", all=f"{one.all:.0%}")  # fmt: skip
    return t(f"insight.cluster.number_{way}", lang, column=one.column,
             own=f"{one.own:,.4g}", all=f"{one.all:,.4g}")  # fmt: skip
