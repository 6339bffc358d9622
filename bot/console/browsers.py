"""What a browser calls itself, in two words: whoever looks where he is signed in knows his own."""

from __future__ import annotations

LONGEST = 120  # characters that the store keeps of it
_SHOWN = 40
# A browser within another names both: the more special one stands first.
_NAMES = (
    ("wxwork/", "WeCom"),
    ("MicroMessenger/", "WeChat"),
    *((mark, "Edge") for mark in ("Edg/", "EdgA/", "EdgiOS/")),
    *((mark, "Firefox") for mark in ("Firefox/", "FxiOS/")),
    *((mark, "Chrome") for mark in ("Chrome/", "CriOS/")),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    *((mark, "iOS") for mark in ("iPhone", "iPad")),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def said(agent: str) -> str:
    """Chrome · Linux; of a browser that nobody knows the beginning of what it says."""
    known = [next((name for mark, name in of if mark in agent), "") for of in (_NAMES, _SYSTEMS)]
    return " · ".join(filter(None, known)) or agent[:_SHOWN]


def kept(agent: str) -> str:
    """As much as the store has room for, with what tells it from others: that stands at the end."""
    mark = next((mark for mark, _ in _NAMES if mark in agent), "")
    if len(agent) <= LONGEST or mark in agent[:LONGEST]:
        return agent[:LONGEST]
    return f"{agent[: LONGEST - len(mark) - 2]}… {mark}"
