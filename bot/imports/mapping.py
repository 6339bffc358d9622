"""The mapping: which column is which field, and what is done with cells that are amiss.

A document (docs/reference/import-mapping.md, docs/reference/schemas/import-mapping.json) becomes
frozen values, or an error that names the place in the document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import isfinite
from typing import Any

from bot.errors import InvalidInput
from bot.values.reported import ACTS, CUSTOM

KINDS = ("followers", "orders", "events")
PERSON = ("follower", "openid", "unionid", "phone", "customer")
# What a column of a table of each kind may be.
TARGETS = {
    "followers": (*PERSON, "attribute", "tag", "topic", "at", "ignore"),
    "orders": (*PERSON, "order", "amount", "at", "status", "refund", "refund_at", "topic", "item",
               "ignore"),
    "events": (*PERSON, "event", "at", "topic", "fact", "ignore"),
}  # fmt: skip
INSTANTS = ("at", "refund_at")
# What an order came to: "partly" needs the amount that went back, "unpaid" is no order.
STATUSES = ("paid", "refunded", "partly", "unpaid")
NAMED = ("attribute", "fact")  # several columns may be one of these, each with a name
SEVERAL = (*NAMED, "tag", "topic", "item", "ignore")
TYPES = ("text", "number", "date", "bool", "enum")
ACTIONS = ("keep", "clip", "reject", "blank")
MISSING = ("keep", "drop", "mean", "median", "mode", "interpolate")
KEEPS = ("first", "last", "merge", "reject")
BLANKS = ("", "-", "--", "/", "n/a", "na", "#n/a", "nan", "null", "none", "无", "空", "未知")
_NAME = re.compile(r"\w{1,32}")
_COLUMN_FIELDS = (
    "to", "name", "type", "unit", "separator", "values", "format", "text", "invalid", "range",
    "out_of_range", "outliers", "missing",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Policy:
    """What is done with a cell, in this order: text, type, range, outliers, missing.

    low, high   numbers, or dates as ISO text; None: open
    missing     a word of MISSING, or "constant" with the value beside it
    """

    trim: bool = True
    width: bool = True
    spaces: bool = True
    case: str = "keep"
    invalid: str = "reject"
    low: float | str | None = None
    high: float | str | None = None
    out_of_range: str = "reject"
    outliers_by: str = ""
    outliers_k: float = 0.0
    outliers: str = "keep"
    missing: str = "keep"
    constant: Any = None


@dataclass(frozen=True, slots=True)
class Column:
    header: str
    to: str
    name: str = ""
    type: str = "text"
    unit: str = "yuan"
    separator: str = ""
    values: tuple[tuple[str, str], ...] = ()  # as written -> as kept
    format: str = ""
    policy: Policy = Policy()


@dataclass(frozen=True, slots=True)
class Mapping:
    kind: str
    columns: tuple[Column, ...]
    by: tuple[str, ...]  # targets whose cells together tell two rows apart
    keep: str
    blanks: tuple[str, ...]
    event: str
    document: Dict[str, Any]

    @property
    def digest(self) -> str:
        """32 hex digits of what it says; the name it is kept under does not count."""
        said = {key: value for key, value in self.document.items() if key != "name"}
        text = json.dumps(said, ensure_ascii=False, sort_keys=True)
        return blake2b(text.encode(), digest_size=16).hexdigest()

    def one(self, target: str) -> Column | None:
        return next((column for column in self.columns if column.to == target), None)


def parse(document: Any) -> Mapping:
    """Raises InvalidInput whose `field` is a path in the document."""
    found = _fields(document, "", ("name", "kind", "format", "columns", "duplicates", "blanks",
                                   "event"))  # fmt: skip
    kind = _choice(found.get("kind", "followers"), KINDS, "kind")
    columns = _fields(found.get("columns", {}), "columns")
    made = tuple(
        _column(header, spec, kind, f"columns[{header}]") for header, spec in columns.items()
    )
    _check_set(made, kind, str(found.get("event", "")))
    by, keep = _duplicates(found.get("duplicates"), kind, made)
    blanks = tuple(_texts(found.get("blanks", BLANKS), "blanks"))
    _format(found.get("format", {}))
    event = _event(found.get("event", ""))
    return Mapping(kind, made, by, keep, blanks, event, found)


def format_of(document: Dict[str, Any]) -> dict[str, Any]:
    """The arguments of `open_source` that a document fixes."""
    found = _format(document.get("format", {}))
    renamed = {"header": "headed"}
    return {renamed.get(key, key): value for key, value in found.items()}


def _format(value: Any) -> dict[str, Any]:
    found = _fields(value, "format", ("encoding", "delimiter", "sheet", "header"))
    for name, held in found.items():
        if not isinstance(held, bool if name == "header" else str):
            raise _wrong("true or false" if name == "header" else "a text", f"format.{name}")
    if len(found.get("delimiter", ",")) > 1:
        raise _wrong("one character", "format.delimiter")
    return found


def _check_set(columns: Sequence[Column], kind: str, event: str) -> None:
    held = [column.to for column in columns]
    for target in set(held):
        if target not in SEVERAL and held.count(target) > 1:
            raise _wrong(f"two columns are {target}", "columns")
    names = [(column.to, column.name) for column in columns if column.to in NAMED]
    if len(names) > len(set(names)):
        raise _wrong("two columns have the same name", "columns")
    if not set(held) & set(PERSON):
        raise _wrong(f"no column says who: one of {', '.join(PERSON)}", "columns")
    needed = {"orders": ("order", "amount", "at"), "events": ("at",), "followers": ()}[kind]
    for target in needed:
        if target not in held:
            raise _wrong(f"{kind} need a column that is {target}", "columns")
    if kind == "events" and not event and "event" not in held:
        raise _wrong("which kind of event? Give `event`, or a column that is event", "event")


def _column(header: str, value: Any, kind: str, at: str) -> Column:
    spec = _fields({"to": value} if isinstance(value, str) else value, at, _COLUMN_FIELDS)
    to = _choice(spec.get("to"), TARGETS[kind], f"{at}.to")
    type_ = _choice(spec.get("type", _type_of(to, spec)), TYPES, f"{at}.type")
    name = str(spec.get("name", ""))
    if to in NAMED and not _NAME.fullmatch(name):
        raise _wrong("1 to 32 letters, digits and _", f"{at}.name")
    if to == "tag" and len(name) > 64:
        raise _wrong("at most 64 characters", f"{at}.name")
    values = _values(spec.get("values", {}), f"{at}.values")
    if type_ == "enum" and not values:
        raise _wrong("an enum needs its values", f"{at}.values")
    separator = spec.get("separator", "")
    if not isinstance(separator, str) or len(separator) > 1:
        raise _wrong("one character", f"{at}.separator")
    unit = _choice(spec.get("unit", "yuan"), ("yuan", "fen"), f"{at}.unit")
    form = str(spec.get("format", ""))
    policy = _policy(spec, at, type_)
    if to in (*PERSON, "order") and policy.missing not in ("keep", "drop"):
        raise _wrong("nobody's number can be made up: keep or drop", f"{at}.missing")
    if to == "status" and any(kept not in STATUSES for _, kept in values):
        raise _wrong(f"a status is one of {', '.join(STATUSES)}", f"{at}.values")
    if to in INSTANTS and spec.get("range") is not None:
        raise _wrong("instants lie between 1990 and tomorrow already", f"{at}.range")
    return Column(header, to, name, type_, unit, separator, values, form, policy)


def _type_of(to: str, spec: Dict[str, Any]) -> str:
    if to == "tag" and spec.get("name"):
        return "bool"
    if to in ("amount", "refund"):
        return "number"
    return "date" if to in INSTANTS else "text"


def _values(value: Any, at: str) -> tuple[tuple[str, str], ...]:
    """[kept, ...] or {written: kept}."""
    if isinstance(value, list):
        value = {one: one for one in _texts(value, at)}
    found = _fields(value, at)
    return tuple((str(key), str(kept)) for key, kept in found.items())


def _policy(spec: Dict[str, Any], at: str, type_: str) -> Policy:
    text = _fields(spec.get("text", {}), f"{at}.text", ("trim", "width", "spaces", "case"))
    for name in ("trim", "width", "spaces"):
        if not isinstance(text.get(name, True), bool):
            raise _wrong("true or false", f"{at}.text.{name}")
    low, high = _range(spec.get("range"), f"{at}.range", type_)
    by, k, action = _outliers(spec.get("outliers"), f"{at}.outliers", type_)
    missing, constant = _missing(spec.get("missing", "keep"), f"{at}.missing", type_)
    return Policy(
        trim=text.get("trim", True),
        width=text.get("width", True),
        spaces=text.get("spaces", True),
        case=_choice(text.get("case", "keep"), ("keep", "lower", "upper"), f"{at}.text.case"),
        invalid=_choice(spec.get("invalid", "reject"), ("reject", "blank"), f"{at}.invalid"),
        low=low,
        high=high,
        out_of_range=_choice(spec.get("out_of_range", "reject"), ACTIONS, f"{at}.out_of_range"),
        outliers_by=by,
        outliers_k=k,
        outliers=action,
        missing=missing,
        constant=constant,
    )


def _range(value: Any, at: str, type_: str) -> tuple[Any, Any]:
    if value is None:
        return None, None
    if type_ not in ("number", "date"):
        raise _wrong("only numbers and dates have a range", at)
    if not isinstance(value, list) or len(value) != 2:
        raise _wrong("[lowest, highest], null for none", at)
    for edge in value:
        if edge is not None and not _edge_fits(edge, type_):
            raise _wrong(f"an edge is a {type_}", at)
    if None not in value and value[0] > value[1]:
        raise _wrong("the lowest is above the highest", at)
    return value[0], value[1]


def _edge_fits(edge: Any, type_: str) -> bool:
    if type_ == "number":
        return type(edge) in (int, float) and isfinite(edge)
    return isinstance(edge, str) and bool(re.fullmatch(r"\d{4}-\d\d-\d\d", edge))


def _outliers(value: Any, at: str, type_: str) -> tuple[str, float, str]:
    if value is None:
        return "", 0.0, "keep"
    if type_ != "number":
        raise _wrong("only numbers have outliers", at)
    found = _fields(value, at, ("by", "k", "action"))
    by = _choice(found.get("by", "iqr"), ("iqr", "z"), f"{at}.by")
    k = found.get("k", 1.5 if by == "iqr" else 3.0)
    if type(k) not in (int, float) or not 0 < k < 1e6:
        raise _wrong("a number above 0", f"{at}.k")
    return by, float(k), _choice(found.get("action", "keep"), ACTIONS, f"{at}.action")


def _missing(value: Any, at: str, type_: str) -> tuple[str, Any]:
    if isinstance(value, dict):
        constant = _fields(value, at, ("constant",)).get("constant")
        if not isinstance(constant, str | int | float) or constant == "":
            raise _wrong("a text, a number, true or false", f"{at}.constant")
        return "constant", constant
    word = _choice(value, MISSING, at)
    if word in ("mean", "median", "interpolate") and type_ != "number":
        raise _wrong(f"only numbers have a {word}", at)
    return word, None


def _duplicates(value: Any, kind: str, columns: Sequence[Column]) -> tuple[tuple[str, ...], str]:
    held = [column.to for column in columns]
    natural = "order" if kind == "orders" else next((who for who in PERSON if who in held), "")
    if value is None:
        return ((), "first") if kind == "events" else (
            (natural,), "reject" if kind == "orders" else "last"
        )  # fmt: skip
    found = _fields(value, "duplicates", ("by", "keep"))
    by = tuple(_texts(found.get("by", [natural]), "duplicates.by"))
    for target in by:
        if target not in held or target in SEVERAL:
            raise _wrong(f"no single column is {target[:40]}", "duplicates.by")
    return by, _choice(found.get("keep", "last"), KEEPS, "duplicates.keep")


def _event(value: Any) -> str:
    if value == "" or is_own_kind(value):
        return str(value)
    raise _wrong(f"custom.NAME, or one of {', '.join(ACTS)}", "event")


def is_own_kind(value: Any) -> bool:
    """A kind of event that a shop may bring along: an act (bot.values.reported), or custom.NAME."""
    return isinstance(value, str) and (value in ACTS or CUSTOM.fullmatch(value) is not None)


# --- small readers -------------------------------------------------------------------------------


def _fields(value: Any, at: str, known: Sequence[str] = ()) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise _wrong(f"{at or 'the mapping'} is an object", at)
    for key in value:
        if known and key not in known:
            where = f"{at}.{key}" if at else key
            raise _wrong(f"there is no such field; there are {', '.join(known)}", where[:80])
    return value


def _choice(value: Any, known: Sequence[str], at: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise _wrong(f"one of {', '.join(known)}", at)
    return value


def _texts(value: Any, at: str) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise _wrong("a list of texts", at)
    return list(value)


def _wrong(message: str, at: str = "") -> InvalidInput:
    return InvalidInput(f"{at[:80]}: {message}" if at else message, at)
