"""What the readers of content share: fields are taken one by one, and what is left is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import InvalidInput

SLUG = r"[a-z0-9][a-z0-9-]{0,62}"
# What nobody can see. The joiner of emoji (U+200D) is seen: it makes one of two.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\u200b\u200c\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_WANTS_DAY = "wants a day like 2026-12-31, or 2026-12-31T18:00+08:00"


def refusal(field: str, why: str) -> InvalidInput:
    return InvalidInput(f"{field}: {why}", field)


class Fields:
    """The fields of one document. `done` refuses those that nobody took. All raise InvalidInput."""

    def __init__(self, document: Any, path: str = "") -> None:
        if not isinstance(document, Mapping):
            raise (
                refusal(path, "wants named fields")
                if path
                else InvalidInput("content is a mapping of fields")
            )
        self._left = {str(name): value for name, value in document.items()}
        self._path = path
        self._known: list[str] = []

    def at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def refuse(self, name: str, why: str) -> InvalidInput:
        return refusal(self.at(name), why)

    def take(self, name: str, default: Any = None) -> Any:
        """The value as it stands; `default` for none and for null."""
        self._known.append(name)
        value = self._left.pop(name, None)
        return default if value is None else value

    def text(self, name: str, default: str | None = None, longest: int = 64, form: str = "") -> str:
        """A text without spaces around it; without a default it must be there."""
        value = self.take(name, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.refuse(name, f"wants a text of 1 to {longest} characters")
        value = value.strip()
        if len(value) > longest:
            raise self.refuse(name, f"at most {longest} characters, these are {len(value)}")
        if UNSEEN.search(value):
            raise self.refuse(name, "holds a character that nobody can see")
        if form and value and not re.fullmatch(form, value):
            raise self.refuse(name, f"wants the form {form}")
        return value

    def whole(self, name: str, least: int, most: int) -> int | None:
        value = self.take(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.refuse(name, f"wants a whole number from {least} to {most}")
        return value

    def one_of(self, name: str, words: Sequence[str], default: str | None = None) -> str:
        value = self.take(name, default)
        if value not in words:
            raise self.refuse(name, f"wants one of {', '.join(words)}")
        return str(value)

    def items(self, name: str, most: int) -> list[Any]:
        value = self.take(name, [])
        if not isinstance(value, list | tuple) or len(value) > most:
            raise self.refuse(name, f"wants a list of at most {most}")
        return list(value)

    def child(self, name: str) -> Fields | None:
        value = self.take(name)
        return None if value is None else Fields(value, self.at(name))

    def named(self, name: str, most: int) -> dict[str, Any]:
        """A mapping; {} for none."""
        value = self.take(name, {})
        if not isinstance(value, Mapping) or len(value) > most:
            raise self.refuse(name, f"wants at most {most} named values")
        return {str(key): one for key, one in value.items()}

    def instant(self, name: str, zone: ZoneInfo, *, ends: bool = False) -> datetime | None:
        """A day means its first moment, or its end, in the account's zone."""
        value = self.take(name)
        if isinstance(value, str):
            value = self._parsed(name, value.strip())
        if value is None:
            return None
        if not isinstance(value, date) or not 2000 <= value.year < 2200:
            raise self.refuse(name, f"{_WANTS_DAY}, of the years 2000 to 2199")
        if not isinstance(value, datetime):
            day = value + timedelta(days=1) if ends else value
            value = datetime.combine(day, time(), zone)
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)

    def _parsed(self, name: str, text: str) -> date | None:
        try:
            if not text:
                return None
            return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
        except ValueError:
            raise self.refuse(name, _WANTS_DAY) from None

    def done(self) -> None:
        for name in self._left:
            known = ", ".join(self._known)
            raise self.refuse(name[:40], f"there is no such field; there are {known}")
