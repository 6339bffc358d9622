"""From the text of a cell to its value, by the type that its column was given."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.clock import SHANGHAI, to_ms
from bot.imports.mapping import INSTANTS, PERSON, Column, is_own_kind
from bot.imports.words import STATUSES as STATUS_WORDS
from bot.values.money import fen_of

MOST_TEXT = 190  # what a profile keeps of an attribute
MOST_FEN = 10**12
MOST_NUMBER = 1e15
_SEPARATORS = re.compile(r"[|,，;；、/\n]")
_OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PHONE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})")
_PERSONAL = re.compile(r"(?<!\d)(?:(?:\+?86)?1[3-9]\d{9}|\d{17}[\dXx])(?!\d)|[^\s@]+@[^\s@]+\.\w+")
_YES = frozenset(["1", "y", "yes", "true", "t", "on", "是", "有", "对", "真", "√", "✓"])
_NO = frozenset(["0", "n", "no", "false", "f", "off", "否", "无", "没有", "错", "假", "×", "✗"])
_DATE = re.compile(
    r"(\d{4})(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})日?"
    r"(?:[T ]*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?"
)
_DENSE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)

Value = Any  # str, int, float, bool, list[str], or an instant in ms


class Bad(Exception):
    """The cell is not what its column says; the argument is a reason (bot.imports.reasons)."""


def reader(column: Column, now: datetime) -> Callable[[str], Value]:
    """The function that reads cells of this column; it raises Bad."""
    if column.to in PERSON:
        return _WHO[column.to]
    if column.to in ("topic", "item") or (column.to == "tag" and column.type != "bool"):
        return _list_reader(column)
    if column.to in ("amount", "refund"):
        return _fen if column.unit == "fen" else _yuan
    if column.to in INSTANTS:
        return _instant_reader(column, now)
    if column.to == "status":
        known = {**STATUS_WORDS, **{word.lower(): kept for word, kept in column.values}}
        return lambda text: _listed(text, known)
    if column.to == "order":
        return lambda text: _no_longer_than(text, 64)
    if column.to == "event":
        return _kind
    return _value_reader(column)


def _value_reader(column: Column) -> Callable[[str], Value]:
    if column.type == "number":
        return _number
    if column.type == "bool":
        return _bool
    if column.type == "date":
        return lambda text: _day(text, column.format)
    if column.type == "enum":
        kept = {written.lower(): value for written, value in column.values}
        return lambda text: _listed(text, kept)
    return _plain_text


def _number(text: str) -> int | float:
    """1,234.5, 35%, 1.2万; whole numbers are int."""
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return int(text)
    digits, factor = text.replace(",", "").lstrip("¥￥$").strip(), 1
    if digits.endswith("%"):
        digits = digits[:-1]
    elif digits.endswith(("万", "w", "W")):
        digits, factor = digits[:-1], 10_000
    try:
        found = Decimal(digits) * factor
    except InvalidOperation:
        raise Bad("not_number") from None
    if not found.is_finite() or abs(found) > MOST_NUMBER or not digits.isascii():
        raise Bad("not_number")
    return int(found) if found == found.to_integral_value() else float(found)


def _yuan(text: str) -> int:
    return _money(text, 100)


def _fen(text: str) -> int:
    return _money(text, 1)


def _money(text: str, factor: int) -> int:
    """Whole fen; nothing is rounded."""
    try:
        fen = fen_of(text, factor)
    except ValueError:
        raise Bad("not_amount") from None
    if not 0 <= fen <= MOST_FEN:
        raise Bad("out_of_range")
    return fen


def _bool(text: str) -> bool:
    word = text.lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Bad("not_bool")


def _day(text: str, form: str) -> str:
    found = _moment(text, form)
    return found.date().isoformat()


def _moment(text: str, form: str) -> datetime:
    """As it stands there: with a zone only where one is written."""
    try:
        if form:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is settled by the caller
        if dense := _DENSE.fullmatch(text):
            return datetime(*map(int, dense.groups()))  # type: ignore[arg-type] # noqa: DTZ001
        return _written(text)
    except (ValueError, OverflowError):
        raise Bad("not_date") from None


def _written(text: str) -> datetime:
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError(text)
    *numbers, zone = found.groups()
    plain = datetime(*(int(number or 0) for number in numbers))  # type: ignore[arg-type] # noqa: DTZ001
    if not zone:
        return plain
    return plain.replace(tzinfo=datetime.strptime(zone, "%z").tzinfo)


def _instant_reader(column: Column, now: datetime) -> Callable[[str], int]:
    latest = now + timedelta(days=1)

    def read(text: str) -> int:
        found = _clocked(text, column.format)
        if not _OLDEST <= found <= latest:
            raise Bad("out_of_range")
        return to_ms(found)

    return read


def _clocked(text: str, form: str) -> datetime:
    """An instant: 2026-11-21 12:00 (Shanghai), with a zone, or Unix seconds or milliseconds."""
    if not form and text.isascii() and text.isdigit() and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    found = _moment(text, form)
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)


def _plain_text(text: str) -> str:
    if _PERSONAL.search(text):
        raise Bad("personal")
    return _no_longer_than(text, MOST_TEXT)


def _no_longer_than(text: str, most: int) -> str:
    if len(text) > most:
        raise Bad("too_long")
    return text


def _listed(text: str, kept: dict[str, str]) -> str:
    found = kept.get(text.lower())
    if found is None:
        raise Bad("not_listed")
    return found


def _list_reader(column: Column) -> Callable[[str], list[str]]:
    most = 64 if column.to in ("tag", "item") else 32
    kept = dict(column.values)

    def read(text: str) -> list[str]:
        parts = text.split(column.separator) if column.separator else _SEPARATORS.split(text)
        names = [kept.get(part.strip(), part.strip()) for part in parts if part.strip()]
        for name in names:
            _no_longer_than(_plain_text(name), most)
        return list(dict.fromkeys(names))

    return read


def _kind(text: str) -> str:
    if not is_own_kind(text):
        raise Bad("not_kind")
    return text


def _openid(text: str) -> str:
    if not _OPENID.fullmatch(text):
        raise Bad("not_openid")
    return text


def _phone(text: str) -> str:
    found = _PHONE.fullmatch(re.sub(r"[ -]", "", text))
    if not found:
        raise Bad("not_phone")
    return found[1]


def _own_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Bad("not_follower")
    return int(text)


_WHO: dict[str, Callable[[str], Value]] = {
    "follower": _own_number,
    "openid": _openid,
    "unionid": _openid,
    "phone": _phone,
    "customer": lambda text: _no_longer_than(text, 64),
}
