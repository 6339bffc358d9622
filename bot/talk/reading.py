"""What the readers of documents share: fields are taken one by one, and what is left is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from bot.errors import InvalidInput

SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
T = TypeVar("T")


def refusal(field: str, why: str) -> InvalidInput:
    return InvalidInput(f"{field}: {why}", field)


class Fields:
    """The fields of one document. `done` at the end refuses those that nobody took."""

    def __init__(self, document: Any, what: str) -> None:
        if not isinstance(document, Mapping):
            raise InvalidInput(f"{what} is a mapping of fields", what)
        self._left = {str(name): value for name, value in document.items()}
        self._known: list[str] = []

    def take(self, name: str, default: Any = None) -> Any:
        """The value as it stands; `default` for none and for null."""
        self._known.append(name)
        value = self._left.pop(name, None)
        return default if value is None else value

    def text(self, name: str, default: str | None = None, longest: int = 64) -> str:
        """A text without spaces around it. Without a default it must be there."""
        value = self.take(name, default)
        if not isinstance(value, str) or len(value.strip()) > longest:
            raise refusal(name, f"wants a text of at most {longest} characters")
        if default is None and not value.strip():
            raise refusal(name, f"wants a text of 1 to {longest} characters")
        if _UNSEEN.search(value):
            raise refusal(name, "holds a character that nobody can see")
        return value.strip()

    def slug(self, name: str = "slug", default: str | None = None) -> str:
        value = self.take(name, default)
        if value == default and default is not None:
            return default
        if not isinstance(value, str) or not SLUG.fullmatch(value):
            raise refusal(name, "wants 1 to 63 of a-z, 0-9, dot, _ and -")
        return value

    def whole(self, name: str, default: int | None, least: int, most: int) -> int:
        value = self.take(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise refusal(name, f"wants a whole number from {least} to {most}")
        return value

    def number(self, name: str, default: float | None, least: float, most: float) -> float:
        value = self.take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise refusal(name, f"wants a number from {least:g} to {most:g}")
        if not least <= value <= most:
            raise refusal(name, f"wants a number from {least:g} to {most:g}")
        return float(value)

    def flag(self, name: str, default: bool) -> bool:
        value = self.take(name, default)
        if not isinstance(value, bool):
            raise refusal(name, "wants true or false")
        return value

    def one_of(self, name: str, choices: Sequence[str], default: str | None = None) -> str:
        value = self.take(name, default)
        if value not in choices:
            raise refusal(name, f"wants one of {', '.join(choices)}")
        return str(value)

    def each(
        self, name: str, read: Callable[[Any], T], most: int, *, least: int = 0
    ) -> tuple[T, ...]:
        """A list, each item by `read`; its refusals get the place in front: answers[2].text."""
        value = self.take(name, [])
        if not isinstance(value, list | tuple) or not least <= len(value) <= most:
            raise refusal(name, f"wants a list of {least} to {most}")
        found = []
        for at, item in enumerate(value):
            try:
                found.append(read(item))
            except InvalidInput as error:
                inner = error.field
                place = f"{name}[{at}]" + (f".{inner}" if inner else "")
                why = str(error).removeprefix(f"{inner}: ")
                raise refusal(place, why) from None
        return tuple(found)

    def texts(self, name: str, most: int, *, longest: int = 64, least: int = 0) -> tuple[str, ...]:
        """A list of different texts, in their order."""

        def read(item: Any) -> str:
            return Fields({"": item}, name).text("", longest=longest)

        return tuple(dict.fromkeys(self.each(name, read, most, least=least)))

    def done(self) -> None:
        for name in self._left:
            raise refusal(name, f"there is no such field; there are {', '.join(self._known)}")
