"""WeChat Pay's coupons (代金券, v3): stocks of them, who got one, and their use at a till."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.clock import SHANGHAI
from bot.sandbox.clock import day_of
from bot.sandbox.pay_keys import MCHID
from bot.sandbox.people import Bubble
from bot.sandbox.world import World

Fields = dict[str, Any]
Got = TypeVar("Got")
MOST_AHEAD = timedelta(days=365)  # from creation to the beginning
LONGEST = timedelta(days=90)
MOST_EACH = 60
_NUMBER = re.compile(r"[0-9A-Za-z|_*-]{1,128}")


class PayError(Exception):
    """An answer {"code", "message"} with an HTTP status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


def parameter(message: str) -> PayError:
    return PayError(400, "PARAM_ERROR", message)


def refused(message: str) -> PayError:
    return PayError(400, "INVALID_REQUEST", message)


@dataclass(slots=True)
class Stock:
    """`state`: unactivated, running, paused; after `ends_at` it shows as stoped, as spelt there."""

    id: str
    name: str
    comment: str
    amount: int  # fen off
    minimum: int  # fen to be spent
    most: int
    most_a_day: int  # fen, 0 without
    most_each: int
    no_cash: bool
    begins_at: datetime
    ends_at: datetime
    created_at: datetime
    state: str = "unactivated"
    started_at: datetime | None = None
    issued: int = 0
    today: tuple[str, int] = ("", 0)  # day, fen issued in it

    def status(self, now: datetime) -> str:
        return "stoped" if now >= self.ends_at else self.state


@dataclass(slots=True)
class Coupon:
    id: str
    stock: Stock
    openid: str
    created_at: datetime
    used_at: datetime | None = None
    transaction_id: str = ""

    def status(self, now: datetime) -> str:
        if self.used_at is not None:
            return "USED"
        return "EXPIRED" if now >= self.stock.ends_at else "SENDED"


@dataclass
class Pay:
    """`answered`: out_request_no -> what was asked with it, and the id it led to."""

    stocks: dict[str, Stock] = field(default_factory=dict)
    coupons: dict[str, Coupon] = field(default_factory=dict)
    wallets: dict[str, list[Coupon]] = field(default_factory=dict)  # by openid
    answered: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    notify_url: str = ""
    switch: bool = True
    deliveries: int = 9  # of one callback, in all
    gap: float = 60.0  # seconds between two of them


def iso(at: datetime) -> str:
    """RFC 3339 in the platform's zone."""
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds")


# --- reading a body ----------------------------------------------------------------------------


def wanted(body: Fields, name: str, kind: type[Got]) -> Got:
    """A field of this type that is not empty; PARAM_ERROR names it."""
    value = body.get(name)
    if not isinstance(value, kind) or value == "" or (kind is int and isinstance(value, bool)):
        raise parameter(f"参数错误：{name} 未填或类型不对")
    return value


