"""What a text names by its form: telephone, order number, money, date, time, how many.

The patterns of bot.nlp.values and bot.nlp.moments, on a text as it was typed; nothing is learnt and
nothing guessed. `hongyan nlu predict` writes them beside the labels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from bot.nlp.found import Found
from bot.nlp.moments import parts
from bot.nlp.values import money, orders, phones, quantities

LONGEST = 2000  # characters that are looked at; a WeChat message has no more
_ANY_DAY = date(2024, 1, 1)  # places are asked for, not days; a leap year has every date
_FORMS: tuple[tuple[str, Callable[[str], list[Found]]], ...] = (
    ("phone", phones),
    ("order", orders),
    ("money", money),
    ("quantity", quantities),
)


@dataclass(frozen=True, slots=True)
class Entity:
    """`value` as it stands in the text from `start` to `end`."""

    kind: str
    value: str
    start: int
    end: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def entities(text: str) -> list[Entity]:
    """All of them in the order of the text; they never overlap, the longer wins. Pure."""
    text = text[:LONGEST]
    spans = [(kind, one.start, one.end) for kind, find in _FORMS for one in find(text)]
    spans += parts(text, _ANY_DAY)
    kept: list[tuple[str, int, int]] = []
    for span in sorted(spans, key=_weight):
        if all(span[2] <= other[1] or other[2] <= span[1] for other in kept):
            kept.append(span)
    kept.sort(key=lambda span: span[1])
    return [Entity(kind, text[start:end], start, end) for kind, start, end in kept]


_ORDER = ("phone", "order", "money", "date", "time", "quantity")


def _weight(span: tuple[str, int, int]) -> tuple[int, int]:
    kind, start, end = span
    return start - end, _ORDER.index(kind)
