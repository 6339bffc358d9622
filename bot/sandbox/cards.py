"""The coupons of former years (微信卡券): cards that still exist, who holds a code, their events.

New coupons cannot be made any more; `add_card` is how a test or the console gives an account some.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.acts import Acts
from bot.sandbox.codes import PlatformError
from bot.sandbox.people import Bubble, Person
from bot.sandbox.world import World

COUPONS = ("GROUPON", "CASH", "DISCOUNT", "GIFT", "GENERAL_COUPON")
KINDS = (*COUPONS, "MEMBER_CARD")
OPEN = ("CARD_STATUS_VERIFY_OK", "CARD_STATUS_DISPATCH")
UNREVIEWED = "CARD_STATUS_NOT_VERIFY"
STATUSES = (
    *OPEN,
    UNREVIEWED,
    "CARD_STATUS_VERIFY_FAIL",
    "CARD_STATUS_USER_DELETE",
)
MONTH = timedelta(days=30)


@dataclass(slots=True)
class Card:
    """One kind of coupon. `own` False: of another account, which we may not touch (45030)."""

    id: str
    kind: str
    title: str
    quantity: int  # left
    total: int
    get_limit: int
    begins_at: datetime
    ends_at: datetime
    created_at: datetime
    status: str
    own: bool
    details: Mapping[str, Any]  # beside base_info: least_cost, reduce_cost ...

    def in_time(self, now: datetime) -> bool:
        return self.begins_at <= now < self.ends_at


@dataclass(slots=True)
class Code:
    """What one person holds. `state`: NORMAL, CONSUMED, DELETE, UNAVAILABLE."""

    code: str
    card_id: str
    openid: str
    outer_str: str
    state: str = "NORMAL"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A card's QR code. `until` None: without end."""

    card_id: str
    outer_str: str
    until: datetime | None


@dataclass
class Cards:
    """`codes` keep the order in which they were taken."""

    cards: dict[str, Card] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    testers: set[str] = field(default_factory=set)  # openids that may take what is not reviewed
    tickets: dict[str, Ticket] = field(default_factory=dict)

    def held(self, openid: str, card_id: str = "") -> list[Code]:
        """All that the person ever took of a card, or of all."""
        return [
            one
            for one in self.codes.values()
            if one.openid == openid and card_id in ("", one.card_id)
        ]


def add_card(
    world: World,
    title: str,
    kind: str = "CASH",
    *,
    quantity: int = 100,
    get_limit: int = 1,
    begins_at: datetime | None = None,
    ends_at: datetime | None = None,
    status: str = OPEN[0],
    own: bool = True,
    **details: Any,
) -> str:
    """A card that exists already; its card_id. Without times: from now on, for thirty days.

    Raises ValueError for a kind or status that is none, or an empty stock from the beginning.
    """
    if kind not in KINDS or status not in STATUSES:
        raise ValueError(
            f"card: kind is one of {', '.join(KINDS)}, status of {', '.join(STATUSES)}"
        )
    if quantity < 0 or get_limit < 1:
        raise ValueError("card: quantity must not be negative, get_limit is 1 at least")
    with world.lock:
        now = world.clock()
        begins = begins_at or now
        card_id = f"p{world.ids.urlsafe(20)}"
        world.room(Cards).cards[card_id] = Card(
            card_id,
            kind,
            title,
            quantity,
            quantity,
            get_limit,
            begins,
            ends_at or begins + MONTH,
            now,
            status,
            own,
            details,
        )
        return card_id


# --- what can be refused -----------------------------------------------------------------------


def card_of(world: World, card_id: object) -> Card:
    """41012 where none is named, 40073 where it is unknown, 45030 where it is another's."""
    if not card_id:
        raise PlatformError(41012)
    found = world.room(Cards).cards.get(str(card_id))
    if found is None:
        raise PlatformError(40073)
    if not found.own:
        raise PlatformError(45030)
    return found


def code_of(world: World, code: object, card_id: object = None) -> tuple[Code, Card]:
    """40116 for an unknown code, or one of another card than the named."""
    found = world.room(Cards).codes.get(str(code)) if isinstance(code, str) else None
    if found is None or (card_id and found.card_id != card_id):
        if card_id:
            card_of(world, card_id)
        raise PlatformError(40116)
    return found, card_of(world, found.card_id)


def check_usable(code: Code, card: Card, now: datetime) -> None:
    """40099 consumed, 40127 deleted or made invalid, 40078 card withdrawn, 40079 not its time."""
    if code.state == "CONSUMED":
        raise PlatformError(40099)
    if code.state != "NORMAL":
        raise PlatformError(40127)
    if card.status not in OPEN and card.status != UNREVIEWED:
        raise PlatformError(40078)
    if not card.in_time(now):
        raise PlatformError(40079)