def _instant(body: Fields, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(wanted(body, name, str))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise parameter(f"参数错误：{name} 不是rfc3339格式的时间")
    return at


def _own(body: Fields, name: str) -> None:
    if wanted(body, name, str) != MCHID:
        raise PayError(403, "NO_AUTH", "商户无权限操作该批次")


def _once(world: World, call: str, body: Fields, asked: Fields, do: Callable[[], str]) -> str:
    """The id that `do` makes; the same one for the same out_request_no with the same content."""
    number = wanted(body, "out_request_no", str)
    if not _NUMBER.fullmatch(number):
        raise parameter("参数错误：out_request_no 含有不合法的字符或太长")
    content = json.dumps(asked, sort_keys=True)
    answered = world.room(Pay).answered
    if known := answered.get((call, number)):
        if known[0] != content:
            raise parameter("商户单据号重复，且请求内容与之前不一致")
        return known[1]
    made = do()
    answered[call, number] = (content, made)
    return made


# --- stocks ------------------------------------------------------------------------------------


def create_stock(world: World, body: Fields) -> Stock:
    """PARAM_ERROR for a body that describes no stock."""
    made = _once(world, "stock", body, body, lambda: _add_stock(world, body))
    return world.room(Pay).stocks[made]


def _add_stock(world: World, body: Fields) -> str:
    rule, use = wanted(body, "stock_use_rule", dict), wanted(body, "coupon_use_rule", dict)
    coupon = wanted(use, "fixed_normal_coupon", dict)
    amount, minimum = (wanted(coupon, n, int) for n in ("coupon_amount", "transaction_minimum"))
    if amount < 1 or minimum <= amount:
        raise parameter("参数错误：券门槛须大于券面额")
    if not wanted(use, "available_merchants", list):
        raise parameter("参数错误：available_merchants 未填")
    most, most_a_day = _amounts(rule, amount)
    begins, ends = _times(world, body)
    stock = Stock(
        str(world.next_msgid()),
        _named(body),
        str(body.get("comment", "")),
        amount,
        minimum,
        most,
        most_a_day,
        _each(rule),
        wanted(body, "no_cash", bool),
        begins,
        ends,
        world.clock(),
    )
    world.room(Pay).stocks[stock.id] = stock
    return stock.id


def _named(body: Fields) -> str:
    name = wanted(body, "stock_name", str)
    if len(name.encode("gb18030")) > 20:
        raise parameter("参数错误：批次名称最多9个汉字或20个字母")
    if wanted(body, "stock_type", str) != "NORMAL":
        raise parameter("参数错误：stock_type 只支持NORMAL")
    if wanted(body, "belong_merchant", str) != MCHID:
        raise parameter("参数错误：belong_merchant 须为当前商户号")
    return name


def _amounts(rule: Fields, amount: int) -> tuple[int, int]:
    most = wanted(rule, "max_coupons", int)
    if most < 1:
        raise parameter("参数错误：max_coupons 须大于0")
    if wanted(rule, "max_amount", int) != amount * most:
        raise parameter("批次预算等于批次面额乘以发券数")
    a_day = wanted(rule, "max_amount_by_day", int) if "max_amount_by_day" in rule else 0
    if a_day < 0 or (a_day and a_day < amount):
        raise parameter("参数错误：单天预算不能低于券面额")
    return most, a_day


def _each(rule: Fields) -> int:
    for name in ("natural_person_limit", "prevent_api_abuse"):
        wanted(rule, name, bool)
    each = wanted(rule, "max_coupons_per_user", int)
    if not 1 <= each <= MOST_EACH:
        raise parameter(f"参数错误：单个用户最多领取1到{MOST_EACH}张")
    return each


def _times(world: World, body: Fields) -> tuple[datetime, datetime]:
    begins, ends = _instant(body, "available_begin_time"), _instant(body, "available_end_time")
    now = world.clock()
    if begins < now:
        raise parameter("参数错误：开始时间不可早于当前时间")
    if begins > now + MOST_AHEAD:
        raise parameter("参数错误：不能创建365天后开始的批次")
    if not begins < ends <= begins + LONGEST:
        raise parameter("参数错误：批次可用时间范围最长为90天")
    return begins, ends


def stock_of(world: World, stock_id: object, creator: object) -> Stock:
    _own({"stock_creator_mchid": creator}, "stock_creator_mchid")
    found = world.room(Pay).stocks.get(str(stock_id))
    if found is None:
        raise PayError(404, "RESOURCE_NOT_EXISTS", "批次不存在")
    return found


def move(world: World, stock: Stock, to: str, *, since: str) -> None:
    """Into another state; INVALID_REQUEST from any other than `since`."""
    now = world.clock()
    if stock.status(now) != since:
        raise refused(f"批次状态不允许此操作，当前状态：{stock.status(now)}")
    stock.state = to
    stock.started_at = stock.started_at or now
    world.ledger.add("coupon_stock", now, stock_id=stock.id, state=to)


# --- coupons -----------------------------------------------------------------------------------


def issue(world: World, openid: str, body: Fields) -> Coupon:
    """One coupon for one person; asked again with the same number: the same coupon."""
    if wanted(body, "appid", str) != world.config.appid:
        raise PayError(400, "APPID_MCHID_NOT_MATCH", "商户号与AppID不匹配")
    if openid not in world.people:
        raise parameter("参数错误：openid与appid不对应")
    stock_id = wanted(body, "stock_id", str)
    stock = stock_of(world, stock_id, body.get("stock_creator_mchid"))
    asked = {"openid": openid, "stock_id": stock_id}
    made = _once(world, "coupon", body, asked, lambda: _issued(world, stock, openid))
    return world.room(Pay).coupons[made]


def _issued(world: World, stock: Stock, openid: str) -> str:
    now, pay = world.clock(), world.room(Pay)
    _check_issue(pay, stock, openid, now)
    coupon = Coupon(str(world.next_id()), stock, openid, now)
    stock.issued += 1
    stock.today = (day_of(now), _spent(stock, now) + stock.amount)
    pay.coupons[coupon.id] = coupon
    pay.wallets.setdefault(openid, []).append(coupon)
    world.show(world.person(openid), Bubble("notice", "event", f"收到代金券「{stock.name}」", now))
    world.ledger.add("coupon_issued", now, openid=openid, stock_id=stock.id, coupon_id=coupon.id)
    return coupon.id


def _spent(stock: Stock, now: datetime) -> int:
    day, spent = stock.today
    return spent if day == day_of(now) else 0


def _check_issue(pay: Pay, stock: Stock, openid: str, now: datetime) -> None:
    status = stock.status(now)
    if status != "running":
        raise refused(f"批次当前不可发放，状态：{status}")
    if now < stock.begins_at:
        raise refused("批次尚未开始")
    had = sum(one.stock is stock for one in pay.wallets.get(openid, ()))
    if had >= stock.most_each:
        raise PayError(403, "RULE_LIMIT", "用户已达最大领券次数")
    over = stock.most_a_day and _spent(stock, now) + stock.amount > stock.most_a_day
    if stock.issued >= stock.most or over:
        raise PayError(403, "NOT_ENOUGH", "批次预算不足")


def coupon_of(world: World, openid: str, coupon_id: str) -> Coupon:
    found = world.room(Pay).coupons.get(coupon_id)
    if found is None or found.openid != openid:
        raise PayError(404, "RESOURCE_NOT_EXISTS", "券不存在")
    return found


# --- what is told of them ----------------------------------------------------------------------


def stock_json(stock: Stock, now: datetime) -> Fields:
    return {
        "stock_id": stock.id,
        "stock_creator_mchid": MCHID,
        "stock_name": stock.name,
        "status": stock.status(now),
        "create_time": iso(stock.created_at),
        "description": stock.comment,
        "stock_use_rule": {
            "max_coupons": stock.most,
            "max_amount": stock.most * stock.amount,
            "max_amount_by_day": stock.most_a_day,
            "max_coupons_per_user": stock.most_each,
            "coupon_type": "NORMAL",
            "fixed_normal_coupon": _value(stock),
        },
        "available_begin_time": iso(stock.begins_at),
        "available_end_time": iso(stock.ends_at),
        "distributed_coupons": stock.issued,
        "no_cash": stock.no_cash,
        "stock_type": "NORMAL",
        **({"start_time": iso(stock.started_at)} if stock.started_at else {}),
    }


def _value(stock: Stock) -> Fields:
    return {"coupon_amount": stock.amount, "transaction_minimum": stock.minimum}


def coupon_json(coupon: Coupon, now: datetime) -> Fields:
    stock = coupon.stock
    return {
        "stock_creator_mchid": MCHID,
        "stock_id": stock.id,
        "coupon_id": coupon.id,
        "coupon_name": stock.name,
        "status": coupon.status(now),
        "description": stock.comment,
        "create_time": iso(coupon.created_at),
        "coupon_type": "NORMAL",
        "no_cash": stock.no_cash,
        "available_begin_time": iso(stock.begins_at),
        "available_end_time": iso(stock.ends_at),
        "singleitem": False,
        "normal_coupon_information": _value(stock),
    }
