"""Ledger, taps and coupon codes of a campaign counted in cells, in the database.

A send belongs to exactly one cell, so counts of sends in cells add up to any total; every report
adds the same cells and none asks in its own way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.store.db import fetch, is_mysql, is_sqlite, snapshot
from bot.store.sends import only
from bot.store.spans import qmarks, spans

QUARTER_MS = 900_000  # every zone's day begins at a whole quarter of an hour


class Cell(NamedTuple):
    """Where a send is counted. `quarter`: of the hour since 1970, in which its fate was decided; 0
    where the scope does not tell them apart."""

    generation: int
    step: str
    variant: str
    channel: str
    content: str
    quarter: int


class Rows(NamedTuple):
    """issued: that carried a coupon code and were sent. first, last: ms of the sending."""

    state: str
    rows: int
    delivered: int
    issued: int
    first: int | None
    last: int | None


_N = len(Cell._fields)


class Taps(NamedTuple):
    """people: sends whose link a person opened; reached: or a program."""

    people: int
    reached: int
    taps: int
    every: int


class Codes(NamedTuple):
    """discount_fen: cut off baskets by what was redeemed; cost_fen: what that cost us."""

    claimed: int
    redeemed: int
    discount_fen: int
    cost_fen: int


class Scope(NamedTuple):
    """Which sends of a campaign.

    generation   None: of all runs, told apart, or (`entries`) taken as one: a journey's entries
    segment      only who was in this segment at its instant
    timed        tell quarters of the hour apart: dearer, as there are more cells
    """

    campaign_id: int
    generation: int | None = None
    entries: bool = False
    segment: tuple[int, datetime] | None = None
    timed: bool = False


def ledger(scope: Scope) -> list[tuple[Cell, Rows]]:
    """Every row of the scope in exactly one count.

    SQLite groups by sorting: a million rows by seven columns, nearly all of them equal, took four
    fifths of the time. It is first asked which kinds of rows there are, which needs no sorting, and
    then groups by as few columns as tell these apart.
    """
    columns = [*_columns(scope), "s.state"]
    every = list(range(len(columns)))
    with snapshot():
        kinds = _kinds(columns, scope) if is_sqlite() else []
        telling = _telling(kinds) if kinds else every
        found = _counts([columns[i] for i in telling], scope)
    if not kinds:
        return [(Cell(*key[:_N]), Rows(key[_N], *counts)) for key, counts in found]
    kind_of = {tuple(kind[i] for i in telling): kind for kind in kinds}
    return [
        (Cell(*kind[:_N]), Rows(kind[_N], *counts))
        for kind, counts in ((kind_of[key], counts) for key, counts in found)
    ]


def _kinds(columns: Sequence[str], scope: Scope) -> list[tuple[Any, ...]]:
    """The columns' values that occur together, of a segment's members or not."""
    where, params = _where(scope._replace(segment=None))
    return fetch(f"SELECT DISTINCT {', '.join(columns)} FROM send s WHERE {where}", params)


def _telling(kinds: Sequence[tuple[Any, ...]]) -> list[int]:
    """Which columns are enough to tell all of these apart: the one that parts most, and so on."""
    chosen: list[int] = []
    parts = 1
    while parts < len(kinds):
        wide = {i: len({(*(kind[j] for j in chosen), kind[i]) for kind in kinds})
                for i in range(len(kinds[0]))}  # fmt: skip
        best = max(wide, key=lambda i: wide[i])
        chosen.append(best)
        parts = wide[best]
    return chosen


def _counts(columns: Sequence[str], scope: Scope) -> list[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """(values of these columns, the rest of Rows) of all rows of the scope; of none: nothing."""
    where, params = _where(scope)
    many = len(columns)
    groups = f" GROUP BY {', '.join(str(i + 1) for i in range(many))}" if many else ""
    rows = fetch(
        f"SELECT {''.join(f'{column}, ' for column in columns)}COUNT(*), COUNT(s.delivered_at),"
        " COUNT(CASE WHEN s.state = 'sent' THEN s.coupon_code END), MIN(s.sent_at), MAX(s.sent_at)"
        f" FROM send s WHERE {where}{groups}",
        params,
    )
    return [(tuple(row[:many]), tuple(row[many:])) for row in rows if row[many]]


def taps(scope: Scope) -> list[tuple[Cell, Taps]]:
    """Taps on the campaign's links, by the send whose message carried them.

    First added up by send, along the links: fewer are tapped than sent.
    """
    where, params = _where(scope)
    found = fetch(
        f"SELECT {_cell_of(scope)}, COUNT(CASE WHEN t.taps > 0 THEN 1 END), COUNT(*), SUM(t.taps),"
        " SUM(t.every_tap) FROM (SELECT k.send_id AS send_id,"
        " COUNT(CASE WHEN k.automatic = FALSE THEN 1 END) AS taps, COUNT(*) AS every_tap"
        " FROM link l JOIN click k ON k.link_id = l.id WHERE l.campaign_id = ? AND k.at >= ?"
        f" GROUP BY k.send_id) t JOIN send s ON s.id = t.send_id WHERE {only(where)}"
        " GROUP BY 1, 2, 3, 4, 5, 6",
        (scope.campaign_id, began(scope.campaign_id, scope.generation), *params),
    )
    return [(Cell(*row[:_N]), Taps(*map(int, row[_N:]))) for row in found]


def codes(scope: Scope) -> list[tuple[Cell, Codes]]:
    """What became of the codes that sends carried, found by the acts: their cost follows how many
    used theirs, not how many have one. A redemption that was taken back is none."""
    where, params = _where(scope)
    cut = "COALESCE(u.discount_fen, b.face_value_fen)"
    claimed = ("claimed_at", "", "COUNT(*), 0, 0, 0")
    used = ("redeemed_at", " LEFT JOIN coupon_use u ON u.code_id = c.id AND u.undone_at IS NULL",
            f"0, COUNT(*), SUM({cut}), SUM(COALESCE(b.cost_fen, {cut}))")  # fmt: skip
    return [
        (Cell(*row[:_N]), Codes(*map(int, row[_N:])))
        for act, join, sums in (claimed, used)
        for row in fetch(
            f"SELECT {_cell_of(scope)}, {sums} FROM coupon_code c JOIN send s"
            f" ON s.id = {send_of_code()} JOIN coupon_batch b ON b.id = c.batch_id{join}"
            f" WHERE c.{act} >= ? AND s.coupon_code = c.id AND {only(where)}"
            " GROUP BY 1, 2, 3, 4, 5, 6",
            (began(scope.campaign_id, scope.generation), *params),
        )
    ]


def send_of_code(code: str = "c") -> str:
    """The send that a coupon code's purpose names, in SQL; NULL for another purpose."""
    number = "SIGNED" if is_mysql() else "BIGINT"
    return (
        f"CASE WHEN SUBSTR({code}.purpose, 1, 5) = 'send:'"
        f" THEN CAST(SUBSTR({code}.purpose, 6) AS {number}) END"
    )


