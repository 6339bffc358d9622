"""The grammar of texts with variables, one for all that goes out.

    {title}                    the value
    {title|our offer}          words for when there is none
    {name|default:朋友}         the same, where the words could be taken for a filter
    {price|money}              a filter: 1990 is 19.90元
    {until|date|the last day}  filters first, then the words
    {{ and }}                  a brace that is meant

Filters   money          whole fen: 1000 -> 10元, 950 -> 9.50元
          number         12345 -> 12,345
          date           12月31日; date:%Y-%m-%d any form of strftime, in the account's zone
          time           18:30
          short:N        at most N characters, the last one … where it was longer
          default:WORDS  words for when there is none

A value that is a text already passes all filters but `short` as it is. What is put in is data: it
is never read again for variables. A name that a follower chose is to be made harmless before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import SHANGHAI

_PLACE = re.compile(r"\{\{|\}\}|\{([^{}|]*)((?:\|[^{}]*)?)\}|[{}]")
_NAME = re.compile(r"[^\W\d]\w{0,31}(?:\.\w{1,32})?")

Value = str | int | float | date | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a variable stands in its text. `default`: None where no words were given."""

    name: str
    filters: tuple[tuple[str, str], ...]
    default: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What is no variable. `kind`: brace (a lone one), name, or filter (an argument that it does
    not take); `what`: the part that is wrong."""

    kind: str
    what: str
    start: int
    end: int


Part = str | Place | Fault


def is_name(text: str) -> bool:
    """Whether a variable may be called so."""
    return _NAME.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def parts_of(text: str) -> tuple[Part, ...]:
    """The text cut up; the literal parts have their double braces single."""
    parts: list[Part] = []
    last = 0
    for found in _PLACE.finditer(text):
        if found.start() > last:
            parts.append(text[last : found.start()])
        last = found.end()
        whole = found.group()
        if whole in ("{{", "}}"):
            parts.append(whole[0])
        elif found.group(1) is None:
            parts.append(Fault("brace", whole, found.start(), found.end()))
        else:
            parts.append(_place(found))
    return (*parts, text[last:]) if last < len(text) else tuple(parts)


def _place(found: re.Match[str]) -> Place | Fault:
    name, start, end = found.group(1).strip(), found.start(), found.end()
    if not is_name(name):
        return Fault("name", name, start, end)
    filters: list[tuple[str, str]] = []
    default: str | None = None
    words = found.group(2)[1:].split("|") if found.group(2) else []
    for at, word in enumerate(words):
        head, colon, rest = word.partition(":")
        if head.strip() == "default" and colon:
            default = "|".join([rest, *words[at + 1 :]])
            break
        if head.strip() not in FILTERS:
            default = "|".join(words[at:])
            break
        filters.append((head.strip(), rest.strip()))
        if not _fits(*filters[-1]):
            return Fault("filter", word, start, end)
    return Place(name, tuple(filters), default, start, end)


def places(text: str) -> Iterator[Place]:
    """The variables of the text, in its order."""
    return (part for part in parts_of(text) if isinstance(part, Place))


def faults(text: str) -> Iterator[Fault]:
    """What looks like a variable and is none."""
    return (part for part in parts_of(text) if isinstance(part, Fault))


def fill(text: str, values: Mapping[str, Value], zone: ZoneInfo = SHANGHAI) -> str:
    """The finished text. A variable without a value takes its words, or vanishes; what is no
    variable stays as it stands."""
    done: list[str] = []
    for part in parts_of(text):
        if isinstance(part, str):
            done.append(part)
        elif isinstance(part, Fault):
            done.append(text[part.start : part.end])
        else:
            done.append(_filled(part, values.get(part.name), zone))
    return "".join(done)


def _filled(place: Place, value: Value, zone: ZoneInfo) -> str:
    if value is None or value == "":
        return place.default or ""
    for name, argument in place.filters:
        value = FILTERS[name](value, argument, zone)
    return value if isinstance(value, str) else _plain(value, zone)


# --- filters -----------------------------------------------------------------------------------


def money(fen: int) -> str:
    """1000 -> "10元", 950 -> "9.50元"."""
    sign, fen = "-" if fen < 0 else "", abs(fen)
    cents = f".{fen % 100:02}" if fen % 100 else ""
    return f"{sign}{fen // 100}{cents}元"


def _money(value: Value, argument: str, zone: ZoneInfo) -> Value:
    return money(round(value)) if isinstance(value, int | float) else value


def _number(value: Value, argument: str, zone: ZoneInfo) -> Value:
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.2f}".rstrip("0")
    return f"{value:,.0f}" if isinstance(value, int | float) else value


def _date(value: Value, argument: str, zone: ZoneInfo) -> Value:
    if not isinstance(value, date):
        return value
    at = value.astimezone(zone) if isinstance(value, datetime) else value
    return at.strftime(argument) if argument else f"{at.month}月{at.day}日"


def _time(value: Value, argument: str, zone: ZoneInfo) -> Value:
    return f"{value.astimezone(zone):%H:%M}" if isinstance(value, datetime) else value


def _short(value: Value, argument: str, zone: ZoneInfo) -> Value:
    text, most = value if isinstance(value, str) else _plain(value, zone), int(argument)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _plain(value: Value, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    return str(value)


def _fits(name: str, argument: str) -> bool:
    if name == "short":
        return argument.isdecimal() and 1 <= int(argument) <= 600
    if name == "date":
        return not argument or ("%" in argument and len(argument) <= 40)
    return not argument


FILTERS: dict[str, Callable[[Any, str, ZoneInfo], Value]] = {
    "money": _money,
    "number": _number,
    "date": _date,
    "time": _time,
    "short": _short,
}
