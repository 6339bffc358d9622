"""What models learn from: messages that arrived and what came of them, logs, people, offers.

Read in spans of follower ids, so that memory follows the span. Instants are ms. Who is erased or
has switched personalisation off teaches nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from bot.store.db import fetch, is_sqlite
from bot.store.effect_funnel import purpose_of
from bot.store.effect_orders import DEFAULT_WINDOW_DAYS
from bot.store.spans import qmarks, spans
from bot.values.facts import FoldEvent
from bot.values.interest import DAY_MS


class Person(NamedTuple):
    """`created`: since when we know of them."""

    id: int
    created: int
    subscribed: bool


class Sent(NamedTuple):
    """A message that arrived. `counted`: it was an offer that may be answered; reminders and
    service messages only tire."""

    id: int
    follower_id: int
    planned: int
    sent: int
    batch_id: int | None
    run: tuple[int, int]  # campaign, generation
    counted: bool


class Tried(NamedTuple):
    """A row of a run that held some out by luck. `treated`: it was sent, and not held back."""

    follower_id: int
    planned: int
    batch_id: int | None
    run: tuple[int, int]
    treated: bool


class Offered(NamedTuple):
    """What a coupon batch promises."""

    topics: tuple[str, ...]
    face_value_fen: int
    threshold_fen: int


class Logged(NamedTuple):
    """An event of somebody, known to us since `known`."""

    follower_id: int
    known: int
    event: FoldEvent


def _known() -> str:
    """SQLite keeps no statistics, and would take the account's index where ids shall lead."""
    account = "+f.account_id" if is_sqlite() else "f.account_id"
    return f"{account} = ? AND f.erased_at IS NULL AND f.personalised = TRUE"


def people(account_id: int, low: int, high: int) -> list[Person]:
    """Those with low < id <= high, by id."""
    rows = fetch(
        "SELECT f.id, f.created_at, f.subscribed FROM follower f WHERE f.id > ? AND f.id <= ?"
        f" AND {_known()} ORDER BY f.id",
        (low, high, account_id),
    )
    return [Person(row[0], row[1], bool(row[2])) for row in rows]


def subscribed(account_id: int, after: int, limit: int) -> list[int]:
    """Those who follow now, ascending after one: whom models speak of."""
    rows = fetch(
        "SELECT f.id FROM follower f WHERE f.id > ? AND f.subscribed = TRUE"
        f" AND {_known()} ORDER BY f.id LIMIT ?",
        (after, account_id, limit),
    )
    return [row[0] for row in rows]


def everybody(account_id: int, size: int = 2000) -> Iterator[list[int]]:
    """All who follow now, by id, in chunks."""
    after = 0
    while ids := subscribed(account_id, after, size):
        yield ids
        after = ids[-1]


def count(account_id: int) -> int:
    """How many people there are to learn from."""
    sql = f"SELECT COUNT(*) FROM follower f WHERE {_known()}"
    return int(fetch(sql, (account_id,))[0][0])


def log(low: int, high: int) -> Iterator[Logged]:
    """What those with low < id <= high did, by follower, in the order in which we learnt of it."""
    table = "event INDEXED BY event_follower_id_kind_at" if is_sqlite() else "event"
    rows = fetch(
        f"SELECT follower_id, received_at, id, dedupe, kind, at, facts FROM {table}"
        " WHERE follower_id > ? AND follower_id <= ? ORDER BY follower_id, received_at, id",
        (low, high),
    )
    for follower_id, received, _, key, kind, at, facts in rows:
        said = {} if facts == "{}" else json.loads(facts)
        yield Logged(follower_id, received, FoldEvent(key, kind, min(at, received), said))


def sends(account_id: int, low: int, high: int, since: int) -> list[Sent]:
    """Messages that arrived since, by follower and instant."""
    rows = fetch(
        "SELECT s.id, s.follower_id, s.planned_at, s.sent_at, s.batch_id, s.campaign_id,"
        " s.generation, s.step, s.purpose FROM send s JOIN campaign c ON c.id = s.campaign_id"
        " WHERE s.follower_id > ? AND s.follower_id <= ? AND s.sent_at >= ? AND s.state = 'sent'"
        " AND c.account_id = ? AND c.kind <> 'test' ORDER BY s.follower_id, s.sent_at, s.id",
        (low, high, since, account_id),
    )
    return [
        Sent(
            row[0], row[1], row[2], row[3], row[4], (row[5], row[6]),
            row[7] == "offer" and row[8] == "marketing",
        )
        for row in rows
    ]  # fmt: skip


