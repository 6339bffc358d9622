"""What campaigns' texts may name; the grammar of variables is bot.content.wording's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.content import wording as grammar
from bot.errors import InvalidInput
from bot.values import money

OPT_OUT_LINE = "回复 TD 退订"
OF_OFFER = frozenset({"title", "face_value", "threshold"})
OF_CODE = frozenset({"expires"})
OF_CONTENT = frozenset({"content_title", "content_summary", "content_price"})
VARIABLES = OF_OFFER | OF_CONTENT | {"link"}


def fill(text: str, values: Mapping[str, str]) -> str:
    """The finished text. A variable without a value takes its default, or vanishes."""
    return grammar.fill(text, values)


def needed(text: str) -> Iterator[str]:
    """The variables that have no default."""
    return (place.name for place in grammar.places(text) if place.default is None)


def variables(text: str) -> set[str]:
    """The variables that the text has."""
    return {place.name for place in grammar.places(text)}


def check_text(text: str, path: str, known: frozenset[str] = VARIABLES) -> None:
    """Raises InvalidInput for an unknown variable, a filter that is none, or a lone brace."""
    for place in grammar.places(text):
        if place.name not in known:
            given = text[place.start : place.end]
            named = ", ".join(sorted(known))
            raise InvalidInput(f"{path}: there is no variable {given}; known are {named}", path)
    for fault in grammar.faults(text):
        what = (
            "a brace that opens or closes no variable"
            if fault.kind == "brace"
            else (f"{text[fault.start : fault.end]} is no variable: {fault.what}")
        )
        raise InvalidInput(f"{path}: {what}", path)


def with_opt_out(text: str) -> str:
    """Marketing says how to stop it. A text that says so already stays as it is."""
    if re.search(r"TD\s*退订", text, re.IGNORECASE):
        return text
    return f"{text.rstrip()}\n{OPT_OUT_LINE}"


def yuan(fen: int) -> str:
    """1000 -> "10元", 950 -> "9.50元"."""
    return f"{money.yuan(fen)}元"
