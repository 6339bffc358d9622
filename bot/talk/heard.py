"""A text with all the values that it names, and what reading one slot from it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any

from bot.i18n import t
from bot.nlp.found import Found
from bot.nlp.values import moments, money, numbers, orders, people, phones
from bot.talk.shown import day_words

LONGEST_HEARD = 500  # characters of a text that are looked at


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value that was named cannot be taken: a key of the catalogue and what to fill in.

    `vague`: it is said half; that is no fault where nobody has asked for it yet.
    """

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    vague: bool = False

    def words(self, lang: str) -> str:
        days = {k: day_words(v, lang) for k, v in self.values.items() if k == "day"}
        return t(self.key, lang, **{**self.values, **days})


@dataclass(frozen=True, slots=True)
class Reading:
    """A value for a slot and the piece of the text that says it, None for the whole."""

    value: Any
    found: Found | None = None


@dataclass(slots=True)
class Heard:
    """One text with all values that it names. Reading takes them out: each means one slot."""

    typed: str
    plain: str
    now: datetime  # in the account's zone
    zone: tzinfo
    pools: dict[str, list[Found]]

    @property
    def today(self) -> date:
        return self.now.date()

    def first(self, kind: str) -> Found | None:
        pool = self.pools.get(kind)
        return pool[0] if pool else None

    def take(self, kind: str, found: Found | None) -> None:
        """What this piece says is used up: as this kind, and as any other that is not a part."""
        if found is None:
            return
        for other, pool in self.pools.items():
            parts = {kind, other} == {"date", "time"}
            if not parts:
                pool[:] = [one for one in pool if not overlap(one, found)]


def overlap(one: Found, other: Found) -> bool:
    return one.start < other.end and other.start < one.end


def hear(typed: str, plain: str, now: datetime, zone: tzinfo, *, budget: bool = False) -> Heard:
    """Parse a text. `budget`: money was asked for, so that a bare number is an amount."""
    plain = plain[:LONGEST_HEARD]
    at = moments(plain, now, zone)
    calls, sent = phones(plain), orders(plain)
    taken = [*at, *calls, *sent]
    pools = {
        "date": [one for one in at if one.value["date"] is not None or "every" in one.value],
        "time": [one for one in at if one.value["time"] is not None],
        "people": people(plain),
        "money": money(plain, budget),
        "phone": calls,
        "order_number": [one for one in sent if not any(overlap(one, each) for each in calls)],
        "number": [n for n in numbers(plain) if not any(overlap(n, each) for each in taken)],
    }
    return Heard(typed[:LONGEST_HEARD], plain, now.astimezone(zone), zone, pools)