def check_takeable(world: World, card: Card, openid: str = "") -> None:
    """40078 not reviewed or withdrawn, 40079 over, 45031 used up, 45033 the person's limit."""
    cards = world.room(Cards)
    tested = card.status == UNREVIEWED and openid in cards.testers
    if card.status not in OPEN and not tested:
        raise PlatformError(40078)
    if world.clock() >= card.ends_at:
        raise PlatformError(40079)
    if card.quantity < 1:
        raise PlatformError(45031)
    if openid and len(cards.held(openid, card.id)) >= card.get_limit:
        raise PlatformError(45033)


# --- what people do ----------------------------------------------------------------------------


def take_card(world: World, acts: Acts, person: Person, card_id: str, outer_str: str = "") -> str:
    """Puts the card into the person's wallet; the code. Raises PlatformError as the phone refuses.

    Pushes user_get_card.
    """
    with world.lock:
        card = card_of(world, card_id)
        check_takeable(world, card, person.openid)
        card.quantity -= 1
        code = _new_code(world)
        world.room(Cards).codes[code] = Code(code, card.id, person.openid, outer_str)
        fields = {
            "CardId": card.id,
            "IsGiveByFriend": 0,
            "UserCardCode": code,
            "FriendUserName": "",
            "OuterId": 0,
            "OldUserCardCode": "",
            "OuterStr": outer_str,
            "IsRestoreMemberCard": 0,
            "IsRecommendByFriend": 0,
            "UnionId": person.unionid,
        }
        _happened(world, acts, person, "user_get_card", fields, f"领取了「{card.title}」")
        return code


def take_by_ticket(world: World, acts: Acts, person: Person, ticket: str) -> str:
    """By the QR code of /card/qrcode/create. Raises KeyError for a ticket that is none or over."""
    with world.lock:
        found = world.room(Cards).tickets[ticket]
        if found.until is not None and world.clock() >= found.until:
            raise KeyError(ticket)
        return take_card(world, acts, person, found.card_id, found.outer_str)


def delete_card(world: World, acts: Acts, person: Person, code: str) -> None:
    """Out of the wallet; pushes user_del_card. Raises KeyError for a code the person has not."""
    with world.lock:
        held = world.room(Cards).codes[code]
        if held.openid != person.openid or held.state == "DELETE":
            raise KeyError(code)
        held.state = "DELETE"
        fields = {"CardId": held.card_id, "UserCardCode": code}
        _happened(world, acts, person, "user_del_card", fields, "删除了卡券")


def consume(
    world: World, acts: Acts, code: Code, source: str = "FROM_API", staff: str = ""
) -> None:
    """Redeems a code that `check_usable` let pass; pushes user_consume_card.

    source  FROM_API, FROM_MP (the console) or FROM_MOBILE_HELPER (a waiter's phone, `staff`)
    """
    code.state = "CONSUMED"
    fields = {
        "CardId": code.card_id,
        "UserCardCode": code.code,
        "ConsumeSource": source,
        "LocationName": "",
        "StaffOpenId": staff,
        "VerifyCode": "",
        "RemarkAmount": "",
        "OuterStr": code.outer_str,
    }
    person = world.person(code.openid)
    _happened(world, acts, person, "user_consume_card", fields, "卡券已核销")


def redeem(world: World, acts: Acts, code: str, staff: str = "") -> None:
    """At the till, with a waiter's phone. Raises PlatformError as /card/code/consume does."""
    with world.lock:
        held, card = code_of(world, code)
        check_usable(held, card, world.clock())
        consume(world, acts, held, "FROM_MOBILE_HELPER", staff)


def encrypted(code: str) -> str:
    """What the address of a card's page carries instead of the code."""
    return hashlib.sha256(f"card:{code}".encode()).hexdigest()


def _new_code(world: World) -> str:
    codes = world.room(Cards).codes
    while True:
        code = f"{world.ids.below(10**12):012d}"
        if code not in codes:
            return code


def _happened(
    world: World, acts: Acts, person: Person, event: str, fields: Mapping[str, Any], told: str
) -> None:
    """Card events open no window."""
    now = world.clock()
    world.show(person, Bubble("notice", "event", told, now))
    acts.job_finished(person, {"Event": event, **fields})
    facts = {"openid": person.openid, "card_id": fields["CardId"], "code": fields["UserCardCode"]}
    world.ledger.add(event, now, **facts)
