"""The segment language: a document (YAML or JSON, read already) becomes frozen rules, or an error.

    {attribute: city, op: eq, value: 北京}    {tag: vip}    {interest: 咖啡, at_least: 0.3}
    {event: order, at_least: 2, within_days: 30, where: {shop: A1}}    {segment: coffee}
    {model: churn, at_least: 0.7}    {bucket: [0, 10], salt: autumn}
    {all: [...]}    {any: [...]}    {not: {...}}

What somebody did over time, coupons, campaigns and lists: `bot.segment.acts`.

docs/explanation/segments.md says what each means; docs/reference/segment.schema.json is the form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import InvalidInput
from bot.segment import dates
from bot.segment.acts import (
    CAMPAIGN_KEYS,
    COUPON_KEYS,
    EVENT_KEYS,
    SEQUENCE_KEYS,
    Act,
    Aggregate,
    Coupon,
    Event,
    Listed,
    Outcome,
    Pinned,
    Step,
    Succession,
    read_campaign,
    read_coupon,
    read_event,
    read_list,
    read_sequence,
)
from bot.segment.predicted import KEYS as PREDICTED_KEYS
from bot.segment.predicted import Predicted, read_predicted
from bot.segment.reading import MOST_DAYS, Scalar, is_slug, known, path, scalar, slug, text
from bot.values.attributes import day
from bot.values.stage import Stage

__all__ = [
    "BUILT_IN",
    "OPS",
    "Aggregate",
    "All",
    "AnyOf",
    "Attribute",
    "Bucket",
    "Coupon",
    "Event",
    "InSegment",
    "Interest",
    "Leaf",
    "Listed",
    "Not",
    "Outcome",
    "Pinned",
    "Predicted",
    "Rule",
    "Scalar",
    "Step",
    "Succession",
    "Tag",
    "inner_segments",
    "is_slug",
    "leaves",
    "parse",
]

OPS = ("eq", "ne", "lt", "le", "gt", "ge", "in", "contains", "exists", *dates.OPS)
ORDER_OPS = ("lt", "le", "gt", "ge")
ON_DAYS = {"on": "eq", "before": "lt", "after": "gt"}
# Attributes that every follower has by himself -> the operators they take and the values.
BUILT_IN: dict[str, tuple[tuple[str, ...], type]] = {
    "stage": (("eq", "ne", "in"), str),
    "subscribed": (("eq", "ne"), bool),
    "language": (("eq", "ne", "in"), str),
    "source_scene": (("eq", "ne", "in", "contains"), str),
    "orders": (("eq", "ne", "in", *ORDER_OPS), int),
    "spent_fen": (("eq", "ne", "in", *ORDER_OPS), int),
    "messages": (("eq", "ne", "in", *ORDER_OPS), int),
    "last_seen": ((*ORDER_OPS, "exists"), float),  # days since his last own act
}
DEFAULT_SCORE = 0.3
DEEPEST = 8
MOST_RULES = 100
MOST_VALUES = 500


@dataclass(frozen=True, slots=True)
class Attribute:
    """`value` is a tuple for `in`, a bool for `exists`, days for bot.segment.dates. `ne` holds
    where there is no such one."""

    name: str
    op: str
    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Tag:
    tag: str


@dataclass(frozen=True, slots=True)
class Interest:
    topic: str
    at_least: float


@dataclass(frozen=True, slots=True)
class InSegment:
    slug: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """A fixed share of everybody: those whose number of 100 lies in low <= n < high."""

    low: int
    high: int
    salt: str


@dataclass(frozen=True, slots=True)
class All:
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Not:
    rule: Rule


Leaf = Attribute | Tag | Interest | Predicted | InSegment | Bucket | Act
Rule = Leaf | All | AnyOf | Not


def parse(document: Any, field: str = "") -> Rule:
    """The rule of a document. Raises InvalidInput whose `field` is a path: "all[1].at_least"."""
    rule = _rule(document, field, 1)
    if sum(1 for _ in leaves(rule)) > MOST_RULES:
        raise InvalidInput(f"a rule has at most {MOST_RULES} conditions", field)
    return rule


def leaves(rule: Rule) -> Iterator[Leaf]:
    """Every condition in the rule, in the order written."""
    if isinstance(rule, All | AnyOf):
        for part in rule.rules:
            yield from leaves(part)
    elif isinstance(rule, Not):
        yield from leaves(rule.rule)
    else:
        yield rule


def inner_segments(rule: Rule) -> set[str]:
    """Slugs of the segments whose members the rule looks at."""
    return {leaf.slug for leaf in leaves(rule) if isinstance(leaf, InSegment)}


def _rule(document: Any, at: str, depth: int) -> Rule:
    if not isinstance(document, Mapping):
        raise InvalidInput("a rule is an object such as {tag: vip}", at)
    if depth > DEEPEST:
        raise InvalidInput(f"rules are nested at most {DEEPEST} deep", at)
    kinds = [key for key in _READERS if key in document]
    if len(kinds) != 1:
        found = ", ".join(kinds) or "none"
        raise InvalidInput(f"a rule has exactly one of {', '.join(_READERS)}; found {found}", at)
    read, allowed = _READERS[kinds[0]]
    known(document, allowed, at)
    return read(document, at, depth)


def _attribute(document: Mapping[str, Any], at: str, depth: int) -> Rule:
    name = text(document["attribute"], 32, path(at, "attribute"))
    op = document.get("op", "eq")
    allowed, kind = BUILT_IN.get(name, ((*OPS, *ON_DAYS), object))
    if op not in allowed:
        raise InvalidInput(f"{name} takes one of {', '.join(allowed)}", path(at, "op"))
    where = path(at, "value")
    if op == "exists":
        value = document.get("value", True)
        if not isinstance(value, bool):
            raise InvalidInput("exists takes true or false", where)
        return Attribute(name, op, value)
    if "value" not in document:
        raise InvalidInput("the value is missing", where)
    if op in ON_DAYS:
        return Attribute(name, ON_DAYS[op], _day(op, document["value"], where))
    if op in dates.OPS:
        return Attribute(name, op, _days(op, document["value"], where))
    return Attribute(name, op, _operand(name, op, kind, document["value"], where))


def _day(op: str, value: Any, at: str) -> str:
    found = day(str(value))  # YAML reads 2026-11-21 as a date
    if found is None:
        raise InvalidInput(f"{op} takes a date such as 2026-11-21", at)
    return found


def _days(op: str, value: Any, at: str) -> int:
    most = dates.MOST_YEARLY if op == "yearly_within" else MOST_DAYS
    if type(value) is not int or not 0 <= value <= most:
        raise InvalidInput(f"{op} takes whole days, 0 to {most}", at)
    return value


def _operand(name: str, op: str, kind: type, value: Any, at: str) -> Scalar | tuple[Scalar, ...]:
    if op == "in":
        if not isinstance(value, list | tuple) or not 0 < len(value) <= MOST_VALUES:
            raise InvalidInput(f"in takes a list of 1 to {MOST_VALUES} values", at)
        return tuple(_one(name, kind, one, f"{at}[{i}]") for i, one in enumerate(value))
    if op == "contains" and not isinstance(value, str):
        raise InvalidInput("contains takes a text", at)
    if op in ORDER_OPS and isinstance(value, bool):
        raise InvalidInput(f"{op} takes a number or a text", at)
    return _one(name, kind, value, at)


def _one(name: str, kind: type, value: Any, at: str) -> Scalar:
    one = scalar(value, at)
    fits = {
        object: True,
        str: isinstance(value, str),
        bool: isinstance(value, bool),
        int: type(value) is int,
        float: type(value) in (int, float),
    }
    if not fits[kind]:
        wanted = {str: "a text", bool: "true or false", int: "a whole number", float: "days"}
        raise InvalidInput(f"{name} takes {wanted[kind]}", at)
    if name == "stage" and value not in tuple(Stage):
        raise InvalidInput(f"stage is one of {', '.join(Stage)}", at)
    if name == "last_seen" and not 0 <= float(value) <= MOST_DAYS:
        raise InvalidInput(f"last_seen takes 0 to {MOST_DAYS} days", at)
    return one


def _tag(document: Mapping[str, Any], at: str, depth: int) -> Rule:
    return Tag(text(document["tag"], 64, path(at, "tag")))


def _interest(document: Mapping[str, Any], at: str, depth: int) -> Rule:
    score = document.get("at_least", DEFAULT_SCORE)
    if type(score) not in (int, float) or not 0.001 <= score <= 0.999:
        raise InvalidInput("a score between 0.001 and 0.999", path(at, "at_least"))
    return Interest(text(document["interest"], 32, path(at, "interest")), float(score))


def _in_segment(document: Mapping[str, Any], at: str, depth: int) -> Rule:
    return InSegment(slug(document, "segment", at))


def _bucket(document: Mapping[str, Any], at: str, depth: int) -> Rule:
    span = document["bucket"]
    if not (
        isinstance(span, list | tuple)
        and len(span) == 2
        and all(type(end) is int for end in span)
        and 0 <= span[0] < span[1] <= 100
    ):
        raise InvalidInput("[low, high] with 0 <= low < high <= 100", path(at, "bucket"))
    salt = document.get("salt", "")
    return Bucket(span[0], span[1], salt and text(salt, 64, path(at, "salt")))


def _several(make: Callable[[tuple[Rule, ...]], Rule], key: str) -> Reader:
    def read(document: Mapping[str, Any], at: str, depth: int) -> Rule:
        parts, here = document[key], path(at, key)
        if not isinstance(parts, list | tuple) or not 0 < len(parts) <= MOST_RULES:
            raise InvalidInput(f"a list of 1 to {MOST_RULES} rules", here)
        return make(tuple(_rule(part, f"{here}[{i}]", depth + 1) for i, part in enumerate(parts)))

    return read


def _not(document: Mapping[str, Any], at: str, depth: int) -> Rule:
    return Not(_rule(document["not"], path(at, "not"), depth + 1))


Reader = Callable[[Mapping[str, Any], str, int], Rule]
_READERS: dict[str, tuple[Reader, tuple[str, ...]]] = {
    "attribute": (_attribute, ("attribute", "op", "value")),
    "tag": (_tag, ("tag",)),
    "interest": (_interest, ("interest", "at_least")),
    "model": (read_predicted, PREDICTED_KEYS),
    "event": (read_event, EVENT_KEYS),
    "sequence": (read_sequence, SEQUENCE_KEYS),
    "coupon": (read_coupon, COUPON_KEYS),
    "campaign": (read_campaign, CAMPAIGN_KEYS),
    "list": (read_list, ("list",)),
    "segment": (_in_segment, ("segment",)),
    "bucket": (_bucket, ("bucket", "salt")),
    "all": (_several(All, "all"), ("all",)),
    "any": (_several(AnyOf, "any"), ("any",)),
    "not": (_not, ("not",)),
}
