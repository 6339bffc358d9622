"""The JSON Schema of a coupon batch: docs/reference/schemas/coupon-batch.json is this."""

from __future__ import annotations

from typing import Any

from bot.content.batch_terms import MOST_FEN
from bot.content.batches import LONGEST_DAYS, MOST_CODES
from bot.values.coupons import Kind

_DAY = 86400
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"


def schema() -> dict[str, Any]:
    """What single fields may hold; what a kind wants besides is told by `read_batch`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Coupon batch",
        "type": "object",
        "additionalProperties": False,
        "required": ["slug", "title"],
        "properties": {**_worth(), **_limits(), **_times(), **_places()},
    }


def _whole(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


def _text(longest: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest}


def _list(of: dict[str, Any], most: int = 200) -> dict[str, Any]:
    return {"type": "array", "items": of, "maxItems": most}


def _worth() -> dict[str, Any]:
    return {
        "slug": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"},
        "title": _text(64),
        "kind": {"enum": [kind.value for kind in Kind]},
        "face_value_fen": _whole(0, MOST_FEN),
        "threshold_fen": _whole(0, MOST_FEN),
        "discount_permille": _whole(1, 990),
        "max_discount_fen": _whole(1, MOST_FEN),
        "exchange": _text(64),
        "cost_fen": _whole(0, MOST_FEN),
    }


def _limits() -> dict[str, Any]:
    return {
        "per_person": _whole(1, 1000),
        "total_limit": _whole(1, MOST_CODES),
        "budget_fen": _whole(1, MOST_FEN * MOST_CODES),
        "low_permille": _whole(0, 1000),
        "low_count": _whole(0, MOST_CODES),
        "codes": _whole(0, MOST_CODES),
    }


def _times() -> dict[str, Any]:
    return {
        "valid_from": {"type": "string"},
        "valid_until": {"type": "string"},
        "start_days": _whole(0, LONGEST_DAYS),
        "start_seconds": _whole(0, LONGEST_DAYS * _DAY),
        "valid_days": _whole(1, LONGEST_DAYS),
        "valid_seconds": _whole(1, LONGEST_DAYS * _DAY),
    }


def _places() -> dict[str, Any]:
    return {
        "stack_group": {"type": "string", "maxLength": 32},
        "stacks_with": _list(_text(64)),
        "shops": _list(_text(32), 1000),
        "weekdays": _list(_whole(1, 7)),
        "hours": {"type": "string", "pattern": f"^({_CLOCK}-{_CLOCK})?$"},
        "topics": _list(_text(32)),
    }
