"""What a text names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Entity:
    """A named thing at text[start:end] of the normalised text.

    kind   product, brand, city ... from dictionaries; phone, order_number, money, date, time,
           quantity, people by their form
    value  JSON: the canonical name of a thing, fen of money, a number, digits of a phone
    """

    kind: str
    text: str
    start: int
    end: int
    value: Any = None
