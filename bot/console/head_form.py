"""What leads into a journey and out of it, as a form; what the form does not know stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.console.conditions import (
    Given,
    facts_from,
    facts_shown,
    group_from,
    group_shown,
    listen_shown,
    listens_from,
    name_in,
    rows_of,
)
from bot.console.fields import number
from bot.journey.editing import Document
from bot.journey.reading import TRIGGERS

NUMBERS = ("goal_days", "longest_days")
LIMITS = ("active", "daily")
# What a number's field is called, where that is not con.canvas. and its name.
_CALLED = {
    "reentry-days": "con.canvas.reentry_days", "reentry-most": "con.canvas.reentry_most",
    "days_before": "con.trigger.days_before", "hour": "con.trigger.hour",
}  # fmt: skip
# The one field of a trigger that the form calls its name, by what it is.
_NAME = {"scan": "scene", "event": "event", "segment": "segment", "date": "attribute"}


def shown(document: Mapping[str, Any]) -> dict[str, Any]:
    """The form's fields."""
    held = document.get("trigger")
    triggers = held if isinstance(held, list) else [held]
    reentry, limits = _inner(document.get("reentry")), _inner(document.get("limits"))
    return {
        "name": str(document.get("name") or ""),
        "triggers": [*(_trigger_shown(_inner(one)) for one in triggers), {}],
        "audience": group_shown(document.get("audience") or {}),
        "holdout": f"{100 * float(document.get('holdout') or 0):g}",
        "reentry": {"rule": reentry.get("rule", "never"), "days": reentry.get("days", ""),
                    "most": reentry.get("most", "")},
        "goals": [*map(listen_shown, document.get("goals") or ()), {}],
        "exits": [*map(listen_shown, document.get("exits") or ()), {}],
        **{name: document.get(name, "") for name in NUMBERS},
        **{name: limits.get(name, "") for name in LIMITS},
    }  # fmt: skip


def head_from(given: Given, document: Mapping[str, Any]) -> Document:
    """The document with what the form says. Raises InvalidInput where a field cannot be read."""
    new = {**document, "name": given.get("name", "").strip()}
    old = document.get("trigger")
    new["trigger"] = _triggers(given, old if isinstance(old, list) else [old])
    _put(new, "audience", group_from(given, "a"))
    _put(new, "holdout", (_number(given, "holdout") or 0) / 100)
    _put(new, "reentry", _reentry(given, _inner(document.get("reentry"))))
    _put(new, "goals", listens_from(given, "g"))
    _put(new, "exits", listens_from(given, "x"))
    for name in NUMBERS:
        _put(new, name, _number(given, name))
    limits = _inner(document.get("limits"))
    for name in LIMITS:
        _put(limits, name, _number(given, name))
    _put(new, "limits", limits)
    return new


def _inner(value: Any) -> Document:
    return dict(value) if isinstance(value, Mapping) else {}


def _put(where: Document, name: str, value: Any) -> None:
    where.pop(name, None)
    if value not in (None, 0, "", [], {}):
        where[name] = value


def _number(given: Given, name: str) -> float | None:
    if not given.get(name, "").strip():
        return None
    called = _CALLED.get(name, _CALLED.get(name.partition("-")[2], f"con.canvas.{name}"))
    found = number(given, name, called)
    return int(found) if found == int(found) else found


def _trigger_shown(one: Mapping[str, Any]) -> dict[str, Any]:
    when = str(one.get("when") or "")
    return {
        "kind": when,
        "name": str(one.get(_NAME.get(when, ""), "") or ""),
        "does": str(one.get("does") or "enters"),
        "where": facts_shown(one.get("where")),
        "days_before": str(one.get("days_before", "")),
        "hour": str(one.get("hour", "")),
        "yearly": "" if one.get("yearly") is False else "1",
    }


def _triggers(given: Given, old: list[Any]) -> Any:
    found = []
    for place, row in enumerate(rows_of(given, "t")):
        if given.get(f"{row}-kind") in TRIGGERS:
            before = _inner(old[place]) if place < len(old) else {}
            found.append(_trigger(given, row, before))
    return found[0] if len(found) == 1 else found


def _trigger(given: Given, row: str, before: Document) -> Document:
    when = given[f"{row}-kind"]
    found: Document = {"when": when}
    if when in _NAME:
        found[_NAME[when]] = name_in(given, row, when)
    if when == "scan" and not found["scene"]:
        del found["scene"]
    if when == "segment" and given.get(f"{row}-does") == "leaves":
        found["does"] = "leaves"
    if when == "event" and (where := facts_from(given, row)):
        found["where"] = where
    if when == "date":
        for name in ("days_before", "hour"):
            if (value := _number(given, f"{row}-{name}")) is not None:
                found[name] = value
        if not given.get(f"{row}-yearly"):
            found["yearly"] = False
    known = {"when", *_NAME.values(), "does", "where", "days_before", "hour", "yearly"}
    return {**{name: before[name] for name in before if name not in known}, **found}


def _reentry(given: Given, before: Document) -> Document:
    rule = given.get("reentry", "never")
    if rule == "never" and not before:
        return {}
    found: Document = {**before, "rule": rule}
    for name in ("days", "most"):
        found.pop(name, None)
        value = _number(given, f"reentry-{name}")
        if value is not None and rule != "never":
            found[name] = value
    return found