_ARMS = (
    " FROM send s JOIN campaign c ON c.id = s.campaign_id WHERE c.account_id = ?"
    " AND c.kind <> 'test' AND s.step = 'offer' AND s.purpose = 'marketing' AND s.planned_at >= ?"
    # Held-out who would have got nothing anyway say so: bot.store.send_plan.
    " AND (s.state = 'sent' OR (s.state = 'held_out' AND s.skip = '' AND s.reasons = '{}'))"
)


def arms(account_id: int, since: int) -> dict[tuple[int, int], float]:
    """(campaign, generation) -> share that was sent to, of runs that held some out and meant the
    same offer for both."""
    rows = fetch(
        "SELECT s.campaign_id, s.generation, COUNT(*),"
        f" SUM(CASE WHEN s.state = 'sent' THEN 1 ELSE 0 END){_ARMS}"
        " GROUP BY s.campaign_id, s.generation"
        " HAVING COUNT(DISTINCT COALESCE(s.batch_id, 0)) = 1",
        (account_id, since),
    )
    return {(row[0], row[1]): row[3] / row[2] for row in rows if 0 < row[3] < row[2]}


def tried(account_id: int, low: int, high: int, since: int) -> list[Tried]:
    """Rows of either arm planned since, by follower and instant."""
    rows = fetch(
        "SELECT s.follower_id, s.planned_at, s.batch_id, s.campaign_id, s.generation, s.state"
        f"{_ARMS} AND s.follower_id > ? AND s.follower_id <= ?"
        " ORDER BY s.follower_id, s.planned_at, s.id",
        (account_id, since, low, high),
    )
    return [Tried(row[0], row[1], row[2], (row[3], row[4]), row[5] == "sent") for row in rows]


def orders(follower_ids: Sequence[int], until: int) -> dict[int, list[int]]:
    """Follower id -> instants of orders up to a moment, ascending."""
    found: dict[int, list[int]] = {}
    for ids in spans(follower_ids):
        for follower_id, at in fetch(
            f"SELECT follower_id, at FROM event WHERE follower_id IN ({qmarks(ids)})"
            " AND kind = 'order' AND at <= ? ORDER BY at",
            (*ids, until),
        ):
            found.setdefault(follower_id, []).append(at)
    return found


def acts(send_ids: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """Send id -> what its reader did about it, and when: clicked, claimed, redeemed, credited."""
    found: dict[int, list[tuple[str, int]]] = {}
    for ids in spans(send_ids):
        marks = qmarks(ids)
        code = (
            "SELECT s.id, '{0}', c.{0}_at FROM send s JOIN coupon_code c ON c.id = s.coupon_code"
            f" WHERE s.id IN ({marks}) AND c.purpose = {purpose_of()} AND c.{{0}}_at IS NOT NULL"
        )
        rows = fetch(
            "SELECT k.send_id, 'clicked', k.at FROM click k"
            f" WHERE k.send_id IN ({marks}) AND k.automatic = FALSE"
            f" UNION ALL {code.format('claimed')} UNION ALL {code.format('redeemed')}"
            " UNION ALL SELECT v.send_id, 'credited', v.at FROM conversion v"
            f" WHERE v.send_id IN ({marks})",
            [*ids] * 4,
        )
        for send_id, act, at in rows:
            found.setdefault(send_id, []).append((act, at))
    return found


def windows(account_id: int) -> dict[tuple[int, int], int]:
    """(campaign, generation) -> ms within which an act answers its message."""
    rows = fetch(
        "SELECT g.campaign_id, g.number, g.definition FROM generation g"
        " JOIN campaign c ON c.id = g.campaign_id WHERE c.account_id = ?",
        (account_id,),
    )
    return {(row[0], row[1]): _window(json.loads(row[2])) for row in rows}


def _window(definition: dict[str, Any]) -> int:
    return round(float(definition.get("attribution_days", DEFAULT_WINDOW_DAYS)) * DAY_MS)


USUAL_WINDOW = round(DEFAULT_WINDOW_DAYS * DAY_MS)


def offers(account_id: int) -> dict[int, Offered]:
    """Batch id -> what it promises."""
    rows = fetch(
        "SELECT id, topics, face_value_fen, threshold_fen FROM coupon_batch WHERE account_id = ?",
        (account_id,),
    )
    return {row[0]: Offered(tuple(json.loads(row[1])), row[2], row[3]) for row in rows}


def received(follower_ids: Sequence[int], since: int) -> dict[int, list[int]]:
    """Follower id -> instants of the messages that arrived since, ascending."""
    found: dict[int, list[int]] = {}
    for ids in spans(follower_ids):
        for follower_id, at in fetch(
            f"SELECT follower_id, sent_at FROM send WHERE follower_id IN ({qmarks(ids)})"
            " AND sent_at >= ? AND state = 'sent' ORDER BY sent_at",
            (*ids, since),
        ):
            found.setdefault(follower_id, []).append(at)
    return found
