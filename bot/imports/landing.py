"""Clean rows land in the store: followers found or made, events appended, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from bot.clock import to_ms
from bot.imports.items import ORDER_SOURCE, Happening, Item
from bot.imports.people import Found, find_people, seek_people
from bot.imports.report import Landed
from bot.profile import persons
from bot.store import import_events as store
from bot.store.events import dedupe
from bot.store.import_events import Paid
from bot.store.imports import NONE, Sealed
from bot.values.identity import Key


class Landing(NamedTuple):
    """`refused`: rows that only the store could judge, with the reason."""

    landed: Landed
    refused: list[tuple[Item, str]]


class _Ready(NamedTuple):
    """A row and whom it is about: a follower, or an identity that waits for one."""

    item: Item
    follower: int | None
    identity: int | None
    happenings: list[Happening]


def land(
    account_id: int, items: Sequence[Item], now: datetime, sealed: Mapping[str, Sealed] = NONE
) -> Landing:
    """Write the items, in a transaction of the caller's.

    now     when the import began: the time of what has none of its own
    sealed  openids that were hashed and sealed beforehand
    """
    now_ms = to_ms(now)
    evidence = [_ground(item, now_ms) for item in items]
    people = [item.person for item in items]
    found = find_people(account_id, people, now, evidence, sealed)
    ready, refused = _judged(account_id, items, found, now_ms)
    rows = [
        (follower, identity_, kind, now_ms if at is None else at, source, key, facts)
        for _, follower, identity_, happenings in ready
        for kind, source, key, at, facts in happenings
    ]
    fresh = set(store.append_events(account_id, rows, now_ms))
    return Landing(_counted(ready, fresh, found, refused, now_ms), refused)


def _ground(item: Item, now_ms: int) -> str:
    """What a join that this row makes is kept with."""
    return f"import:{now_ms}:{item.line.number}"


class Rehearsal:
    """What `land` would do, without writing; asked of items that follow each other.

    repeats  whether two rows may tell the same event: then it is remembered what was told
    """

    def __init__(self, account_id: int, now: datetime, *, repeats: bool) -> None:
        self._account_id, self._now, self._repeats = account_id, now, repeats
        self._would_be: dict[str | Key, int] = {}
        self._told: set[str] = set()

    def land(self, items: Sequence[Item]) -> Landing:
        people = [item.person for item in items]
        found = seek_people(self._account_id, people, self._would_be)
        now_ms = to_ms(self._now)
        ready, refused = _judged(self._account_id, items, found, now_ms)
        keys = [one.dedupe for row in ready for one in row.happenings]
        fresh = set(keys) - store.known_events(keys) - self._told
        if self._repeats:
            self._told |= fresh
        return Landing(_counted(ready, fresh, found, refused, now_ms), refused)


def _judged(
    account_id: int, items: Sequence[Item], found: Found, now_ms: int
) -> tuple[list[_Ready], list[tuple[Item, str]]]:
    """Whose each row is, with its refund beside its order; and whose is nobody's."""
    orders = [item.happenings[0].dedupe for item in items if item.refund is not None]
    paid = store.orders_paid(orders) if orders else {}
    ready: list[_Ready] = []
    refused: list[tuple[Item, str]] = []
    for item, follower, name in zip(items, found.ids, found.identities, strict=True):
        if follower is None and name is None:
            refused.append((item, "no_person"))
        elif item.refund is None:
            ready.append(_Ready(item, follower, name, item.happenings))
        else:
            row = _Ready(item, follower, name, item.happenings)
            back = _refund(account_id, row, paid, now_ms)
            if isinstance(back, str):
                refused.append((item, back))
            else:
                ready.append(row._replace(happenings=[*item.happenings, back]))
    return ready, refused


def _refund(account_id: int, row: _Ready, orders: dict[str, Paid], now_ms: int) -> Happening | str:
    """The refund as the shop's own report makes it (bot.collect.intake), or a reason against it.

    What was reported before of the order counts, not what the row says of it.
    """
    order, told = row.item.happenings[0], row.item.refund
    assert told is not None
    since = now_ms if order.at_ms is None else order.at_ms
    own = Paid(row.follower, row.identity, told.paid_fen, since)
    paid = orders.setdefault(order.dedupe, own)
    back = told.fen or paid.fen
    if not _same_payer(account_id, own, paid):
        return "other_payer"
    if back > paid.fen:
        return "refund_more"
    key = dedupe(account_id, ORDER_SOURCE, f"refund:{told.number}")
    whole = "true" if back == paid.fen else "false"
    facts = f'{{"amount_fen": {back}, "whole": {whole}, "order_at": {paid.at_ms}}}'
    return Happening("refund", ORDER_SOURCE, key, told.at_ms, facts)


def _same_payer(account_id: int, one: Paid, other: Paid) -> bool:
    """The same follower, or names of one contact that waits for a follower."""
    if one[:2] == other[:2]:
        return True
    if one.follower is not None or other.follower is not None:
        return one.follower == other.follower
    if one.identity is None or other.identity is None or min(one.identity, other.identity) < 0:
        return False
    return persons.same_contact(account_id, one.identity, other.identity)


def _counted(
    ready: Sequence[_Ready],
    fresh: set[str],
    found: Found,
    refused: Sequence[tuple[Item, str]],
    now_ms: int,
) -> Landed:
    """`fresh`: keys of the events that are new; the first row that tells one brought it."""
    landed = Landed(followers_made=len(found.made), events=len(fresh), joined=len(found.joined))
    landed.conflicts = len(found.proved) - landed.joined
    grounds = {edge.evidence for edge in found.joined if edge.evidence}
    # A unionid that came with an openid joins by what the platform told: that has no line.
    told = {edge.follower for edge in found.joined if not edge.evidence and edge.follower}
    left, unmet = set(fresh), found.made | told
    for row in ready:
        news = bool(grounds) and _ground(row.item, now_ms) in grounds
        for one in row.happenings:
            if one.dedupe in left:
                left.discard(one.dedupe)
                news = True
        if news or row.follower in unmet:
            landed.taken += 1
            landed.waiting += row.follower is None
            unmet.discard(row.follower or 0)
        else:
            landed.unchanged += 1
    for _, reason in refused:
        landed.refused[reason] = landed.refused.get(reason, 0) + 1
    return landed
