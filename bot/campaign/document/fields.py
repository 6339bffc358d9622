"""Reading a JSON-ready document with a field path for every complaint."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import InvalidInput

REQUIRED: Any = object()


class Fields:
    """One mapping of a document. Each getter checks one field; `done` refuses what nobody read.

    A field that is absent or null takes its default; without one it is required. Every method
    raises InvalidInput, whose `field` is the path: "variants[1].weight".
    """

    def __init__(self, document: Any, path: str = "") -> None:
        if not isinstance(document, Mapping):
            raise InvalidInput(f"{path or 'the document'}: wants named fields", path)
        self._values = {str(name): value for name, value in document.items()}
        self._path = path
        self._read: set[str] = set()

    def at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def refuse(self, name: str, wants: str) -> InvalidInput:
        return InvalidInput(f"{self.at(name)}: {wants}", self.at(name))

    def has(self, name: str) -> bool:
        """Given, and neither null nor an empty text."""
        return self._values.get(name) not in (None, "")

    def is_null(self, name: str) -> bool:
        """Given as null on purpose, where absence would mean the default."""
        self._read.add(name)
        return name in self._values and self._values[name] is None

    def raw(self, name: str, default: Any = REQUIRED) -> Any:
        self._read.add(name)
        value = self._values.get(name)
        if value is not None:
            return value
        if default is REQUIRED:
            raise self.refuse(name, "is required")
        return default

    def text(self, name: str, default: Any = REQUIRED, longest: int = 64, pattern: str = "") -> str:
        value = self.raw(name, default)
        if not isinstance(value, str):
            raise self.refuse(name, "wants a text")
        if len(value) > longest:
            raise self.refuse(name, f"at most {longest} characters, these are {len(value)}")
        if pattern and value and not re.fullmatch(pattern, value):
            raise self.refuse(name, f"wants the form {pattern}")
        if default is REQUIRED and not value.strip():
            raise self.refuse(name, "must not be empty")
        return value

    def number(self, name: str, default: Any, low: float, high: float) -> float:
        value = self.raw(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.refuse(name, "wants a number")
        if not low <= value <= high:
            raise self.refuse(name, f"wants a number from {low:g} to {high:g}")
        return float(value)

    def whole(self, name: str, default: Any, low: int, high: int) -> int:
        value = self.number(name, default, low, high)
        if value != int(value):
            raise self.refuse(name, "wants a whole number")
        return int(value)

    def one_of(self, name: str, words: Sequence[str], default: Any = REQUIRED) -> str:
        value = self.raw(name, default)
        if value not in words:
            raise self.refuse(name, f"wants one of {', '.join(words)}")
        return str(value)

    def instant(self, name: str, zone: ZoneInfo) -> datetime | None:
        """ISO 8601; without an offset it is the wall time in `zone`."""
        value = self.raw(name, None)
        if value is None:
            return None
        try:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise self.refuse(name, "wants a time like 2026-11-21T10:00+08:00") from None
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)

    def child(self, name: str) -> Fields | None:
        value = self.raw(name, None)
        return None if value is None else Fields(value, self.at(name))

    def children(self, name: str) -> list[Fields]:
        return [Fields(item, f"{self.at(name)}[{i}]") for i, item in enumerate(self.items(name))]

    def items(self, name: str) -> list[Any]:
        value = self.raw(name, [])
        if not isinstance(value, list | tuple):
            raise self.refuse(name, "wants a list")
        return list(value)

    def words(self, name: str) -> dict[str, str]:
        """A mapping of texts to texts."""
        value = self.raw(name)
        if not isinstance(value, Mapping) or not value:
            raise self.refuse(name, "wants named texts")
        for key, text in value.items():
            if not isinstance(text, str):
                raise self.refuse(f"{name}.{key}", "wants a text")
        return {str(key): text for key, text in value.items()}

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.raw(name, default)
        if not isinstance(value, bool):
            raise self.refuse(name, "wants true or false")
        return value

    def plain(self) -> dict[str, str | float | bool]:
        """All of it: names with a text, a number or a yes or no each."""
        for name, value in self._values.items():
            self._read.add(name)
            if not isinstance(value, str | int | float | bool) or value != value:
                raise self.refuse(name, "wants a text, a number, true or false")
        return dict(self._values)

    def done(self) -> None:
        for name in self._values:
            if name not in self._read:
                near = difflib.get_close_matches(name, self._read, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise self.refuse(name, f"there is no such field{hint}")
