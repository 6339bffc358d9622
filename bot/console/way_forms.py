"""The ways out of a branch and of a split as rows of a form: put in, taken out, ordered, shared.

A button of a row says what it does by its name and to which row by its value, so that a form works
without scripts: more=w (a way), more=w1c (a condition of the way w1), less=w1, less=w1c0, up=w1,
even=w. What it leaves is the step's new document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.console.conditions import Given, group_from, group_shown, rows_of
from bot.console.shares import adds_up, shares_of, total, weights_of
from bot.journey.editing import Document
from bot.journey.step_reading import MOST_WAYS

Values = dict[str, Any]


def branch_shown(what: Any) -> Values:
    rows = [
        {**group_shown(one.get("if") or {}), "to": str(one.get("to") or "")} for one in _ways(what)
    ]
    return {"rows": rows, "most": MOST_WAYS}


def branch_read(given: Given, what: Any) -> Document:
    """Ways without a condition stay, to be filled in. Raises InvalidInput for a document that
    cannot be read."""
    old, ways = _ways(what), []
    for place, row in enumerate(rows_of(given, "w", "join")):
        way = {**(old[place] if place < len(old) else {}), "if": group_from(given, row)}
        ways.append(_led(given, row, way))
    if given.get("more") == "w":
        ways.append({"if": {}})
    return {**_inner(what), "ways": _ordered(given, ways) or [{"if": {}}]}


def split_shown(what: Any) -> Values:
    ways = _ways(what)
    shares = shares_of([one.get("weight", 1) for one in ways])
    rows = [{"share": share, "to": str(one.get("to") or "")}
            for one, share in zip(ways, shares, strict=True)]  # fmt: skip
    return {"rows": rows, "most": MOST_WAYS}


def split_read(given: Given, what: Any) -> Document:
    """With weights as typed where they are no whole: `untrue_shares` says so."""
    old = _ways(what)
    rows = list(rows_of(given, "w", "share"))
    texts = [given.get(f"{row}-share", "") for row in rows]
    before = [one.get("weight", 1) for one in old]
    weights = weights_of(texts, before)
    ways = [
        _led(given, row, {**(old[place] if place < len(old) else {}), "weight": weights[place]})
        for place, row in enumerate(rows)
    ]
    if given.get("more") == "w":
        whole = adds_up(texts) and weights
        ways.append({"weight": sum(weights) / len(weights) if whole else ""})
    if given.get("even") == "w":
        ways = [{**way, "weight": 1} for way in ways]
    return {**_inner(what), "ways": _ordered(given, ways)}


def untrue_split(what: Any) -> str | None:
    """What the shares of a split add up to where that is no whole; None where it is."""
    weights = [one.get("weight", 1) for one in _ways(what)]
    return total(list(map(str, weights))) if any(isinstance(w, str) for w in weights) else None


def _ordered(given: Given, ways: list[Document]) -> list[Document]:
    """Without the way that is taken out, and with another one place further up."""
    rows = [f"w{place}" for place in range(len(ways))]
    if (up := given.get("up", "")) in rows[1:]:
        at = rows.index(up)
        ways = [*ways[: at - 1], ways[at], ways[at - 1], *ways[at + 1 :]]
    if (less := given.get("less", "")) in rows:
        at = rows.index(less)
        ways = [*ways[:at], *ways[at + 1 :]]
    return ways


def _led(given: Given, row: str, way: Document) -> Document:
    to = given.get(f"{row}-to", "")
    kept = {name: value for name, value in way.items() if name != "to"}
    return {**kept, "to": to} if to else kept


def _inner(what: Any) -> Document:
    return dict(what) if isinstance(what, Mapping) else {}


def _ways(what: Any) -> list[Document]:
    found = _inner(what).get("ways")
    ways = found if isinstance(found, list) else []
    return [dict(one) for one in ways if isinstance(one, Mapping)]
