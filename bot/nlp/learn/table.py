"""The rows of a model, found and summed for one text: a look-up a name, one gathering, one sum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.nlp.learn.features import MARKS, groups
from bot.nlp.learn.prepared import Prepared

Shorts = NDArray[np.int16]


class Table:
    """`rows` (features x columns) by the names of the features, kept apart by their marks."""

    def __init__(self, vocabulary: Iterable[str], rows: Shorts) -> None:
        self._rows = np.ascontiguousarray(rows)
        held: dict[str, dict[str, int]] = {mark: {} for mark in MARKS}
        for at, feature in enumerate(vocabulary):
            mark, tab, name = feature.partition("\t")
            if tab:
                held[mark + tab][name] = at
            else:
                held[""][feature] = at  # the same string, not a copy
        self._of = {mark: names.get for mark, names in held.items()}

    def places(self, text: str | Prepared, context: str | Prepared | None) -> set[int]:
        """The rows of a text's features; what the table does not know has none."""
        found: set[int | None] = set()
        for mark, names in groups(text, context):
            found.update(map(self._of[mark], names))
        found.discard(None)
        return found  # type: ignore[return-value]  # None is gone

    def summed(self, text: str | Prepared, context: str | Prepared | None = None) -> Any:
        """The sum of a text's rows, one number a column: whole, so no order matters."""
        found = self.places(text, context)
        places = np.fromiter(found, np.intp, len(found))
        # An int32 has room for the sums of 65,000; a message has no more than 2,000 characters.
        return np.add.reduce(self._rows.take(places, 0), 0, np.int32)
