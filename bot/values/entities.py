"""What a text names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Entity:
    """A named thing at text[start:end] of the normalised text.

    kind   product, brand, topic from dictionaries; city, district; by their form phone,
           order_number, money, date, time, moment (a day and a time), quantity, people
    value  JSON: the canonical name of a thing or city; {city, district}; digits of a phone; the
           mappings of bot.nlp.values and bot.nlp.moments, such as {fen: 1580}
    slug   of the dictionary that names it: dish; "" for a form or a city
    """

    kind: str
    text: str
    start: int
    end: int
    value: Any = None
    slug: str = ""
