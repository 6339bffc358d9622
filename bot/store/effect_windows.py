"""What was done about a campaign's messages, and how long after each had gone.

Counts are by channel, quarter of an hour of the sending, and whole days that went by until the
first time it was done; any window and any span of days is a sum of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from bot.store.db import fetch, is_mysql
from bot.store.effect_funnel import QUARTER_MS, began, send_of_code
from bot.store.send_progress import MINUTE_MS
from bot.store.sends import only
from bot.values.interest import DAY_MS

ACTS = ("opened", "clicked", "claimed", "redeemed", "ordered")
STEPS = ("sent", "delivered", *ACTS)
LISTED = ("sent", "clicked", "claimed", "redeemed", "ordered")  # whose people can be told
WIDEST = 30  # days
FIRST = (2**62, 2**62)  # a place before everybody
SCAN, LOOKS = 2000, 3  # orders, or codes, of everybody that are looked through at once; how often
ROWS, TAPS = 100_000, 10_000  # of a run, or of a link, that one page looks through
_THEN = only("s.step = 'offer' AND s.sent_at >= ? AND s.sent_at < ?")
_MINE = "s.campaign_id = ? AND s.step = 'offer' AND s.state = 'sent'"
_TAPS = "FROM link l JOIN click k ON k.link_id = l.id JOIN send s ON s.id = k.send_id"
# An order is anybody's who was sent to, his first since then; it need not be credited to it.
_FIRST_ORDER = (
    "NOT EXISTS (SELECT 1 FROM event x WHERE x.follower_id = k.follower_id AND x.kind = 'order'"
    " AND x.at >= s.sent_at AND (x.at < k.at OR (x.at = k.at AND x.id < k.id)))"
)


class Sent(NamedTuple):
    """Messages that went. `quarter`: of the hour since 1970."""

    channel: str
    quarter: int
    sent: int
    delivered: int


class Done(NamedTuple):
    """Messages after which it was done for the first time `late` whole days later."""

    channel: str
    quarter: int
    late: int
    sends: int


Place = tuple[int, int]


class One(NamedTuple):
    """Somebody of a step. `place`: where a page of them ends; at: ms."""

    place: Place
    follower_id: int
    at: int


def sent(campaign_id: int) -> list[Sent]:
    rows = fetch(
        f"SELECT s.channel, {_whole('s.sent_at', QUARTER_MS)} AS quarter, COUNT(*),"
        f" COUNT(s.delivered_at) FROM send s WHERE {_MINE} GROUP BY 1, 2 ORDER BY 1, 2",
        (campaign_id,),
    )
    return [Sent(*row) for row in rows]


def done(campaign_id: int, act: str) -> Iterator[Done]:
    """Of what was done within WIDEST days, each message once."""
    source, at, params = _of(campaign_id, act)
    rows = fetch(
        f"SELECT t.channel, t.quarter, {_whole('t.after', DAY_MS)} AS late, COUNT(*) FROM"
        f" (SELECT s.channel AS channel, {_whole('s.sent_at', QUARTER_MS)} AS quarter,"
        f" MIN({at}) - s.sent_at AS after {source} AND {only(_MINE)}"
        f" AND {at} >= s.sent_at AND {at} < s.sent_at + ?"
        " GROUP BY s.id, s.channel, s.sent_at) t GROUP BY 1, 2, 3",
        (*params, campaign_id, WIDEST * DAY_MS),
    )
    return (Done(*row) for row in rows)


def _of(campaign_id: int, act: str) -> tuple[str, str, tuple[Any, ...]]:
    """(FROM ... WHERE, the column that says when, its values) of an act."""
    if act in ("opened", "clicked"):
        people = " AND k.automatic = FALSE" if act == "clicked" else ""
        return f"{_TAPS} WHERE l.campaign_id = ?{people}", "k.at", (campaign_id,)
    first = began(campaign_id)
    if act == "ordered":
        return (
            "FROM event k JOIN send s ON s.follower_id = k.follower_id"
            " WHERE k.kind = 'order' AND k.at >= ?", "k.at", (first,),
        )  # fmt: skip
    at = f"k.{act}_at"
    code = send_of_code("k")
    return (
        f"FROM coupon_code k JOIN send s ON s.id = {code} WHERE {at} >= ? AND s.coupon_code = k.id",
        at, (first,),
    )  # fmt: skip


def people(
    campaign_id: int,
    step: str,
    span: tuple[int, int],
    within_days: int,
    before: Place,
    limit: int,
) -> tuple[list[One], Place | None]:
    """A page of those of LISTED[step], the latest first, and where to go on, if anywhere.

    What people did is sought among what everybody did, LOOKS times SCAN at most, and those of some
    days among ROWS of the run or TAPS of a link: a page of few, or of none, may go on as well.

    span      ms: what was sent in [first, last)
    before    the place of the last one shown, FIRST for the beginning
    """
    within_ms = within_days * DAY_MS
    if step == "sent":
        upto = _end_of_rows(campaign_id, before)
        found = _sent_to(campaign_id, span, (before, upto or (0, 0)), limit + 1)
    elif step == "clicked":
        floor = _end_of_taps(campaign_id, before[0])
        upto = (floor, 0) if floor else None
        found = _clickers(campaign_id, span, within_ms, (before[0], floor), limit + 1)
    else:
        return _sought(campaign_id, step, span, within_ms, before, limit)
    return found[:limit], found[limit - 1].place if len(found) > limit else upto


def _sought(
    campaign_id: int, step: str, span: tuple[int, int], within_ms: int, before: Place, limit: int
) -> tuple[list[One], Place | None]:
    found: list[One] = []
    # Nobody of the span did it in time after this.
    place: Place | None = min(before, (min(span[1], _sent_until(campaign_id)) + within_ms, 0))
    for _ in range(LOOKS):
        if place is None or len(found) > limit:
            break
        upto = _end_of_look(campaign_id, step, place)
        wanted = limit + 1 - len(found)
        found += _did(campaign_id, step, span, within_ms, (place, upto or (0, 0)), wanted)
        place = upto
    return found[:limit], found[limit - 1].place if len(found) > limit else place


def _did(
    campaign_id: int,
    step: str,
    span: tuple[int, int],
    within_ms: int,
    between: tuple[Place, Place],
    limit: int,
) -> list[One]:
    """Who did it, from before the first place to the second one."""
    source, at, params = _of(campaign_id, step)
    before, upto = between
    more = f" AND {_FIRST_ORDER}" if step == "ordered" else ""
    rows = fetch(
        f"SELECT {at}, k.id, s.follower_id {source} AND {at} <= ? AND ({at} < ? OR k.id < ?)"
        f" AND {at} >= ? AND ({at} > ? OR k.id >= ?)"
        f" AND {only(_MINE)} AND s.sent_at >= ? AND s.sent_at < ? AND {at} >= s.sent_at"
        f" AND {at} < s.sent_at + ?{more} ORDER BY {at} DESC, k.id DESC LIMIT ?",
        (*params, before[0], *before, upto[0], *upto, campaign_id, *span, within_ms, limit),
    )
    return [One((at_ms, id_), who, at_ms) for at_ms, id_, who in rows]


def _sent_until(campaign_id: int) -> int:
    """ms: nothing of the campaign went later, by the minutes in which rows were settled; far off
    where they are not known."""
    rows = fetch("SELECT MAX(minute) FROM send_progress WHERE campaign_id = ?", (campaign_id,))
    return FIRST[0] // 2 if rows[0][0] is None else int(rows[0][0]) + MINUTE_MS


def _end_of_look(campaign_id: int, step: str, before: Place) -> Place | None:
    """The last of the next SCAN that anybody did, along their index; None: there are not so many
    since the campaign began."""
    at = "k.at" if step == "ordered" else f"k.{step}_at"
    of = "event k WHERE k.kind = 'order' AND" if step == "ordered" else "coupon_code k WHERE"
    rows = fetch(
        f"SELECT {at}, k.id FROM {of} {at} >= ? AND {at} <= ? AND ({at} < ? OR k.id < ?)"
        f" ORDER BY {at} DESC, k.id DESC LIMIT 1 OFFSET ?",
        (began(campaign_id), before[0], *before, SCAN - 1),
    )
    return (rows[0][0], rows[0][1]) if rows else None


def _end_of_rows(campaign_id: int, before: Place) -> Place | None:
    """The last of the next ROWS that were sent, along the index by which they are claimed; None:
    there are not so many."""
    left = ROWS
    for where, params in _stretches(before, (0, 0)):
        of = f"FROM send s WHERE s.campaign_id = ? AND s.state = 'sent' AND {where}"
        order = "ORDER BY s.not_before DESC, s.id DESC LIMIT"
        values = (campaign_id, *params)
        rows = fetch(f"SELECT s.not_before, s.id {of} {order} 1 OFFSET ?", (*values, left - 1))
        if rows:
            return int(rows[0][0]), int(rows[0][1])
        left -= int(fetch(f"SELECT COUNT(*) {of}", values)[0][0])
    return None


def _sent_to(
    campaign_id: int, span: tuple[int, int], between: tuple[Place, Place], limit: int
) -> list[One]:
    """From before the first place to the second one."""
    found: list[One] = []
    for where, params in _stretches(*between):
        rows = fetch(
            "SELECT s.not_before, s.id, s.follower_id, s.sent_at FROM send s"
            f" WHERE s.campaign_id = ? AND s.state = 'sent' AND {where}"
            f" AND {_THEN}"
            " ORDER BY s.not_before DESC, s.id DESC LIMIT ?",
            (campaign_id, *params, *span, limit - len(found)),
        )
        found += [One((due, id_), who, at) for due, id_, who, at in rows]
    return found


def _stretches(before: Place, upto: Place) -> list[tuple[str, tuple[int, ...]]]:
    """Rows of one instant, those between, and of another one, the latest first: a whole run may be
    due at once, and an OR of both would pass over all of it to find a place in it."""
    if before[0] == upto[0]:
        return [("s.not_before = ? AND s.id < ? AND s.id >= ?", (*before, upto[1]))]
    return [
        ("s.not_before = ? AND s.id < ?", before),
        ("s.not_before < ? AND s.not_before > ?", (before[0], upto[0])),
        ("s.not_before = ? AND s.id >= ?", upto),
    ]


def _end_of_taps(campaign_id: int, before: int) -> int:
    """The follower down to whom no link of the campaign has more than the next TAPS; 0: all."""
    ends = [0]
    for (link_id,) in fetch("SELECT id FROM link WHERE campaign_id = ?", (campaign_id,)):
        rows = fetch(
            "SELECT follower_id FROM click WHERE link_id = ? AND follower_id < ?"
            " ORDER BY follower_id DESC LIMIT 1 OFFSET ?",
            (link_id, before, TAPS - 1),
        )
        ends += [int(who) for (who,) in rows]
    return max(ends)


def _clickers(
    campaign_id: int,
    span: tuple[int, int],
    within_ms: int,
    between: tuple[int, int],
    limit: int,
) -> list[One]:
    """By follower, the greatest id first, from below the first to the second; each link along its
    index."""
    found: dict[int, int] = {}
    for (link_id,) in fetch("SELECT id FROM link WHERE campaign_id = ?", (campaign_id,)):
        rows = fetch(
            "SELECT k.follower_id, MIN(k.at) FROM click k JOIN send s ON s.id = k.send_id"
            " WHERE k.link_id = ? AND k.follower_id < ? AND k.follower_id >= ?"
            " AND k.automatic = FALSE"
            f" AND {only(_MINE)} AND s.sent_at >= ? AND s.sent_at < ? AND k.at >= s.sent_at"
            " AND k.at < s.sent_at + ?"
            " GROUP BY k.follower_id ORDER BY k.follower_id DESC LIMIT ?",
            (link_id, *between, campaign_id, *span, within_ms, limit),
        )
        for who, at in rows:
            found[who] = min(at, found.get(who, at))
    return [One((who, 0), who, found[who]) for who in sorted(found, reverse=True)[:limit]]


def _whole(sql: str, unit: int) -> str:
    return f"{sql} DIV {unit}" if is_mysql() else f"({sql}) / {unit}"
