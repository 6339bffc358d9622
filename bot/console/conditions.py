"""Conditions and happenings as rows of a form, without scripts: read from one and shown in it.

A row knows one condition, or its opposite; a group is rows of which all, any or none have to hold.
Groups inside groups are shown, and edited, as a document: a segment holds them better. A row that
would not say what its document says is shown as the document, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from bot.errors import InvalidInput
from bot.talk.files import read_yaml, write_yaml

Given = MultiDict[str, str]
Row = dict[str, Any]
MOST_ROWS = 13  # the most ways of a step, and an empty one
JOINS = ("all", "any", "none")
KINDS = (
    "segment", "tag", "interest", "attribute", "event", "figure", "sequence", "coupon", "campaign",
    "model", "list", "bucket", "document",
)  # fmt: skip
LISTENS = ("event", "enters", "leaves", "scan")
OPS = (
    "eq", "ne", "lt", "le", "gt", "ge", "in", "contains", "exists", "on", "before", "after",
    "within_last", "within_next", "yearly_within",
)  # fmt: skip
STATES = ("issued", "claimed", "redeemed", "expired")
OUTCOMES = ("sent", "clicked", "not_clicked", "redeemed", "held_out", "skipped")
FIGURES = ("sum", "min", "max", "avg")
OWN = "~"  # of a choice of names: none of them, it is typed
MOST_FACTS = 10
_MOST_ACTS = 5  # of a sequence
_LONGEST = 16_000  # characters of a condition's document
_OFTEN = ("at_least", "at_most", "within_days", "never")
# The fields that a row of each kind has beside its name, as the document calls them.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "segment": (),
    "tag": (),
    "interest": ("at_least",),
    "attribute": ("op", "value"),
    "event": (*_OFTEN, "where"),
    "figure": ("at_least", "at_most", "within_days", "where"),
    "coupon": ("state", *_OFTEN),
    "campaign": ("outcome", "variant"),
    "model": ("at_least", "at_most", "group"),
    "list": (),
}
_WORDS = ("op", "state", "outcome", "variant")  # texts, whatever they look like


def condition_shown(rule: Any) -> Row:
    """A condition's fields; an empty rule is an empty row."""
    if not rule:
        return {"kind": "", "rule": ""}
    row, exact = _row(rule), _counted(rule)
    if row is not None and condition_from(_as_given(row), "c") == exact:
        return row
    return {"kind": "document", "rule": write_yaml(rule)}


def _row(rule: Any) -> Row | None:
    """None where no row knows it."""
    turned = isinstance(rule, Mapping) and set(rule) == {"not"}
    inner = _counted(rule["not"] if turned else rule)
    if not isinstance(inner, Mapping):
        return None
    row: Row | None = None
    if "sequence" in inner or "bucket" in inner:
        row = _succession(inner) if "sequence" in inner else _share(inner)
        if row is None:
            return None
    else:
        figure = next((one for one in FIGURES if one in inner), "")
        named = "event" if figure else next((kind for kind in _FIELDS if kind in inner), "")
        kind = "figure" if figure else named
        if not kind or not set(inner) <= {named, figure, *_FIELDS[kind]}:
            return None
        row = {name: _field(name, inner[name]) for name in _FIELDS[kind] if name in inner}
        row |= {"kind": kind, "name": str(inner[named])}
        if figure:
            row |= {"figure": figure, "fact": str(inner[figure])}
    return {**row, "not": "1" if turned else ""}


def _counted(rule: Any) -> Any:
    """Exactly so often is at least and at most so often."""
    if not isinstance(rule, Mapping):
        return rule
    if set(rule) == {"not"}:
        return {"not": _counted(rule["not"])}
    times = rule.get("exactly")
    kept = {name: value for name, value in rule.items() if name != "exactly"}
    return kept if times is None else {**kept, "at_least": times, "at_most": times}


def _field(name: str, value: Any) -> Any:
    if name == "where":
        return facts_shown(value)
    if name in _WORDS:
        return str(value)
    return "、".join(map(text_of, value)) if isinstance(value, list) else text_of(value)


def _succession(rule: Mapping[str, Any]) -> Row | None:
    acts = rule["sequence"]
    if not set(rule) <= {"sequence", "within_days"} or not isinstance(acts, list):
        return None
    row: Row = {"kind": "sequence", "within_days": text_of(rule.get("within_days", ""))}
    for place, act in enumerate(acts):
        if not isinstance(act, Mapping) or not set(act) <= {"event", "within_days", "not"}:
            return None
        row[f"act{place}"] = str(act.get("event", ""))
        row[f"after{place}"] = text_of(act.get("within_days", ""))
        row["absent"] = "1" if act.get("not") is True else ""
    return row


def _share(rule: Mapping[str, Any]) -> Row | None:
    span = rule["bucket"]
    if not set(rule) <= {"bucket", "salt"} or not isinstance(span, list) or len(span) != 2:
        return None
    return {"kind": "bucket", "name": str(rule.get("salt", "")), "low": text_of(span[0]),
            "high": text_of(span[1])}  # fmt: skip


def _as_given(row: Row) -> Given:
    """What a browser sends of a row that nobody touches."""
    given: Given = MultiDict()
    for name, value in row.items():
        if name == "where":
            given.update({f"c-fact{n}": fact for n, (fact, _) in enumerate(value)})
            given.update({f"c-is{n}": text for n, (_, text) in enumerate(value)})
        elif value or name != "not":
            given[f"c-{name}"] = value
    return given