def goals(scope: Scope, kind: str, window_ms: int) -> Iterator[tuple[Cell, int, dict[str, Any]]]:
    """(cell, send, facts) of every event of this kind by somebody sent to, within the window."""
    where, params = _where(scope)
    rows = fetch(
        f"SELECT {_cell_of(scope)}, s.id, e.facts FROM event e"
        " JOIN send s ON s.follower_id = e.follower_id AND e.at >= s.sent_at"
        f" WHERE e.kind = ? AND e.at <= s.sent_at + ? AND e.at >= ? AND {only(where)}"
        " AND " + only("s.state = 'sent'"),
        (kind, window_ms, began(scope.campaign_id, scope.generation), *params),
    )
    for row in rows:
        facts = json.loads(row[_N + 1])
        yield Cell(*row[:_N]), row[_N], facts if isinstance(facts, dict) else {}


def runs(campaign_id: int) -> list[tuple[int, dict[str, Any]]]:
    """(number, definition) of every run."""
    rows = fetch(
        "SELECT number, definition FROM generation WHERE campaign_id = ? ORDER BY number",
        (campaign_id,),
    )
    return [(row[0], json.loads(row[1])) for row in rows]


def began(campaign_id: int, generation: int | None = None) -> int:
    """ms of the start of this run, or of the first of all: nothing came of it before."""
    where, params = "campaign_id = ?", [campaign_id]
    if generation is not None:
        where, params = f"{where} AND number = ?", [*params, generation]
    rows = fetch(f"SELECT MIN(started_at) FROM generation WHERE {where}", params)
    return int(rows[0][0] or 0)


def cells_of(send_ids: Sequence[int], scope: Scope) -> dict[int, Cell]:
    """The cells of those sends that are in the scope."""
    where, params = _where(scope)
    return {
        row[_N]: Cell(*row[:_N])
        for span in spans(send_ids)
        for row in fetch(
            f"SELECT {_cell_of(scope)}, s.id FROM send s WHERE s.id IN ({qmarks(span)})"
            f" AND {only(where)}",
            (*span, *params),
        )
    }


def purpose_of() -> str:
    """What a coupon code's `purpose` is for the send `s`, in SQL."""
    if is_mysql():
        return "CONCAT('send:', s.id)"
    return "'send:' || CAST(s.id AS TEXT)"


def _columns(scope: Scope) -> list[str]:
    """Of a Cell, in its order."""
    decided = "COALESCE(s.sent_at, s.settled_at, s.planned_at)"
    quarter = f"{decided} DIV {QUARTER_MS}" if is_mysql() else f"{decided} / {QUARTER_MS}"
    run = "1" if scope.entries else "s.generation"
    return [f"{run} AS run", "s.step", "s.variant", "s.channel", "s.content",
            f"{quarter if scope.timed else '0'} AS quarter"]  # fmt: skip


def _cell_of(scope: Scope) -> str:
    return ", ".join(_columns(scope))


def _where(scope: Scope) -> tuple[str, list[Any]]:
    where, params = "s.campaign_id = ?", [scope.campaign_id]
    if scope.generation is not None:
        where, params = f"{where} AND s.generation = ?", [*params, scope.generation]
    if scope.segment is not None:
        inside, more = members_at(*scope.segment)
        # A filter, not a way in: by it SQLite would seek every member's sends one by one.
        where, params = f"{where} AND {only(f's.follower_id IN ({inside})')}", [*params, *more]
    return where, params


def members_at(segment_id: int, at: datetime) -> tuple[str, list[Any]]:
    """Who was in a segment at an instant: as now, but for whom the first change since then tells
    otherwise. Members whom the first building let in have no change: their `since` tells."""
    later = "FROM segment_change h WHERE h.segment_id = ? AND h.at > ?"
    ms = to_ms(at)
    return (
        "SELECT m.follower_id FROM segment_member m WHERE m.segment_id = ? AND m.since <= ?"
        f" AND NOT EXISTS (SELECT 1 {later} AND h.follower_id = m.follower_id)"
        " UNION ALL SELECT g.follower_id FROM segment_change g JOIN"
        f" (SELECT h.follower_id, MIN(h.id) AS id {later} GROUP BY h.follower_id) f"
        " ON f.id = g.id WHERE g.entered = FALSE",
        [segment_id, ms, segment_id, ms, segment_id, ms],
    )
