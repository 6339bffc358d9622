"""The clauses of a message: 订座，明晚6点4位，靠窗 says three things. Pure."""

from __future__ import annotations

import re

MOST = 8  # clauses; what has more is a story
LONGEST = 200  # characters of a text that is looked at clause by clause

# A space parts what is Chinese on one side at least: "明晚6点 4位", and not "window seat".
_PIECE = re.compile(r"[^,，、。;；!！~～…\n]+?(?:[?？]+|(?=[,，、。;；!！~～…\n]|$))")
_SPACE = re.compile(r"(?<![A-Za-z0-9.])[ \t\u3000]+|[ \t\u3000]+(?![A-Za-z0-9.])")
_SEVERAL = re.compile(r"\S[,，。;；!！?？~～…\n \u3000]+\S")
# Which lead to another request, and are none of it.
_AND = re.compile(
    "(?:还有|另外|顺便|顺带|对了|然后|以及|并且|而且|同时|再|[,，: ])*+"
    "(?:我?[想再也要]*+(?:请问|问(?!题|价)|咨询|了解|打听|确认)(?:一?下|一句|个事)?[,，: ]*+)?"
)


def several(text: str) -> bool:
    """Something is said after a comma, a stop or a space: worth taking apart."""
    return len(text) <= LONGEST and _SEVERAL.search(text) is not None


def clauses(text: str) -> list[tuple[int, int]]:
    """(start, end) of each clause, a question with its mark. [] for more than `MOST`."""
    found = []
    for piece in _PIECE.finditer(text):
        at = piece.start()
        for gap in _SPACE.finditer(text, piece.start(), piece.end()):
            found.append((at, gap.start()))
            at = gap.end()
        found.append((at, piece.end()))
    found = [(start, end) for start, end in found if text[start:end].strip(" ?？\t\u3000")]
    return found if len(found) <= MOST else []


def without_and(clause: str) -> str:
    """顺便问下有没有停车位 asks 有没有停车位. "" where nothing else is said."""
    said = clause.strip()
    led = _AND.match(said)
    return said[led.end() :].strip() if led else said
