"""Rows as points whose distances mean something, and features as words.

Numbers become z-scores. Words become columns of 0 and 1 over the square root of 2, so that two
different words are as far from each other as two numbers a standard deviation apart.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.encode import Encoder, encode, fit_encoder
from bot.insight.kinds import Columns
from bot.insight.schema import Schema, detect, typed
from bot.insight.table import Table

Points = NDArray[np.float32]
_WORD = 1 / np.sqrt(2)


def features_of(table: Table, columns: Columns, options: Mapping[str, Any]) -> tuple[Table, Schema]:
    """The columns to compare people by: all that no role and no `leave_out` names.

    Raises InvalidInput for a column that is not there, and where none is left.
    """
    roles = {name for name in asdict(columns).values() if name is not None}
    away: Collection[str] = roles | set(options.get("leave_out", ()))
    for name in away:
        if name not in table.columns:
            raise InvalidInput(f"no column {name}; there are {', '.join(table.columns)}")
    raw = Table({n: cells for n, cells in table.columns.items() if n not in away}, table.rows)
    schema = detect(raw, options.get("keep", ()))
    if not schema.columns:
        why = "; ".join(f"{name}: {said}" for name, said in schema.left_out.items())
        raise InvalidInput(f"no column is left to compare people by: {why or 'there is no other'}")
    return typed(raw, schema), schema


def fit_points(table: Table, schema: Schema) -> Encoder:
    """How to make points of such tables, JSON values."""
    return fit_encoder(table, schema, "scaled")


def points(encoder: Encoder, table: Table) -> Points:
    """(n, features); the table may have more columns."""
    found = encode(encoder, table).astype(np.float32)
    words = np.array(["=" in name or name.endswith(" missing") for name in encoder["names"]])
    found[:, words] *= np.float32(_WORD)
    return found
