"""Texts with variables: `{title}`, or `{title|our offer}` with words for when there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.errors import InvalidInput

OPT_OUT_LINE = "回复 TD 退订"
OF_OFFER = frozenset({"title", "face_value", "threshold"})
OF_CODE = frozenset({"expires"})
VARIABLES = OF_OFFER | {"link"}
_VARIABLE = re.compile(r"\{(\w+)(?:\|([^{}]*))?\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The finished text. A variable without a value takes its default, or vanishes."""
    return _VARIABLE.sub(lambda m: values.get(m[1]) or m[2] or "", text)


def needed(text: str) -> Iterator[str]:
    """The variables that have no default."""
    return (m[1] for m in _VARIABLE.finditer(text) if m[2] is None)


def variables(text: str) -> set[str]:
    """The variables that the text has."""
    return {match[1] for match in _VARIABLE.finditer(text)}


def check_text(text: str, path: str, known: frozenset[str] = VARIABLES) -> None:
    """Raises InvalidInput for an unknown variable or a brace that belongs to none."""
    for match in _VARIABLE.finditer(text):
        if match[1] not in known:
            raise InvalidInput(
                f"{path}: there is no variable {match[0]}; known are {', '.join(sorted(known))}",
                path,
            )
    rest = _VARIABLE.sub("", text)
    if "{" in rest or "}" in rest:
        raise InvalidInput(f"{path}: a brace that opens or closes no variable", path)


def with_opt_out(text: str) -> str:
    """Marketing says how to stop it. A text that says so already stays as it is."""
    if re.search(r"TD\s*退订", text, re.IGNORECASE):
        return text
    return f"{text.rstrip()}\n{OPT_OUT_LINE}"


def yuan(fen: int) -> str:
    """1000 -> "10元", 950 -> "9.50元"."""
    return f"{fen // 100}元" if fen % 100 == 0 else f"{fen / 100:.2f}元"
