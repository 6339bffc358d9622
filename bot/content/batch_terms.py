"""What a coupon is worth, as its batch's document says it: the kind, and what each kind wants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.content.batch_fields import listed, maybe, refusal, slug, text, whole
from bot.values.coupons import Kind, Terms

MOST_FEN = 100_000_00  # 100,000 yuan: more is a slip of the keyboard
FIELDS = (
    "kind",
    "face_value_fen",
    "threshold_fen",
    "discount_permille",
    "max_discount_fen",
    "exchange",
    "stack_group",
    "stacks_with",
    "shops",
    "weekdays",
    "hours",
    "cost_fen",
)
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d"
_HOURS = re.compile(rf"({_CLOCK})-({_CLOCK})")
# What a kind has no use for.
_STRANGE = {
    Kind.CUT: ("discount_permille", "max_discount_fen", "exchange"),
    Kind.CASH: ("discount_permille", "max_discount_fen", "exchange"),
    Kind.DISCOUNT: ("exchange",),
    Kind.EXCHANGE: ("discount_permille", "max_discount_fen"),
}


def read_terms(document: Mapping[str, Any]) -> Terms:
    """Raises InvalidInput that names the first field that breaks a rule, and the rule."""
    kind = _kind(document)
    for field in _STRANGE[kind]:
        if document.get(field) is not None:
            raise refusal(field, f"a batch of the kind {kind} has none")
    permille = whole(document, "discount_permille", None, 1, 990) if kind == Kind.DISCOUNT else 0
    most = maybe(document, "max_discount_fen", 1, MOST_FEN)
    exchange = text("exchange", document.get("exchange")) if kind == Kind.EXCHANGE else ""
    face = _face(document, kind, most)
    group = document.get("stack_group")
    return Terms(
        slug=slug(document),
        kind=kind,
        face_value_fen=face,
        threshold_fen=_threshold(document, kind, face),
        discount_permille=permille,
        max_discount_fen=most,
        exchange=exchange,
        stack_group="" if group in (None, "") else text("stack_group", group, 32),
        stacks_with=listed(document, "stacks_with", lambda field, one: text(field, one, 64)),
        shops=listed(document, "shops", lambda field, one: text(field, one, 32), 1000),
        weekdays=tuple(sorted(listed(document, "weekdays", _weekday))),
        hours=_hours(document),
        cost_fen=maybe(document, "cost_fen", 0, MOST_FEN),
    )


def write_terms(terms: Terms) -> dict[str, Any]:
    """The fields that `read_terms` turns into the same terms; what is not given is left out."""
    fields = {
        "kind": str(terms.kind),
        "face_value_fen": terms.face_value_fen if terms.kind != Kind.DISCOUNT else None,
        "threshold_fen": terms.threshold_fen,
        "discount_permille": terms.discount_permille or None,
        "max_discount_fen": terms.max_discount_fen,
        "exchange": terms.exchange or None,
        "stack_group": terms.stack_group or None,
        "stacks_with": list(terms.stacks_with) or None,
        "shops": list(terms.shops) or None,
        "weekdays": list(terms.weekdays) or None,
        "hours": terms.hours or None,
        "cost_fen": terms.cost_fen,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _kind(document: Mapping[str, Any]) -> Kind:
    """Not given: an amount off, from a threshold on where there is one."""
    value = document.get("kind")
    if value is None:
        return Kind.CUT if document.get("threshold_fen") else Kind.CASH
    if not isinstance(value, str) or value not in list(Kind):
        raise refusal("kind", f"wants one of {', '.join(Kind)}")
    return Kind(value)


def _face(document: Mapping[str, Any], kind: Kind, most: int | None) -> int:
    if kind == Kind.DISCOUNT:
        if document.get("face_value_fen") is not None:
            raise refusal("face_value_fen", "a batch of the kind discount has max_discount_fen")
        return most or 0
    if kind == Kind.EXCHANGE:
        return whole(document, "face_value_fen", 0, 0, MOST_FEN)
    return whole(document, "face_value_fen", None, 1, MOST_FEN)


def _threshold(document: Mapping[str, Any], kind: Kind, face: int) -> int:
    threshold = whole(document, "threshold_fen", 0, 0, MOST_FEN)
    if kind == Kind.CASH and threshold:
        raise refusal("threshold_fen", "a batch of the kind cash has none: it is a cut from one on")
    if kind == Kind.CUT and threshold < face:
        raise refusal("threshold_fen", "is less than the coupon is worth: it would pay out money")
    return threshold


def _weekday(field: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 7:
        raise refusal(field, "wants a weekday, 1 (Monday) to 7")
    return value


def _hours(document: Mapping[str, Any]) -> str:
    value = document.get("hours")
    if value in (None, ""):
        return ""
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if found is None or found[1] == found[2]:
        raise refusal("hours", "wants a time of day like 10:00-14:00")
    return str(found[0])
