"""Ten typical rules, each with the best SQL that we could write by hand for it, and fifty of them.

A shape takes a variant 0 to 4, which changes its tags, towns, topics and numbers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.values.interest import DAY_MS, threshold

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
_NOW = to_ms(NOW)
TAGS = tuple(f"t{n:03}" for n in range(200))
CITIES = tuple(f"城市{n:02}" for n in range(20))
TOPICS = tuple(f"话题{n:02}" for n in range(12))
MESSAGES = ("text", "image", "voice", "video", "location", "link", "file", "unknown")
_FOLLOWS = {"attribute": "subscribed", "op": "eq", "value": True}
_F = "f.account_id = 1 AND f.subscribed = TRUE AND f.erased_at IS NULL"
_ON = "JOIN follower f ON f.id ="


class Shape(NamedTuple):
    """The rule, the hand-written SELECT of follower ids (`{amount}`: the engine's way into the
    facts; every alias `x` is bounded by its follower for the changed), and its values."""

    rule: dict[str, Any]
    sql: str
    params: tuple[Any, ...]


def _ago(days: float) -> int:
    return _NOW - round(days * DAY_MS)


def _event(kinds: tuple[str, ...], rule: dict[str, Any], days: int) -> Shape:
    marks = ",".join("?" * len(kinds))
    sql = (
        f"SELECT DISTINCT f.id FROM event x {_ON} x.follower_id"
        f" WHERE x.kind IN ({marks}) AND x.at >= ? AND {_F}"
    )
    return Shape({"all": [_FOLLOWS, rule | {"within_days": days}]}, sql, (*kinds, _ago(days)))


def _newcomers(v: int) -> Shape:
    return _event(("subscribe",), {"event": "subscribe"}, 7 + v)


def _active(v: int) -> Shape:
    return _event(tuple(f"message.{m}" for m in MESSAGES), {"event": "message.*"}, 7 + v)


def _sleeping(v: int) -> Shape:
    rule = {"all": [_FOLLOWS, {"attribute": "last_seen", "op": "gt", "value": 60 + v * 30}]}
    sql = f"SELECT f.id FROM profile x {_ON} x.follower_id WHERE x.last_seen_at < ? AND {_F}"
    return Shape(rule, sql, (_ago(60 + v * 30),))


def _customers(v: int) -> Shape:
    rule = {"all": [_FOLLOWS, {"attribute": "orders", "op": "ge", "value": 1 + v}]}
    sql = f"SELECT f.id FROM profile x {_ON} x.follower_id WHERE x.orders >= ? AND {_F}"
    return Shape(rule, sql, (1 + v,))


def _lovers(v: int) -> Shape:
    rule = {"all": [_FOLLOWS, {"interest": TOPICS[v], "at_least": 0.4}]}
    sql = (
        f"SELECT f.id FROM follower_interest x {_ON} x.follower_id"
        f" WHERE x.topic = ? AND x.level >= ? AND {_F}"
    )
    return Shape(rule, sql, (TOPICS[v], threshold(0.4, _NOW)))


def _here(v: int) -> Shape:
    rule = {
        "all": [
            _FOLLOWS,
            {"tag": TAGS[v]},
            {"attribute": "city", "op": "in", "value": [CITIES[v], CITIES[v + 5]]},
        ]
    }
    sql = (
        f"SELECT f.id FROM follower_tag x {_ON} x.follower_id"
        " JOIN follower_attribute a ON a.follower_id = x.follower_id AND a.name = 'city'"
        f" WHERE x.tag = ? AND a.text IN (?, ?) AND {_F}"
    )
    return Shape(rule, sql, (TAGS[v], CITIES[v], CITIES[v + 5]))


def _spenders(v: int) -> Shape:
    low, days = 10_000 + v * 5000, 90 - v * 10
    rule = {
        "all": [
            _FOLLOWS,
            {"attribute": "spent_fen", "op": "ge", "value": low},
            {"attribute": "last_seen", "op": "le", "value": days},
        ]
    }
    sql = (
        f"SELECT f.id FROM profile x {_ON} x.follower_id"
        f" WHERE x.spent_fen >= ? AND x.last_seen_at >= ? AND {_F}"
    )
    return Shape(rule, sql, (low, _ago(days)))


def _buyers(v: int) -> Shape:
    days = 30 + v * 15
    figure = {"event": "order", "sum": "amount_fen", "at_least": 20_000, "within_days": days}
    sql = (
        f"SELECT f.id FROM event x {_ON} x.follower_id"
        f" WHERE x.kind = 'order' AND x.at >= ? AND {_F}"
        " GROUP BY f.id HAVING SUM({amount}) >= 20000"
    )
    return Shape({"all": [_FOLLOWS, figure]}, sql, (_ago(days),))


def _lapsed(v: int) -> Shape:
    days = 30 + v * 10
    never = {"event": "order", "never": True, "within_days": days}
    sql = (
        f"SELECT f.id FROM follower_tag x {_ON} x.follower_id WHERE x.tag = ? AND {_F}"
        " AND NOT EXISTS (SELECT 1 FROM event e WHERE e.follower_id = x.follower_id"
        " AND e.kind = 'order' AND e.at >= ?)"
    )
    return Shape({"all": [_FOLLOWS, {"tag": TAGS[10 + v]}, never]}, sql, (TAGS[10 + v], _ago(days)))


def _tagged(v: int) -> Shape:
    one, two, out = TAGS[20 + v], TAGS[41 + v], TAGS[62 + v]
    rule = {"all": [_FOLLOWS, {"any": [{"tag": one}, {"tag": two}]}, {"not": {"tag": out}}]}
    sql = (
        f"SELECT DISTINCT f.id FROM follower_tag x {_ON} x.follower_id"
        f" WHERE x.tag IN (?, ?) AND {_F} AND NOT EXISTS (SELECT 1 FROM follower_tag o"
        " WHERE o.follower_id = x.follower_id AND o.tag = ?)"
    )
    return Shape(rule, sql, (one, two, out))


SHAPES = (
    _newcomers, _active, _sleeping, _customers, _lovers,
    _here, _spenders, _buyers, _lapsed, _tagged,
)  # fmt: skip


def shapes(count: int) -> dict[str, Shape]:
    """The first `count` of fifty, by slug."""
    found = [(f"{one.__name__[1:]}-{v}", one(v)) for v in range(5) for one in SHAPES]
    return dict(found[:count])
