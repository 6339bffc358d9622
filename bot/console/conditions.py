"""Conditions and happenings as rows of a form, without scripts: read from one and shown in it.

A row knows one plain condition, or its opposite; a group is rows of which all, any or none have to
hold. Whatever is more than that is shown, and edited, as a document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from bot.errors import InvalidInput
from bot.talk.files import read_yaml, write_yaml

Given = MultiDict[str, str]
Row = dict[str, str]
MOST_ROWS = 13  # the most ways of a step, and an empty one
JOINS = ("all", "any", "none")
KINDS = ("segment", "tag", "interest", "attribute", "event", "coupon", "document")
LISTENS = ("event", "enters", "leaves", "scan")
OPS = ("eq", "ne", "lt", "le", "gt", "ge", "contains", "exists")
STATES = ("issued", "claimed", "redeemed", "expired")
_LONGEST = 16_000  # characters of a condition's document
# The names that a row of each kind has; a condition with others is a document.
_NAMES = {
    "segment": {"segment"},
    "tag": {"tag"},
    "interest": {"interest", "at_least"},
    "attribute": {"attribute", "op", "value"},
    "event": {"event", "at_least", "within_days", "never"},
    "coupon": {"coupon", "state"},
}


def condition_shown(rule: Any) -> Row:
    """A condition's fields; an empty rule is an empty row."""
    inner: Any = rule
    if isinstance(rule, Mapping) and set(rule) == {"not"}:
        inner = rule["not"]
    kind = _plain_kind(inner)
    if not kind:
        text = write_yaml(rule) if rule else ""
        return {"kind": "document" if rule else "", "rule": text}
    row = {name: _text(inner[name]) for name in _NAMES[kind] - {kind} if name in inner}
    return {
        "kind": kind,
        "name": _text(inner[kind]),
        "not": "1" if inner is not rule else "",
        **row,
    }


def _plain_kind(rule: Any) -> str:
    if not isinstance(rule, Mapping):
        return ""
    known = (kind for kind in _NAMES if kind in rule and set(rule) <= _NAMES[kind])
    return next(known, "")


def condition_from(given: Given, prefix: str) -> Any:
    """The rule that a row says; {} where it says nothing yet. Raises InvalidInput for a document
    that cannot be read; what is wrong otherwise is the reader's to say."""
    kind, name = given.get(f"{prefix}-kind", ""), given.get(f"{prefix}-name", "").strip()
    if kind == "document":
        return _document(given.get(f"{prefix}-rule", ""), prefix)
    if kind not in _NAMES:
        return {}
    rule: dict[str, Any] = {kind: name}
    for field in sorted(_NAMES[kind] - {kind}):
        text = given.get(f"{prefix}-{field}", "").strip()
        if text:
            rule[field] = text if field in ("op", "state") else typed(text)
    if rule.get("never"):
        rule = {key: rule[key] for key in rule if key != "at_least"} | {"never": True}
    if rule.get("op") == "exists":
        rule.pop("value", None)
    return {"not": rule} if given.get(f"{prefix}-not") else rule


def group_shown(rule: Any) -> dict[str, Any]:
    """{join, parts}: how the rows belong together, and each; one empty row for an empty rule."""
    join, parts = "all", [rule]
    named = set(rule) if isinstance(rule, Mapping) else set()
    if named in ({"all"}, {"any"}):
        (join,) = named
        parts = rule[join]
    elif named == {"not"} and isinstance(rule["not"], Mapping) and set(rule["not"]) == {"any"}:
        join, parts = "none", rule["not"]["any"]
    if not isinstance(parts, list) or not 0 < len(parts) < MOST_ROWS:
        join, parts = "all", [rule]
    return {"join": join, "parts": [condition_shown(one) for one in parts]}


def group_from(given: Given, prefix: str) -> Any:
    """The rule that a group's rows say, as its pressed button leaves them; an empty row says
    nothing. {} for no row at all. Raises InvalidInput as `condition_from`."""
    rows = [row for row in rows_of(given, f"{prefix}c") if given.get(f"{row}-kind")]
    parts = [condition_from(given, row) for row in rows if given.get("less") != row]
    if given.get("more") == f"{prefix}c":
        parts.append({})
    join = given.get(f"{prefix}-join", "all")
    if join == "none" and len(parts) > 1:
        return {"not": {"any": parts}}
    if len(parts) > 1:
        return {"any" if join == "any" else "all": parts}
    if join == "none" and parts and parts[0]:
        return {"not": {"any": parts}}
    return parts[0] if parts else {}


def _document(text: str, prefix: str) -> Any:
    if len(text) > _LONGEST:
        raise InvalidInput(f"at most {_LONGEST:,} characters", f"{prefix}-rule")
    return read_yaml(text.replace("\r\n", "\n")) or {}


def typed(text: str) -> str | int | float | bool:
    """What somebody typed, as a number or a truth where it is one."""
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d{1,15}\.\d{1,6}", text) else text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def listen_shown(document: Mapping[str, Any]) -> Row:
    """What has to happen, as a row: {event, where}, {segment, does} or {scan}."""
    if document.get("segment") is not None:
        return {"kind": str(document.get("does", "enters")), "name": str(document["segment"])}
    kind = next((one for one in ("event", "scan") if document.get(one) is not None), "")
    where = write_yaml(document["where"]) if document.get("where") else ""
    return {"kind": kind, "name": str(document.get(kind, "")), "where": where}


def listen_from(given: Given, prefix: str) -> dict[str, Any]:
    """What a row says has to happen; {} for an empty row. Raises InvalidInput."""
    kind, name = given.get(f"{prefix}-kind", ""), given.get(f"{prefix}-name", "").strip()
    if kind in ("enters", "leaves"):
        return {"segment": name, **({"does": kind} if kind == "leaves" else {})}
    if kind not in ("event", "scan"):
        return {}
    where = _document(given.get(f"{prefix}-where", ""), prefix) if kind == "event" else {}
    return {kind: name, **({"where": where} if where else {})}


def listens_from(given: Given, prefix: str) -> list[dict[str, Any]]:
    """Those of all rows that say something. Raises InvalidInput."""
    found = (listen_from(given, row) for row in rows_of(given, prefix))
    return [one for one in found if one]


def rows_of(given: Given, prefix: str, field: str = "kind") -> Iterator[str]:
    """The prefixes of a form's rows: w0, w1, ...; every row has the field."""
    for number in range(MOST_ROWS):
        if f"{prefix}{number}-{field}" in given:
            yield f"{prefix}{number}"
