"""What stands on a model's card, in Chinese: its English is matched with a table of templates.

Cards are kept as they were made and read by programs as well, in English. Where people read them,
`said` looks up the Chinese (cards.zh.json): `names` of methods, figures and checks, and `sentences`
with numbered places, {0} as it is and {0!} said in Chinese itself. What the table lacks stays.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from bot.i18n import FALLBACK
from bot.i18n.refusals import Template

_FILE = Path(__file__).parent / "cards.zh.json"
_PLACE = re.compile(r"\{\d+\}")
_FILLED = re.compile(r"\{(\d+)(!)?\}")
_LONGEST = 1000  # characters; more is no sentence of ours
_DEEPEST = 3


def said(text: str, lang: str) -> str:
    """A name or a sentence of a card in the reader's language."""
    return _chinese(text, _DEEPEST) if lang == FALLBACK and len(text) <= _LONGEST else text


def _chinese(text: str, depth: int) -> str:
    table = _table()
    if not depth or text in table.names:
        return table.names.get(text, text)
    return (
        _sentence(text, table.long, depth)
        or _listed(text, "; ", "；", depth)
        or _sentence(text, table.templates, depth)
        or _listed(text, ", ", "，", depth)
        or _words(text)
    )


def _sentence(text: str, templates: list[Template], depth: int) -> str:
    """By the first template that fits; "" for none."""
    for template in templates:
        values = template.values(text)
        if values is not None:
            return _filled(template.chinese, values, depth)
    return ""


def _listed(text: str, mark: str, joined: str, depth: int) -> str:
    parts = text.split(mark)
    return joined.join(_chinese(one, depth - 1) for one in parts) if len(parts) > 1 else ""


def _words(text: str) -> str:
    names = _table().names
    first, _, last = text.partition(" ")  # "isotonic 0.61", "16400 days"
    return " ".join(names.get(one, one) for one in (first, last)) if last else text


def _filled(chinese: str, values: list[str], depth: int) -> str:
    def put(place: re.Match[str]) -> str:
        value = values[int(place[1])]
        return _chinese(value, depth - 1) if place[2] else value

    return _FILLED.sub(put, chinese)


class _Table:
    """The most literal templates first; `long`: those that hold a semicolon themselves."""

    def __init__(self) -> None:
        kept = json.loads(_FILE.read_text(encoding="utf-8"))
        self.names: dict[str, str] = kept["names"] | {
            english: chinese
            for english, chinese in kept["sentences"].items()
            if not _PLACE.search(english)
        }
        self.templates = sorted(
            (
                Template(tuple(_PLACE.split(english)), chinese)
                for english, chinese in kept["sentences"].items()
                if _PLACE.search(english)
            ),
            key=lambda one: -one.letters,
        )
        self.long = [one for one in self.templates if any("; " in part for part in one.pieces)]


@cache
def _table() -> _Table:
    return _Table()
