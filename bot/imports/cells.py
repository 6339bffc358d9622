"""Cleaning a cell: text, blank, type, range; later, where the whole column is known, the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from bot.imports.mapping import PERSON, Column
from bot.imports.reading import Bad, Value, reader
from bot.imports.sources import GUARDED

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2060\ufeff\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_REMEMBERED = 10_000  # cells of a column whose result is kept: cities repeat, openids do not
_AS_IT_IS = {
    "openid": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "unionid": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "phone": re.compile(r"1[3-9][0-9]{9}"),
}


class Clean(NamedTuple):
    """What became of a cell. `fault` is a reason, "" where there is none."""

    value: Value | None
    changes: tuple[str, ...] = ()
    fault: str = ""


class Cell:
    """Reads the cells of one column."""

    def __init__(self, column: Column, blanks: tuple[str, ...], now: datetime) -> None:
        self.column = column
        self._policy = column.policy
        self._blanks = frozenset(blank.lower() for blank in blanks)
        self._reader: Callable[[str], Value] = reader(column, now)
        self._as_it_is = _AS_IT_IS.get(column.to) if self._policy.case == "keep" else None
        self._seen = _Seen(self._read)

    def read(self, raw: str) -> Clean:
        """Equal texts have equal results."""
        return self._seen[raw]

    def read_all(self, raws: Iterable[str]) -> list[Clean]:
        """Each of these cells."""
        return list(map(self._seen.__getitem__, raws))

    def _read(self, raw: str) -> Clean:
        if (
            self._as_it_is is not None
            and self._as_it_is.fullmatch(raw)
            and raw.lower() not in self._blanks
        ):
            return Clean(raw)
        text = self._tidied(raw)
        changes = ("text",) if text != raw else ()
        if not text or text.lower() in self._blanks:
            return Clean(None, ("blank word",) if text else ())
        try:
            value = self._reader(text)
        except Bad as bad:
            return self._invalid(str(bad), changes)
        return self._in_range(value, changes)

    def _tidied(self, raw: str) -> str:
        """The text clean-up that the policy asks for; what no store takes goes in any case."""
        policy = self._policy
        if raw.isascii() and raw.isalnum() and policy.case == "keep":
            return raw
        text = _INVISIBLE.sub("", raw) if not raw.isascii() or not raw.isprintable() else raw
        if text.startswith(GUARDED):
            text = text[1:]
        if policy.width and not text.isascii():
            text = text.translate(_FULL_WIDTH)
        if policy.spaces and not text.isalnum():
            text = _SPACES.sub(" ", text)
        if policy.trim:
            text = text.strip()
        if policy.case != "keep":
            text = text.lower() if policy.case == "lower" else text.upper()
        return text

    def _invalid(self, fault: str, changes: tuple[str, ...]) -> Clean:
        if self._policy.invalid == "blank" and self.column.to not in PERSON:
            return Clean(None, (*changes, f"blanked: {fault}"))
        return Clean(None, changes, fault)

    def _in_range(self, value: Value, changes: tuple[str, ...]) -> Clean:
        low, high = self._policy.low, self._policy.high
        if low is not None and value < low:
            return self._moved(value, low, changes)
        if high is not None and value > high:
            return self._moved(value, high, changes)
        return Clean(value, changes)

    def _moved(self, value: Value, edge: Value, changes: tuple[str, ...]) -> Clean:
        return act(self._policy.out_of_range, value, edge, changes, "out_of_range")


class _Seen(dict[str, Clean]):
    """Results by cell, the first _REMEMBERED of them kept; looked up without a call where known."""

    def __init__(self, read: Callable[[str], Clean]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, raw: str) -> Clean:
        found = self._read(raw)
        if len(self) < _REMEMBERED:
            self[raw] = found
        return found


def act(action: str, value: Value, edge: Value, changes: tuple[str, ...], fault: str) -> Clean:
    """What a policy does with a value beyond an edge."""
    if action == "keep":
        return Clean(value, (*changes, f"kept: {fault}"))
    if action == "clip":
        return Clean(edge, (*changes, f"clipped: {fault}"))
    if action == "blank":
        return Clean(None, (*changes, f"blanked: {fault}"))
    return Clean(None, changes, fault)
