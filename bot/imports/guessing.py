"""A mapping guessed from the names of the columns and their first values: to be shown, and edited.

What is guessed is harmless: no line is dropped by a guess but for a cell that is plainly wrong, and
what names a person stays out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from bot.clock import EPOCH
from bot.errors import InvalidInput
from bot.imports import words
from bot.imports.mapping import BLANKS, PERSON, TARGETS, Column
from bot.imports.reading import Bad, reader
from bot.imports.rejects import OWN_COLUMNS
from bot.imports.sources import Source
from bot.values.attributes import Declared

_MOST = 0.9
LOOK = 1000  # rows whose values are looked at
_MARKS = re.compile(r"[\s_\-()（）\[\]【】:：/.·#*]+")
_OPENID = re.compile(r"o[A-Za-z0-9_-]{27}")
_PHONE = re.compile(r"(?:\+?86)?1[3-9]\d{9}")
_NAME_OF = {
    target: frozenset(names)
    for table in (words.WHO, words.OTHER)
    for target, names in table.items()
}
_ATTRIBUTE_OF = {name: kept for kept, names in words.ATTRIBUTES.items() for name in names}
_YES_NO = Column("", "tag", "?", "bool")
_EXPORTED = re.compile(r"attribute\.(\w{1,32})")
# Columns of our own export that say what we counted ourselves: not to be told to us again.
_COUNTED = frozenset(
    {"subscribed", "language", "stage", "source_scene", "since", "first_seen", "last_seen",
     "messages", "orders", "redeemed", "spent_fen", "opted_out", "interests", "segments"}
)  # fmt: skip


def guess(source: Source, kind: str, now: datetime) -> dict[str, Any]:
    """A mapping document for this file. Raises InvalidInput where nothing says who."""
    found = guess_columns(source, kind, now)
    _settle_who(found["columns"], kind)
    return found


def guess_columns(source: Source, kind: str, now: datetime) -> dict[str, Any]:
    """The same, to be completed by somebody where it lacks what a table of the kind needs."""
    seen = [line.cells for line in islice(source.rows(), LOOK) if not line.fault]
    ours = "follower" in source.header and "spent_fen" in source.header
    columns: dict[str, Any] = {}
    taken: set[str] = set()
    for place, header in enumerate(source.header):
        cells = [row[place] for row in seen if place < len(row) and _filled(row[place])]
        found = _guessed(header, cells, kind, now, ours)
        if (key := _key(found)) and key in taken:
            found = {"to": "ignore"}
        taken.add(key)
        columns[header] = found["to"] if len(found) == 1 else found
    return {"kind": kind, "format": _format(source), "columns": columns}


def as_declared(document: dict[str, Any], declared: Mapping[str, Declared]) -> dict[str, Any]:
    """The same mapping, its attributes of the types that the account declared."""
    columns = {
        header: _typed(spec, declared.get(spec["name"]))
        if isinstance(spec, dict) and spec["to"] == "attribute"
        else spec
        for header, spec in document["columns"].items()
    }
    return {**document, "columns": columns}


def _typed(spec: dict[str, Any], declared: Declared | None) -> dict[str, Any]:
    if declared is None:
        return spec
    made = {"to": "attribute", "name": spec["name"], "type": declared.kind}
    if declared.kind != "enum":
        return made
    known = spec.get("values", {}).items()
    words_ = {written: kept for written, kept in known if kept in declared.choices}
    return made | {"values": {**words_, **{one: one for one in declared.choices}}}


def _format(source: Source) -> dict[str, Any]:
    """What was found out of the file, so that the next one is read alike."""
    found: dict[str, Any] = {"header": source.headed}
    for name in ("encoding", "delimiter", "sheet"):
        if value := getattr(source, name):
            found[name] = value
    return found


def _filled(cell: str) -> bool:
    return cell.strip().lower() not in BLANKS


def _key(found: dict[str, Any]) -> str:
    """What only one column may be; "" where several may."""
    if found["to"] in ("tag", "topic", "item", "ignore"):
        return ""
    return f"{found['to']}:{found.get('name', '')}"


def _guessed(
    header: str, cells: Sequence[str], kind: str, now: datetime, ours: bool
) -> dict[str, Any]:
    plain = _MARKS.sub("", header).lower()
    if header in OWN_COLUMNS or (ours and header in _COUNTED):
        return {"to": "ignore"}
    if ours and (named := _EXPORTED.fullmatch(header)):
        return _attribute(named[1], cells, now)
    if plain in words.PERSONAL:
        return {"to": "ignore"}
    for target in TARGETS[kind]:
        if plain in _NAME_OF.get(target, ()) and (target, kind) != ("at", "followers"):
            return _as_target(target, cells, ours)
    if (shape := _shape(cells)) is not None:
        return shape
    return _as_other(header, plain, cells, kind, now)


def _as_target(target: str, cells: Sequence[str], ours: bool) -> dict[str, Any]:
    if target in ("amount", "refund"):
        return {"to": target, "unit": "yuan"}
    if target == "status":
        known = sum(cell.strip().lower() in words.STATUSES for cell in cells)
        if not cells or known < _MOST * len(cells):
            return {"to": "ignore"}  # states of something else
        return {"to": "status", "invalid": "blank"}
    if target == "tag" and ours:
        return {"to": "tag", "separator": "|"}
    if target == "tag" and cells and all(_reads(_YES_NO, cell) for cell in cells):
        return {"to": "ignore"}  # yes and no to what? A tag needs its name
    return {"to": target}


def _shape(cells: Sequence[str]) -> dict[str, Any] | None:
    """By the values: openids and telephone numbers are known by their looks."""
    for target, form in (("openid", _OPENID), ("phone", _PHONE)):
        if cells and all(form.fullmatch(cell.strip()) for cell in cells):
            return {"to": target}
    return None


def _as_other(
    header: str, plain: str, cells: Sequence[str], kind: str, now: datetime
) -> dict[str, Any]:
    name = _ATTRIBUTE_OF.get(plain) or re.sub(r"\W+", "_", header.lower()).strip("_")[:32]
    if kind == "orders" or not name or not cells:
        return {"to": "ignore"}
    if kind == "events":
        return _attribute(name, cells, now, "fact")
    if name == "gender":
        return {"to": "attribute", "name": name, "type": "enum", "values": words.GENDERS,
                "invalid": "blank"}  # fmt: skip
    return _attribute(name, cells, now)


def _attribute(
    name: str, cells: Sequence[str], now: datetime, to: str = "attribute"
) -> dict[str, Any]:
    """With the strictest type that nearly all its first values have: the others are dirt."""
    kept = name if name not in _COUNTED else f"{name}_imported"[:32]
    for type_ in ("number", "date", "bool"):
        column = Column("", to, kept, type_)
        if cells and sum(_reads(column, cell, now) for cell in cells) >= _MOST * len(cells):
            return {"to": to, "name": kept, "type": type_}
    return {"to": to, "name": kept, "type": "text"}


def _reads(column: Column, cell: str, now: datetime = EPOCH) -> bool:
    try:
        reader(column, now)(cell.strip())
    except Bad:
        return False
    return True


def _settle_who(columns: dict[str, Any], kind: str) -> None:
    """One column decides who. Raises InvalidInput where none says."""
    held = {spec if isinstance(spec, str) else spec["to"] for spec in columns.values()}
    if not held & set(PERSON):
        names = "、".join(list(columns)[:20])
        raise InvalidInput(
            f"no column says who: none of {names} is an openid, unionid, follower number,"
            f" telephone or customer number; give a --mapping"[:400],
            "columns",
        )
    for target in {"orders": ("order", "amount", "at"), "events": ("at",)}.get(kind, ()):
        if target not in held:
            raise InvalidInput(f"no column is {target}; give a --mapping", "columns")
