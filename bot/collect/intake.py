"""Taking what other systems report: each item judged alone, taken once, or kept with the reason.

An event is named by its `id`, an order by its number: reported again it changes nothing. What is
refused goes into the quarantine, sealed, to be judged again after a fix (somebody has followed
since, an order arrived after its refund), and goes for good after QUARANTINE_DAYS.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.collect import judging
from bot.collect.naming import Person
from bot.errors import InvalidInput
from bot.profile import persons
from bot.store import attribute_types, events, listing, quarantine
from bot.store.coupon_events import ORDER_SOURCE
from bot.store.db import transaction
from bot.values.identity import Named, Whose

logger = logging.getLogger(__name__)
EVENT, ORDER = "event", "order"
EVENT_SOURCE = "api"
MOST_ITEMS = 500
QUARANTINE_DAYS = 30
Told = judging.Event | judging.Order | InvalidInput


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
        told = [_judged(kind, item, now, now) for item in items]
        people = _People(account_id, told, now)
        for index, (item, one) in enumerate(zip(items, told, strict=True)):
            refused = _one(account_id, one, people, taken, now)
            if refused is not None:
                taken.rejected.append(Refusal(index, refused.field, str(refused)))
                about = _about(account_id, item)
                quarantine.keep(account_id, kind, item, refused.field, str(refused), about, now)
    logger.info(
        "reported kind=%s accepted=%d repeated=%d rejected=%d",
        kind, taken.accepted, taken.repeated, len(taken.rejected),
    )  # fmt: skip
    return taken


def _judged(kind: str, item: Any, now: datetime, received_at: datetime) -> Told:
    try:
        return (judging.event if kind == EVENT else judging.order)(item, now, received_at)
    except InvalidInput as error:
        return error


def _one(
    account_id: int, told: Told, people: _People, taken: Taken, now: datetime
) -> InvalidInput | None:
    """Take one item; the error where it is refused."""
    if isinstance(told, InvalidInput):
        return told
    try:
        if isinstance(told, judging.Event):
            new = _event(account_id, told, people, now)
        else:
            new = _order(account_id, told, people, now)
    except InvalidInput as error:
        return error
    if new:
        taken.accepted += 1
    else:
        taken.repeated += 1
    return None


def _event(account_id: int, told: judging.Event, people: _People, now: datetime) -> bool:
    who = people.find(told.person)
    new = events.append(
        account_id,
        who.follower,
        told.kind,
        at=told.at,
        received_at=now,
        source=EVENT_SOURCE,
        key=told.id,
        facts=attribute_types.fitting(account_id, told.kind, told.facts),
        sealed=told.sealed,
        identity_id=who.identity,
    )
    return new is not None


def _order(account_id: int, told: judging.Order, people: _People, now: datetime) -> bool:
    if told.refund_fen is not None:
        return _refund(account_id, told, people, now)
    assert told.person is not None
    facts: dict[str, Any] = {"amount_fen": told.amount_fen, "topics": told.topics}
    if told.skus:
        facts["skus"] = list(told.skus)
    who = people.find(told.person)
    new = events.append(
        account_id,
        who.follower,
        "order",
        at=told.at,
        received_at=now,
        source=ORDER_SOURCE,
        key=told.number,
        facts=facts,
        identity_id=who.identity,
    )
    if new is None and who.follower is not None and who.identity is None:
        events.own(account_id, ORDER_SOURCE, told.number, who.follower)
    return new is not None


def _refund(account_id: int, told: judging.Order, people: _People, now: datetime) -> bool:
    """Money back, once an order; never more than was paid. The order must be known."""
    paid = events.find(account_id, ORDER_SOURCE, told.number)
    if paid is None or (paid.follower_id is None and paid.identity_id is None):
        raise InvalidInput("no such order was reported", "order_number")
    if told.person is not None and not _paid_by(account_id, told.person, paid):
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
        facts={"amount_fen": back, "whole": back == whole, "order_at": paid.at_ms},
        identity_id=paid.identity_id,
    )
    return new is not None


def _paid_by(account_id: int, person: Person, paid: events.Found) -> bool:
    """Whether an order is this person's: of the same follower, or of the contact that waits."""
    named = _Known(account_id, [person]).named(person, "")
    found = persons.seek(account_id, [named])[0] if named is not None else None
    if found is None:
        return False
    if found.follower is not None or paid.follower_id is not None:
        return found.follower == paid.follower_id
    return persons.same_contact(account_id, found.identity, paid.identity_id)


class _Known:
    """Followers whom a batch names by our own names or openid, looked up together."""

    def __init__(self, account_id: int, people: Sequence[Person]) -> None:
        self._ids = listing.present(account_id, {one.id for one in people if one.id})
        openids = sorted({one.openid for one in people if one.openid})
        self._openids = {o: one.id for o, one in listing.known(account_id, openids).items()}

    def named(self, person: Person, evidence: str) -> Named | None:
        """None: nobody has this id or this openid, whatever else is told."""
        if person.id is None and not person.openid:
            return Named(None, person.keys, evidence)
        found = person.id if person.id in self._ids else self._openids.get(person.openid)
        return None if found is None else Named(found, person.keys, evidence)


class _People:
    """The persons whom a batch names, looked up together; names of one report are joined."""

    def __init__(self, account_id: int, told: Sequence[Told], now: datetime) -> None:
        grounds: dict[Person, str] = {}
        for one in told:  # the first report that names somebody so is the evidence
            if isinstance(one, judging.Event):
                grounds.setdefault(one.person, events.dedupe(account_id, EVENT_SOURCE, one.id))
            elif isinstance(one, judging.Order) and one.person and one.refund_fen is None:
                key = events.dedupe(account_id, ORDER_SOURCE, one.number)
                grounds.setdefault(one.person, key)
        known = _Known(account_id, list(grounds))
        pairs = [(who, known.named(who, f"event:{key}")) for who, key in grounds.items()]
        named = [(person, one) for person, one in pairs if one is not None]
        found = persons.whose(account_id, [one for _, one in named], now)
        self._found = {person: who for (person, _), who in zip(named, found, strict=True)}

    def find(self, person: Person) -> Whose:
        """Raises InvalidInput where nobody is meant."""
        if person not in self._found:
            raise InvalidInput("nobody whom this account knows", "follower")
        return self._found[person]


def _about(account_id: int, item: Any) -> int | None:
    """Whom a refused item is about, as far as one can tell: it is erased with them."""
    try:
        person = judging.person(item.get("follower")) if isinstance(item, Mapping) else None
    except InvalidInput:
        return None
    named = _Known(account_id, [person]).named(person, "") if person is not None else None
    found = persons.seek(account_id, [named])[0] if named is not None else None
    return None if found is None else found.follower


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
    told = _judged(held.kind, held.document, now, held.at)
    error = _one(account_id, told, _People(account_id, [told], now), Taken(), now)
    if error is None:
        quarantine.drop(account_id, held.id)
    else:
        about = _about(account_id, held.document)
        quarantine.refused_again(held.id, error.field, str(error), about)
    return error is not None
