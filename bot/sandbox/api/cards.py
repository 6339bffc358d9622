"""Cards, the legacy kind (4.15): read, redeem and hand out those that exist; none can be made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.sandbox.cards import (
    COUPONS,
    KINDS,
    Card,
    Cards,
    Code,
    Ticket,
    card_of,
    check_takeable,
    check_usable,
    code_of,
    consume,
    encrypted,
)
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, mapping, number, ok
from bot.sandbox.world import World

PAGE = 50
TESTERS = 10
TICKET_SECONDS = 60, 1800  # how long a code of a card may live, where it is to end
CLOSED = "优惠券创建功能已下架"
SHOW = "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket="


@endpoint("POST", "/card/create", right="card")
def create_card(_desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """40071 for a type that is none; for the others 48001: the making of cards is closed."""
    kind = mapping(body.get("card")).get("card_type")
    if kind not in KINDS:
        raise PlatformError(40071)
    raise PlatformError(48001, CLOSED if kind in COUPONS else "")


@endpoint("POST", "/card/get", right="card")
def get_card(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    card = card_of(desk.world, body.get("card_id"))
    name = card.kind.lower()
    return ok(
        card={"card_type": card.kind, name: {"base_info": _base(desk.world, card), **card.details}}
    )


def _base(world: World, card: Card) -> Fields:
    return {
        "id": card.id,
        "logo_url": "http://mmbiz.qpic.cn/sandbox/logo/0",
        "code_type": "CODE_TYPE_QRCODE",
        "brand_name": world.config.original_id,
        "title": card.title,
        "date_info": {
            "type": "DATE_TYPE_FIX_TIME_RANGE",
            "begin_timestamp": int(card.begins_at.timestamp()),
            "end_timestamp": int(card.ends_at.timestamp()),
        },
        "sku": {"quantity": card.quantity, "total_quantity": card.total},
        "get_limit": card.get_limit,
        "use_limit": 1,
        "can_share": False,
        "can_give_friend": False,
        "use_custom_code": False,
        "bind_openid": False,
        "status": card.status,
        "create_time": int(card.created_at.timestamp()),
    }


@endpoint("POST", "/card/batchget", right="card")
def list_cards(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    offset, count = number(body.get("offset"), 40097), number(body.get("count"), 40097)
    if offset < 0 or not 1 <= count <= PAGE:
        raise PlatformError(40097)
    wanted = body.get("status_list") or ()
    if not isinstance(wanted, list | tuple):
        raise PlatformError(40097)
    own = [one for one in desk.world.room(Cards).cards.values() if one.own]
    found = [one.id for one in own if not wanted or one.status in wanted]
    return ok(card_id_list=found[offset : offset + count], total_num=len(found))


@endpoint("POST", "/card/modifystock", right="card")
def modify_stock(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """40122 for what is no number, and where less than nothing would be left."""
    card = card_of(desk.world, body.get("card_id"))
    more = number(body.get("increase_stock_value", 0), 40122)
    less = number(body.get("reduce_stock_value", 0), 40122)
    if more < 0 or less < 0 or card.quantity + more - less < 0:
        raise PlatformError(40122)
    card.quantity += more - less
    card.total += more - less
    return ok()


# --- codes -------------------------------------------------------------------------------------


@endpoint("POST", "/card/code/get", right="card")
def get_code(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """With check_consume (the rule) a code that cannot be redeemed is refused, not described."""
    now = desk.world.clock()
    code, card = code_of(desk.world, body.get("code"), body.get("card_id"))
    if body.get("check_consume", True):
        check_usable(code, card, now)
    return ok(
        card=_time(card),
        openid=code.openid,
        can_consume=_usable(desk.world, code, card),
        outer_str=code.outer_str,
        user_card_status="EXPIRE" if code.state == "NORMAL" and now >= card.ends_at else code.state,
    )


def _usable(world: World, code: Code, card: Card) -> bool:
    try:
        check_usable(code, card, world.clock())
    except PlatformError:
        return False
    return True


def _time(card: Card) -> Fields:
    return {
        "card_id": card.id,
        "begin_time": int(card.begins_at.timestamp()),
        "end_time": int(card.ends_at.timestamp()),
    }


@endpoint("POST", "/card/code/consume", right="card")
def consume_code(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    code, card = code_of(desk.world, body.get("code"), body.get("card_id"))
    check_usable(code, card, desk.world.clock())
    consume(desk.world, desk.acts, code)
    return ok(card={"card_id": card.id}, openid=code.openid)


@endpoint("POST", "/card/code/decrypt", right="card")
def decrypt_code(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    sealed = body.get("encrypt_code")
    found = (one for one in desk.world.room(Cards).codes if encrypted(one) == sealed)
    code = next(found, None)
    if code is None:
        raise PlatformError(40116)
    return ok(code=code)


@endpoint("POST", "/card/code/unavailable", right="card")
def disable_code(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """40099 where it was redeemed, 40127 where it is gone already."""
    code, _card = code_of(desk.world, body.get("code"), body.get("card_id"))
    if code.state != "NORMAL":
        raise PlatformError(40099 if code.state == "CONSUMED" else 40127)
    code.state = "UNAVAILABLE"
    return ok()


@endpoint("POST", "/card/user/getcardlist", right="card")
def cards_of(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """What can be redeemed now of what the person holds."""
    world, wanted = desk.world, body.get("card_id")
    openid = body.get("openid")
    if not isinstance(openid, str) or openid not in world.people:
        raise PlatformError(40003)
    cards = world.room(Cards)
    held = cards.held(openid, card_of(world, wanted).id if wanted else "")
    usable = [one for one in held if _usable(world, one, cards.cards[one.card_id])]
    shown = [{"code": one.code, "card_id": one.card_id} for one in usable]
    return ok(card_list=shown, has_share_card=False)


# --- handing out -------------------------------------------------------------------------------


@endpoint("POST", "/card/qrcode/create", right="card")
def create_qrcode(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """One card's code. 45031 where nothing is left, 45033 for an `openid` that has its share."""
    if body.get("action_name") != "QR_CARD":
        raise PlatformError(40053)
    info = mapping(mapping(body.get("action_info"), 40053).get("card"), 40053)
    card = card_of(desk.world, info.get("card_id"))
    openid, outer_str = str(info.get("openid", "")), str(info.get("outer_str", ""))
    if len(outer_str) > 128:
        raise PlatformError(40053)
    check_takeable(desk.world, card, openid)
    life = _life(body)
    until = desk.world.clock() + timedelta(seconds=life["expire_seconds"]) if life else None
    ticket = desk.world.ids.urlsafe(80)
    desk.world.room(Cards).tickets[ticket] = Ticket(card.id, outer_str, until)
    url = f"http://weixin.qq.com/q/{desk.world.ids.urlsafe(22)}"
    return ok(ticket=ticket, **life, url=url, show_qrcode_url=f"{SHOW}{ticket}")


def _life(body: Fields) -> Fields:
    if "expire_seconds" not in body:
        return {}
    seconds, (least, most) = number(body["expire_seconds"], 40053), TICKET_SECONDS
    if not least <= seconds <= most:
        raise PlatformError(40053)
    return {"expire_seconds": seconds}


@endpoint("POST", "/card/testwhitelist/set", right="card")
def set_testers(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """Those who may take what is not reviewed yet; each call replaces the list."""
    names = [*_names(body.get("openid")), *_names(body.get("username"))]
    if not 1 <= len(names) <= TESTERS:
        raise PlatformError(40032)
    known = desk.world.people
    for openid in _names(body.get("openid")):
        if openid not in known:
            raise PlatformError(40003)
    desk.world.room(Cards).testers = set(names)
    return ok()


def _names(value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise PlatformError(40031)
    return value
