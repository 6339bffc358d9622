"""What items are about: fields of a table (category, brand, topics), and likeness to a profile.

p_f(u) = sum over j of strength_uj t_f(j), the user's profile in field f: what was had, weighted by
own frequency with decay; t_f(j) the topics of item j, shares that add up to 1.
likeness_f(u, i) = p_f(u) . t_f(i) / (|p_f(u)| |t_f(i)|), 0 where either is unknown.
The weighted similarity of the owner's formula is sum over f of w_f likeness_f; blend learns w.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from bot.errors import InvalidInput
from bot.insight.schema import texts
from bot.insight.table import Table

Floats = NDArray[np.float32]
SEPARATOR = ";"  # between topics of one cell
MOST_TOPICS = 2000  # of a field: more than that are names, not topics


@dataclass(frozen=True)
class Field:
    """One field of the items.

    names  the topics
    of     (items, topics) float32, rows of length 1 or 0
    """

    title: str
    names: Sequence[str]
    of: sparse.csr_matrix


def fields_of(table: Table, item: str, items: Sequence[str]) -> list[Field]:
    """Every column of words but the item's own that says the same of several items.

    Cells may hold several topics, parted by ";". Raises InvalidInput without the item's column, or
    with an item on two lines.
    """
    there = texts(table, item) if item in table.columns else table.texts(item)
    line = {name: number for number, name in enumerate(there)}
    if len(line) < len(there):
        twice = next(name for number, name in enumerate(there) if line[name] != number)
        raise InvalidInput(f"item {twice} stands twice among the items: one line each, please")
    at = [line.get(name, -1) for name in items]
    found = [_field(title, texts(table, title), at) for title in table.names if title != item]
    return [one for one in found if one is not None]


def _field(title: str, cells: Sequence[str], at: Sequence[int]) -> Field | None:
    if all(_is_number(cell) for cell in cells if cell):
        return None
    words = [_words(cells[line]) if line >= 0 else [] for line in at]
    place: dict[str, int] = {}
    row, column = [], []
    for number, some in enumerate(words):
        for word in some:
            row.append(number)
            column.append(place.setdefault(word, len(place)))
    if not 1 < len(place) <= min(MOST_TOPICS, max(len(row) // 2, 2)):
        return None
    ones = np.ones(len(row), np.float32)
    matrix = sparse.csr_matrix((ones, (row, column)), shape=(len(at), len(place)))
    return Field(title, tuple(place), unit(matrix))


def _words(cell: str) -> list[str]:
    return [word for part in cell.split(SEPARATOR) if (word := part.strip())]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def unit(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Rows of length 1; empty ones stay empty."""
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scale = 1 / np.where(length > 0, length, 1)
    return sparse.csr_matrix(sparse.diags(scale) @ matrix, dtype=np.float32)


def likeness(field: Field, strength: sparse.csr_matrix) -> Floats:
    """(users, items) of users with these strengths (users, items), in 0..1."""
    profile = unit(sparse.csr_matrix(strength @ field.of))
    found: Floats = (profile @ field.of.T).toarray().astype(np.float32)
    return found