def name_in(given: Given, prefix: str, kind: str) -> str:
    """The name in a row: chosen from those of its kind, or typed."""
    chosen = given.get(f"{prefix}-name-{kind}")
    return (given.get(f"{prefix}-name", "") if chosen in (None, OWN) else str(chosen)).strip()


def condition_from(given: Given, prefix: str) -> Any:
    """The rule that a row says; {} where it says nothing yet. Raises InvalidInput for a document
    that cannot be read; what is wrong otherwise is the reader's to say."""
    kind = given.get(f"{prefix}-kind", "")
    if kind == "document":
        return _document(given.get(f"{prefix}-rule", ""), prefix)
    if kind == "sequence":
        rule = _succession_from(given, prefix)
    elif kind == "bucket":
        rule = _share_from(given, prefix)
    elif kind in _FIELDS:
        rule = _plain_from(given, prefix, kind)
    else:
        return {}
    return {"not": rule} if given.get(f"{prefix}-not") else rule


def _plain_from(given: Given, prefix: str, kind: str) -> dict[str, Any]:
    if kind == "figure":
        rule: dict[str, Any] = {"event": name_in(given, prefix, "event")}
        rule[given.get(f"{prefix}-figure", FIGURES[0])] = given.get(f"{prefix}-fact", "").strip()
    else:
        rule = {kind: name_in(given, prefix, "segment" if kind == "list" else kind)}
    for field in _FIELDS[kind]:
        text = given.get(f"{prefix}-{field}", "").strip()
        if field == "where":
            rule |= {"where": where} if (where := facts_from(given, prefix)) else {}
        elif text:
            rule[field] = text if field in _WORDS else typed(text)
    return _sensible(rule, given.get(f"{prefix}-value", ""))


def _sensible(rule: dict[str, Any], value: str) -> dict[str, Any]:
    """Without the fields that the others leave no room for."""
    if rule.get("never"):
        kept = {key: rule[key] for key in rule if key not in ("at_least", "at_most")}
        return {**kept, "never": True}
    if rule.get("op") == "exists" and not isinstance(rule.get("value"), bool):
        rule.pop("value", None)
    if rule.get("op") == "in":
        rule["value"] = [typed(one.strip()) for one in re.split("[、,，]", value) if one.strip()]
    return rule


def _succession_from(given: Given, prefix: str) -> dict[str, Any]:
    acts: list[dict[str, Any]] = []
    for place in range(_MOST_ACTS):
        name = given.get(f"{prefix}-act{place}", "").strip()
        after = given.get(f"{prefix}-after{place}", "").strip()
        if name:
            acts.append({"event": name, **({"within_days": typed(after)} if after else {})})
    if acts and given.get(f"{prefix}-absent"):
        acts[-1]["not"] = True
    within = given.get(f"{prefix}-within_days", "").strip()
    return {"sequence": acts, **({"within_days": typed(within)} if within else {})}


def _share_from(given: Given, prefix: str) -> dict[str, Any]:
    span = [typed(given.get(f"{prefix}-{end}", "").strip()) for end in ("low", "high")]
    salt = given.get(f"{prefix}-name", "").strip()
    return {"bucket": span, **({"salt": salt} if salt else {})}


def facts_shown(where: Any) -> list[tuple[str, str]]:
    """(fact, value) of each, as they are typed."""
    found = where if isinstance(where, Mapping) else {}
    return [(str(fact), text_of(value)) for fact, value in found.items()]


def facts_from(given: Given, prefix: str) -> dict[str, Any]:
    rows = ((given.get(f"{prefix}-fact{n}", "").strip(), given.get(f"{prefix}-is{n}", "").strip())
            for n in range(MOST_FACTS))  # fmt: skip
    return {fact: typed(text) for fact, text in rows if fact}


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
    """What somebody typed, as a number or a truth where it is one; in quotes it is a text."""
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    if re.fullmatch(r"-?\d{1,15}\.\d{1,15}", text):
        return float(text)
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def text_of(value: Any) -> str:
    """How a value is typed: a text that looks like something else stands in quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if typed(value) == value and value == value.strip() else f'"{value}"'
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def listen_shown(document: Mapping[str, Any]) -> Row:
    """What has to happen, as a row: {event, where}, {segment, does} or {scan}."""
    if document.get("segment") is not None:
        return {"kind": str(document.get("does", "enters")), "name": str(document["segment"])}
    kind = next((one for one in ("event", "scan") if document.get(one) is not None), "")
    where = facts_shown(document.get("where"))
    return {"kind": kind, "name": str(document.get(kind, "")), "where": where}


def listen_from(given: Given, prefix: str) -> dict[str, Any]:
    """What a row says has to happen; {} for an empty row. Raises InvalidInput."""
    kind = given.get(f"{prefix}-kind", "")
    if kind in ("enters", "leaves"):
        name = name_in(given, prefix, "segment")
        return {"segment": name, **({"does": kind} if kind == "leaves" else {})}
    if kind not in ("event", "scan"):
        return {}
    where = facts_from(given, prefix) if kind == "event" else {}
    return {kind: name_in(given, prefix, kind), **({"where": where} if where else {})}


def listens_from(given: Given, prefix: str) -> list[dict[str, Any]]:
    """Those of all rows that say something. Raises InvalidInput."""
    found = (listen_from(given, row) for row in rows_of(given, prefix))
    return [one for one in found if one]


def rows_of(given: Given, prefix: str, field: str = "kind") -> Iterator[str]:
    """The prefixes of a form's rows: w0, w1, ...; every row has the field."""
    for number in range(MOST_ROWS):
        if f"{prefix}{number}-{field}" in given:
            yield f"{prefix}{number}"
