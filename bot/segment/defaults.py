"""Segments that a new account starts with: ready to look at, to send to, and to copy from."""

from __future__ import annotations

from typing import Any, NamedTuple


class Definition(NamedTuple):
    """What `bot.segment.catalogue.define` takes."""

    slug: str
    name: str
    rule: dict[str, Any]


_FOLLOWS = {"attribute": "subscribed", "op": "eq", "value": True}
_TOPICS = (
    ("coffee-lovers", "爱咖啡", "咖啡"),
    ("hotpot-lovers", "爱火锅", "火锅"),
    ("dessert-lovers", "爱甜品", "甜品"),
    ("food-lovers", "爱美食", "美食"),
    ("hotel-seekers", "找酒店", "酒店"),
    ("sightseers", "爱景点", "景点"),
)


def default_segments() -> list[Definition]:
    """Only people who follow are in them; the order is that of the console's list."""
    return [
        _of("newcomers", "新关注", {"event": "subscribe", "within_days": 7}),
        _of("active", "近期活跃", {"event": "message.*", "within_days": 7}),
        _of("sleeping", "沉睡", {"attribute": "stage", "op": "eq", "value": "sleeping"}),
        _of(
            "customers", "顾客", {"attribute": "stage", "op": "in", "value": ["customer", "loyal"]}
        ),
        _of(
            "coupon-lovers",
            "爱用券",
            {
                "any": [
                    {"event": "coupon.redeemed", "within_days": 90},
                    {"event": "coupon.claimed", "at_least": 2, "within_days": 90},
                    {"interest": "优惠", "at_least": 0.3},
                ]
            },
        ),
        *(_of(slug, name, {"interest": topic, "at_least": 0.4}) for slug, name, topic in _TOPICS),
    ]


def _of(slug: str, name: str, rule: dict[str, Any]) -> Definition:
    return Definition(slug, name, {"all": [dict(_FOLLOWS), rule]})
