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
