"""Variables in what the bot says: {name}, {name|what stands there otherwise}, {{ and }}.

The grammar is that of bot.content.wording, filters included.

A value is data: it is put in as it is, never read again for variables, and what a follower could
have chosen (a nickname, a product's name typed by them) is made harmless first, so that nobody's
nickname becomes a link in our answer. Facts of the shop are the marketers' own and may be links.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping

from bot.content import wording as grammar
from bot.errors import InvalidInput
from bot.wechat.outbound import shown_text

# Always there: they need no default.
VARIABLES = ("name", "city", "points", "stage", "date", "time", "you", "coupon.count")
FAMILIES = ("attr.", "entity.")
LONGEST_VALUE = 64

# Written from right to left, or over one another: marks that make a name read as something else.
_TURNING = re.compile("[\u200b-\u200c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_DOMAIN_DOT = re.compile(r"(?<=[A-Za-z0-9-])\.(?=[A-Za-z]{2})")
_BRACKETS = str.maketrans("<>", "＜＞")


def check(text: str, known: Collection[str] = ()) -> None:
    """Raises InvalidInput for a lone brace, a bad name, and an unknown name without a default."""
    for fault in grammar.faults(text):
        if fault.kind == "brace":
            raise InvalidInput(f"a lone {fault.what}: a brace that is meant is written twice")
        if fault.kind == "filter":
            raise InvalidInput(f"{fault.what} is no filter; see docs/explanation/content.md")
        raise InvalidInput(f"{{{fault.what[:40]}}} is no variable; wanted is a name like {{city}}")
    for place in grammar.places(text):
        if place.default is None and not is_known(place.name, known):
            name = place.name
            raise InvalidInput(f"{{{name}}} may be empty: give it a default, {{{name}|…}}")


def is_known(name: str, known: Collection[str] = ()) -> bool:
    """Whether the house itself gives this variable a value."""
    return name in VARIABLES or name.startswith(FAMILIES) or name in known


def variables_in(text: str) -> set[str]:
    """The names that the text asks for."""
    return {place.name for place in grammar.places(text)}


def fill(text: str, values: Mapping[str, str], trusted: Mapping[str, str] | None = None) -> str:
    """The text with its variables filled in, at most 2,048 bytes of it.

    values    what followers may have chosen: made harmless
    trusted   what marketers wrote; it wins over `values`
    A name that neither knows, or knows as "", is its default.
    """
    ours = trusted or {}
    known = {
        name: ours.get(name) or harmless(values.get(name) or "") for name in variables_in(text)
    }
    return shown_text(grammar.fill(text, known))


def harmless(value: str) -> str:
    """A value on one line, without links, marks that turn the reading round, and beyond 64."""
    value = _TURNING.sub("", value[: 4 * LONGEST_VALUE])
    value = "".join(" " if unicodedata.category(c) == "Cc" else c for c in value)
    value = " ".join(value.split()).translate(_BRACKETS).replace("://", "：//")
    return _DOMAIN_DOT.sub("．", value)[:LONGEST_VALUE]


Filler = Callable[[str], str]
