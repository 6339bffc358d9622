"""Variables in what marketers write: {name}, {name|what stands there otherwise}, {{ and }}.

A value is data: it is put in as it is, never read again for variables, and what a follower could
have chosen (a nickname, a product's name typed by them) is made harmless first, so that nobody's
nickname becomes a link in our answer. Facts of the shop are the marketers' own and may be links.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping

from bot.errors import InvalidInput
from bot.wechat.outbound import shown_text

# Always there: they need no default.
VARIABLES = ("name", "city", "points", "stage", "date", "time", "you", "coupon.count")
FAMILIES = ("attr.", "entity.")
LONGEST_VALUE = 64

_PLACE = re.compile(r"\{\{|\}\}|\{([^{}|]*)(\|[^{}]*)?\}|[{}]")
_NAME = re.compile(r"[^\W\d]\w{0,31}(?:\.\w{1,32})?")
# Written from right to left, or over one another: marks that make a name read as something else.
_TURNING = re.compile("[\u200b-\u200c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_DOMAIN_DOT = re.compile(r"(?<=[A-Za-z0-9-])\.(?=[A-Za-z]{2})")
_BRACKETS = str.maketrans("<>", "＜＞")


def check(text: str, known: Collection[str] = ()) -> None:
    """Raises InvalidInput for a lone brace, a bad name, and an unknown name without a default."""
    for name, default, lone in _places(text):
        if lone:
            raise InvalidInput(f"a lone {lone}: a brace that is meant is written twice")
        if not _NAME.fullmatch(name):
            raise InvalidInput(f"{{{name[:40]}}} is no variable; wanted is a name like {{city}}")
        if default is None and not is_known(name, known):
            raise InvalidInput(f"{{{name}}} may be empty: give it a default, {{{name}|…}}")


def is_known(name: str, known: Collection[str] = ()) -> bool:
    """Whether the house itself gives this variable a value."""
    return name in VARIABLES or name.startswith(FAMILIES) or name in known


def variables_in(text: str) -> set[str]:
    """The names that the text asks for."""
    return {name for name, _, lone in _places(text) if not lone}


def fill(text: str, values: Mapping[str, str], trusted: Mapping[str, str] | None = None) -> str:
    """The text with its variables filled in, at most 2,048 bytes of it.

    values    what followers may have chosen: made harmless
    trusted   what marketers wrote; it wins over `values`
    A name that neither knows, or knows as "", is its default.
    """
    ours = trusted or {}

    def put(found: re.Match[str]) -> str:
        whole = found.group()
        if whole in ("{{", "}}"):
            return whole[0]
        if found.group(1) is None:
            return whole
        name = found.group(1).strip()
        value = ours.get(name) or harmless(values.get(name) or "")
        return value or (found.group(2) or "|")[1:]

    return shown_text(_PLACE.sub(put, text))


def harmless(value: str) -> str:
    """A value on one line, without links, marks that turn the reading round, and beyond 64."""
    value = _TURNING.sub("", value[: 4 * LONGEST_VALUE])
    value = "".join(" " if unicodedata.category(c) == "Cc" else c for c in value)
    value = " ".join(value.split()).translate(_BRACKETS).replace("://", "：//")
    return _DOMAIN_DOT.sub("．", value)[:LONGEST_VALUE]


def _places(text: str) -> Iterator[tuple[str, str | None, str]]:
    """(name, default or None, a lone brace or "") of each place."""
    for found in _PLACE.finditer(text):
        whole = found.group()
        if whole in ("{{", "}}"):
            continue
        if found.group(1) is None:
            yield "", None, whole
        else:
            default = found.group(2)
            yield found.group(1).strip(), default[1:] if default else None, ""


Filler = Callable[[str], str]
