"""Documents that marketers edit as YAML: from the form's text and back."""

from __future__ import annotations

from typing import Any

from bot.console.shell import words
from bot.errors import InvalidInput
from bot.talk.files import read_yaml

LONGEST = 64_000  # characters


def document_from(text: str) -> dict[str, Any]:
    """A mapping from a form's YAML. Raises InvalidInput with the line that cannot be read."""
    if len(text) > LONGEST:
        raise InvalidInput(words()("con.document.long", most=f"{LONGEST:,}"), "yaml")
    found = read_yaml(text.replace("\r\n", "\n"))
    if not isinstance(found, dict):
        raise InvalidInput(words()("con.document.fields"), "yaml")
    return found


def ordered(value: Any) -> Any:
    """A document is kept in the order of the alphabet, and read in that of its sense."""
    if isinstance(value, list):
        return [ordered(one) for one in value]
    if not isinstance(value, dict):
        return value
    names = sorted(value, key=lambda name: (_PLACES.get(name, _MIDDLE), name))
    return {name: ordered(value[name]) for name in names}


_FIRST = ("slug", "id", "name", "note", "trigger", "when", "if", "event")
_LAST = ("then", "next", "to", "else", "steps")
_MIDDLE = len(_FIRST)
_PLACES = {name: place for place, name in enumerate(_FIRST)} | {
    name: _MIDDLE + 1 + place for place, name in enumerate(_LAST)
}
