"""Who may leave or enter because time went on, found by the edges that moved.

A window of 30 days ends at an edge that moves with the clock. Between two looks it passes over few
events, levels and last visits, and an index on each gives just those: no pass over everybody, and
no list of future dates to be kept up.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.segment import dates
from bot.segment.acts import Aggregate, Coupon, Event, Succession
from bot.segment.looks import span_ms
from bot.segment.rules import Attribute, Interest, Leaf, Tag
from bot.segment.sql import Query, RuleWriter
from bot.segment.sql_acts import CODE_COLUMNS
from bot.values.facts import kinds_of
from bot.values.interest import DAY_MS, day_of, threshold
from bot.values.stage import NEW_DAYS, SLEEPING_DAYS


def moves_with_time(leaf: Leaf) -> bool:
    """Whether time alone can change it."""
    if isinstance(leaf, Attribute):
        if leaf.name == "last_seen":
            return leaf.op != "exists"
        return leaf.name == "stage" or leaf.op in dates.OPS
    if isinstance(leaf, Interest | Tag):
        return True
    if isinstance(leaf, Coupon) and leaf.state == "expired":
        return True
    if isinstance(leaf, Succession) and leaf.steps[-1].absent:
        return True
    timed = Event | Aggregate | Succession | Coupon
    return isinstance(leaf, timed) and leaf.within_days is not None


def edge(
    leaf: Leaf, before: datetime, now: datetime, account_id: int, limit: int, dialect: str
) -> Query | None:
    """SELECT followers for whom the condition may differ between both instants, `limit` at most.

    None: time does not change it. It gives no one too few, and perhaps some too many.
    """
    then, present = to_ms(before), to_ms(now)
    if not moves_with_time(leaf):
        return None
    if isinstance(leaf, Interest):
        span = [threshold(leaf.at_least, then), threshold(leaf.at_least, present)]
        where = "follower_interest x {} AND x.topic = ? AND x.level >= ? AND x.level < ?"
        return _query(where, account_id, [leaf.topic, *span], limit)
    if isinstance(leaf, Tag):
        where = "follower_tag x {} AND x.tag = ? AND x.until_at > ? AND x.until_at <= ?"
        return _query(where, account_id, [leaf.tag, then, present], limit)
    if isinstance(leaf, Event | Aggregate):
        return _expired(leaf, then, present, account_id, limit)
    if isinstance(leaf, Succession):
        return _passed(leaf, then, present, account_id, limit)
    if isinstance(leaf, Coupon):
        return _codes(leaf, then, present, account_id, limit)
    assert isinstance(leaf, Attribute)
    if leaf.op in dates.OPS:
        return _dated(leaf, then, present, account_id, dialect, limit)
    if leaf.name == "stage":
        columns = {"last_seen_at": SLEEPING_DAYS * DAY_MS, "first_seen_at": NEW_DAYS * DAY_MS}
    else:
        columns = {"last_seen_at": round(float(leaf.value) * DAY_MS)}  # type: ignore[arg-type]
    parts, params = [], []
    for column, age in columns.items():
        parts.append(f"SELECT follower_id FROM profile WHERE {column} >= ? AND {column} <= ?")
        params += [then - age, present - age]
    return _query(f"({' UNION '.join(parts)}) x {{}}", account_id, params, limit, ahead=True)


def _dated(
    leaf: Attribute, then: int, present: int, account_id: int, dialect: str, limit: int
) -> Query | None:
    """Whose day came up, or passed: once a day all that have the attribute are compared."""
    if day_of(then) == day_of(present):
        return None
    params: list[Any] = [leaf.name]
    sides = []
    for at in (then, present):
        writer = RuleWriter(at, account_id, dialect, None)
        sides.append(writer.dated(leaf.op, int(leaf.value), "x.text"))  # type: ignore[arg-type]
        params += writer.params
    where = f"follower_attribute x {{}} AND x.name = ? AND ({sides[0]}) <> ({sides[1]})"
    return _query(where, account_id, params, limit)


def _expired(
    leaf: Event | Aggregate, then: int, present: int, account_id: int, limit: int
) -> Query:
    """Whose event left the window; where one is enough, only who has no later one in it."""
    kinds, span = kinds_of(leaf.kind), span_ms(leaf.within_days) or 0
    marks = ",".join("?" * len(kinds))
    where = f"event x {{}} AND x.kind IN ({marks}) AND x.at >= ? AND x.at < ?"
    params: list[Any] = [*kinds, then - span, present - span]
    if _one_is_enough(leaf):
        where += (
            " AND NOT EXISTS (SELECT 1 FROM event y WHERE y.follower_id = x.follower_id"
            f" AND y.kind IN ({marks}) AND y.at >= ?)"
        )
        params += [*kinds, present - span]
    return _query(where, account_id, params, limit)


def _one_is_enough(leaf: Event | Aggregate) -> bool:
    """Any event, or none, is all that is asked."""
    if not isinstance(leaf, Event) or leaf.where:
        return False
    return (leaf.at_least, leaf.at_most) in ((1, None), (0, 0))


def _passed(leaf: Succession, then: int, present: int, account_id: int, limit: int) -> Query:
    """Whose first act left the window, and for whom the days of what did not follow are over."""
    edges: list[tuple[str, int]] = []
    if (span := span_ms(leaf.within_days)) is not None:
        edges.append((leaf.steps[0].kind, span))
    if leaf.steps[-1].absent:
        edges.append((leaf.steps[-2].kind, span_ms(leaf.steps[-1].within_days) or 0))
    parts, params = [], list[Any]()
    for kind, age in edges:
        kinds = kinds_of(kind)
        marks = ",".join("?" * len(kinds))
        parts.append(
            f"SELECT follower_id FROM event WHERE kind IN ({marks}) AND at >= ? AND at < ?"
        )
        params += [*kinds, then - age, present - age]
    return _query(f"({' UNION '.join(parts)}) x {{}}", account_id, params, limit, ahead=True)


def _codes(leaf: Coupon, then: int, present: int, account_id: int, limit: int) -> Query:
    """Whose code came to its end, or left the window. A range of an index on that instant."""
    column, edges = CODE_COLUMNS[leaf.state], list[tuple[str, int, int]]()
    if leaf.state == "expired":
        held = "state IN ('issued', 'expired') AND "
        edges.append((f"{held}{column} > ? AND {column} <= ?", then, present))
    if (span := span_ms(leaf.within_days)) is not None:
        held = "state IN ('issued', 'expired') AND " if leaf.state == "expired" else ""
        edges.append((f"{held}{column} >= ? AND {column} < ?", then - span, present - span))
    parts, params = [], list[Any]()
    for condition, *ends in edges:
        parts.append(
            f"SELECT follower_id FROM coupon_code WHERE {condition} AND batch_id IN"
            " (SELECT id FROM coupon_batch WHERE account_id = ? AND slug = ?)"
        )
        params += [*ends, account_id, leaf.batch]
    return _query(f"({' UNION '.join(parts)}) x {{}}", account_id, params, limit, ahead=True)


def _query(
    source: str, account_id: int, params: list[Any], limit: int, ahead: bool = False
) -> Query:
    """`source` has `{}` where its WHERE begins; `ahead`: its marks come before theirs."""
    # Not a join: SQLite, which keeps no statistics, might begin with all the account's followers.
    ours = "EXISTS (SELECT 1 FROM follower f WHERE f.id = x.follower_id AND f.account_id = ?)"
    values = [*params, account_id] if ahead else [account_id, *params]
    rows = source.format(f"WHERE {ours}")
    return Query(f"SELECT DISTINCT x.follower_id FROM {rows} LIMIT ?", [*values, limit])
