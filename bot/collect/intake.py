"""Taking what other systems report: each item judged alone, taken once, or kept with the reason.

An event is named by its `id`, an order by its number: reported again it changes nothing. What is
refused goes into the quarantine, sealed, to be judged again after a fix (somebody has followed
since, an order arrived after its refund), and goes for good after QUARANTINE_DAYS.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.collect import judging
from bot.collect.judging import Person
from bot.errors import InvalidInput
from bot.store import events, listing, quarantine
from bot.store.coupon_events import ORDER_SOURCE
from bot.store.db import transaction

logger = logging.getLogger(__name__)
EVENT, ORDER = "event", "order"
EVENT_SOURCE = "api"
MOST_ITEMS = 500
QUARANTINE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Refusal:
    """Which item was refused, where, and why."""

    index: int
    field: str
    message: str

    def to_json(self) -> dict[str, Any]:
        return {"index": self.index, "field": self.field, "message": self.message}


@dataclass(slots=True)
class Taken:
    """What became of a batch: accepted + repeated + rejected is its length."""

    accepted: int = 0
    repeated: int = 0
    rejected: list[Refusal] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {
            "accepted": self.accepted,
            "repeated": self.repeated,
            "rejected": [one.to_json() for one in self.rejected],
        }


def take_events(account_id: int, items: Sequence[Any], now: datetime) -> Taken:
    """Take a batch of events. Raises InvalidInput where it is no batch at all."""
    return _take(account_id, EVENT, items, now)


def take_orders(account_id: int, items: Sequence[Any], now: datetime) -> Taken:
    """Take a batch of orders, in their order: a refund may stand behind its order."""
    return _take(account_id, ORDER, items, now)


def _take(account_id: int, kind: str, items: Sequence[Any], now: datetime) -> Taken:
    if not 1 <= len(items) <= MOST_ITEMS:
        raise InvalidInput(f"1 to {MOST_ITEMS} in one call", f"{kind}s")
    taken = Taken()
    with transaction():
        people = _People(account_id, items)
        for index, item in enumerate(items):
            refused = _one(account_id, kind, item, people, taken, now, now)
            if refused is not None:
                taken.rejected.append(Refusal(index, refused.field, str(refused)))
                about = people.about(item)
                quarantine.keep(account_id, kind, item, refused.field, str(refused), about, now)
    logger.info(
        "reported kind=%s accepted=%d repeated=%d rejected=%d",
        kind, taken.accepted, taken.repeated, len(taken.rejected),
    )  # fmt: skip
    return taken


def _one(
    account_id: int,
    kind: str,
    item: Any,
    people: _People,
    taken: Taken,
    now: datetime,
    received_at: datetime,
) -> InvalidInput | None:
    """Take one item; the error where it is refused."""
    try:
        new = _TAKERS[kind](account_id, item, people, now, received_at)
    except InvalidInput as error:
        return error
    if new:
        taken.accepted += 1
    else:
        taken.repeated += 1
    return None


def _event(
    account_id: int, item: Any, people: _People, now: datetime, received_at: datetime
) -> bool:
    told = judging.event(item, now, received_at)
    new = events.append(
        account_id,
        people.find(told.person),
        told.kind,
        at=told.at,
        received_at=now,
        source=EVENT_SOURCE,
        key=told.id,
        facts=told.facts,
        sealed=told.sealed,
    )
    return new is not None


def _order(
    account_id: int, item: Any, people: _People, now: datetime, received_at: datetime
) -> bool:
    told = judging.order(item, now, received_at)
    if told.refund_fen is not None:
        return _refund(account_id, told, people, now)
    assert told.person is not None
    facts: dict[str, Any] = {"amount_fen": told.amount_fen, "topics": told.topics}
    if told.skus:
        facts["skus"] = list(told.skus)
    new = events.append(
        account_id,
        people.find(told.person),
        "order",
        at=told.at,
        received_at=now,
        source=ORDER_SOURCE,
        key=told.number,
        facts=facts,
    )
    return new is not None


def _refund(account_id: int, told: judging.Order, people: _People, now: datetime) -> bool:
    """Money back, once an order; never more than was paid. The order must be known."""
    paid = events.find(account_id, ORDER_SOURCE, told.number)
    if paid is None or paid.follower_id is None:
        raise InvalidInput("no such order was reported", "order_number")
    if told.person is not None and people.find(told.person) != paid.follower_id:
        raise InvalidInput("is not who paid this order", "follower")
    amount = paid.facts.get("amount_fen")
    whole = amount if isinstance(amount, int) else 0
    back = told.refund_fen or whole
    if back > whole:
        raise InvalidInput(f"more than the {whole} fen that were paid", "refund_fen")
    new = events.append(
        account_id,
        paid.follower_id,
        "refund",
        at=told.at,
        received_at=now,
        source=ORDER_SOURCE,
        key=f"refund:{told.number}",
        facts={"amount_fen": back, "whole": back == whole},
    )
    return new is not None


_TAKERS: Mapping[str, Callable[[int, Any, Any, datetime, datetime], bool]] = {
    EVENT: _event,
    ORDER: _order,
}


class _People:
    """The persons whom a batch names, looked up together."""

    def __init__(self, account_id: int, items: Iterable[Any]) -> None:
        named = [one for one in map(_named, items) if one is not None]
        self._ids = listing.present(account_id, {one.id for one in named if one.id})
        openids = sorted({one.openid for one in named if one.openid})
        self._openids = {o: one.id for o, one in listing.known(account_id, openids).items()}

    def find(self, person: Person) -> int:
        """Raises InvalidInput where nobody is meant."""
        found = person.id if person.id in self._ids else self._openids.get(person.openid)
        if found is None:
            raise InvalidInput("nobody whom this account knows", "follower")
        return found

    def about(self, item: Any) -> int | None:
        """Whom a refused item is about, as far as one can tell: it is erased with them."""
        person = _named(item)
        try:
            return None if person is None else self.find(person)
        except InvalidInput:
            return None


def _named(item: Any) -> Person | None:
    try:
        return judging.person(item.get("follower")) if isinstance(item, Mapping) else None
    except InvalidInput:
        return None


# --- judged again ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of the quarantine: `taken` left it, `refused` stay."""

    taken: int
    refused: int


def replay(account_id: int, now: datetime, only: int | None = None) -> Replayed:
    """Judge what is in quarantine again, all or one; each in its own transaction, so repeatable.

    Orders come before refunds that waited for them, as they came.
    """
    taken = refused = after = 0
    while found := quarantine.held(account_id, after, only=only):
        for held in found:
            with transaction():
                error = _again(account_id, held, now)
            taken, refused = (taken, refused + 1) if error else (taken + 1, refused)
        after = found[-1].id
    return Replayed(taken, refused)


def _again(account_id: int, held: quarantine.Held, now: datetime) -> bool:
    """True: it is refused still."""
    people = _People(account_id, [held.document])
    error = _one(account_id, held.kind, held.document, people, Taken(), now, held.at)
    if error is None:
        quarantine.drop(account_id, held.id)
    else:
        about = people.about(held.document)
        quarantine.refused_again(held.id, error.field, str(error), about)
    return error is not None
