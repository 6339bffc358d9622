"""Coupons in WeChat's wallet: a batch of 满减 as a stock of WeChat Pay's 代金券.

Our own store stays the truth of who has which code: chat, campaigns and journeys reserve and issue
as ever, and what was issued of such a batch is put into the followers' wallets by `deliver_due`,
each under a number of its own, so that whoever was stopped asks again and gives nothing twice. A
coupon there is used by paying; the platform tells of it, and `take_use` redeems the code.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from bot.clock import Clock
from bot.coupon.providers import OwnCoupons
from bot.coupon.redeeming import redeem
from bot.coupon.service import CouponView
from bot.errors import Conflict, GatewayError, InvalidInput, NotFound, OutcomeUnknown
from bot.store import coupon_remote, coupons, followers
from bot.store.coupon_remote import Due, StockState
from bot.store.coupons import BatchState, Coupon, Redemption, Use
from bot.values.coupons import CodeState, Kind
from bot.wechat.pay import CouponUsed, NewStock, PayClient, PayRefused
from bot.wechat.pay_keys import read_config

logger = logging.getLogger(__name__)
LONGEST_NAME = 20  # bytes, as the platform counts them: 9 Chinese characters and a bit
LONGEST = timedelta(days=90)
MOST_EACH = 60
PART = 100
_AHEAD = timedelta(minutes=1)
_NOT_NOW = "INVALID_REQUEST"  # the stock has not begun, or is paused
# What a refusal says of one person or of the stock; anything else is ours to mend, and waits.
_FINAL = ("RULE_LIMIT", "NOT_ENOUGH", "PARAM_ERROR", "RESOURCE_NOT_EXISTS")


@cache
def client_of(config_file: str, appid: str, clock: Clock) -> PayClient:
    """The one client of this process. Raises SettingsError."""
    return PayClient(read_config(Path(config_file)), appid, clock)


class WalletCoupons(OwnCoupons):
    """The same calls for a batch in the wallet."""

    def __init__(self, client: PayClient) -> None:
        self._client = client

    def issue(self, purposes: Sequence[str], now: datetime) -> int:
        """Issued in our store, then put into the wallets; what cannot be now, follows."""
        issued = super().issue(purposes, now)
        try:
            deliver_due(self._client, now)
        except GatewayError as error:
            logger.warning("wallet: later: %s", type(error).__name__)
        return issued

    def void(self, account_id: int, code: str, why: str) -> Coupon:
        found = coupons.find(code, account_id)
        if found is not None and coupon_remote.remote_of(found.code_id):
            raise Conflict("it lies in the follower's wallet: the platform takes none back")
        return super().void(account_id, code, why)

    def query(self, code_id: int, now: datetime) -> CouponView:
        """Asked of the platform, too: a use that we were not told of is taken in."""
        found = coupons.coupon(code_id)
        remote_id = coupon_remote.remote_of(code_id)
        openid = followers.openid_of(found.follower_id) if found.follower_id else None
        if remote_id and openid and found.state == CodeState.ISSUED:
            seen = self._client.coupon(openid, remote_id)
            if seen.status == "USED":
                _redeem(found, f"wallet:{remote_id}", now)
        return super().query(code_id, now)


# --- stocks ------------------------------------------------------------------------------------


def open_stock(client: PayClient, batch_id: int, now: datetime) -> StockState:
    """Make the batch a stock of the platform and start it; what was cut off goes on.

    Raises InvalidInput for a batch that cannot be one, PayRefused, GatewayError.
    """
    batch = coupons.batch(batch_id)
    new = _stock(batch, now)
    coupon_remote.ask_stock(batch_id)
    known = coupon_remote.stock_of(batch_id)
    stock_id = known.stock_id if known else None
    try:
        if stock_id is None:
            stock_id = client.create_stock(new)
            coupon_remote.set_stock(batch_id, stock_id, "unactivated", now)
    except PayRefused:
        coupon_remote.forget_stock(batch_id)
        raise
    if client.stock(stock_id).status == "unactivated":
        client.move_stock(stock_id, "start")
    return sync(client, batch_id, now)


def _stock(batch: BatchState, now: datetime) -> NewStock:
    terms, number = batch.terms, sum(coupons.stock(batch.id).values())
    if terms.kind != Kind.CUT or terms.threshold_fen <= terms.face_value_fen:
        raise InvalidInput("kind: only a cut below its threshold can lie in the wallet", "kind")
    if len(batch.title.encode("gb18030", "replace")) > LONGEST_NAME:
        raise InvalidInput("title: wants at most 9 Chinese characters or 20 letters", "title")
    if not number:
        raise InvalidInput("codes: there is none yet", "codes")
    begins = max(batch.valid_from or now, now + _AHEAD)
    ends = batch.valid_until
    if ends is None or not begins < ends <= begins + LONGEST:
        raise InvalidInput("valid_until: wants a day within 90 days", "valid_until")
    return NewStock(
        f"hy-stock-{batch.id}", batch.title, batch.title, terms.face_value_fen,
        terms.threshold_fen, number, min(batch.per_person, MOST_EACH), begins, ends,
    )  # fmt: skip


def sync(client: PayClient, batch_id: int, now: datetime) -> StockState:
    """Write down how the stock stands there. Raises NotFound for a batch of our own."""
    known = coupon_remote.stock_of(batch_id)
    if known is None or known.stock_id is None:
        raise NotFound("the batch is no stock of WeChat Pay")
    seen = client.stock(known.stock_id)
    coupon_remote.set_stock(batch_id, known.stock_id, seen.status, now)
    return StockState(batch_id, known.stock_id, seen.status)


# --- coupons -----------------------------------------------------------------------------------


def deliver_due(client: PayClient, now: datetime) -> int:
    """Put what was issued into the wallets; how many arrived.

    Raises GatewayError where the platform is away or refuses us altogether: the rest waits.
    """
    return sum(_deliver(client, one, now) for one in coupon_remote.due(PART))


def keep_up(config_file: str, appid: str, clock: Clock, now: datetime) -> int:
    """The same by the clock: the client is made when there is something to give."""
    if not coupon_remote.due(1):
        return 0
    return deliver_due(client_of(config_file, appid, clock), now)


def _deliver(client: PayClient, one: Due, now: datetime) -> bool:
    openid = followers.openid_of(one.follower_id)
    if openid is None or not coupon_remote.ask(one.code_id, now):
        return False
    try:
        remote_id = client.give(openid, one.stock_id, f"hy-{one.code_id}-{one.follower_id}")
    except OutcomeUnknown:
        return False  # asked again with the same number at the next turn
    except PayRefused as refusal:
        if refusal.code == _NOT_NOW:
            return False
        if refusal.code not in _FINAL:
            raise
        logger.warning("wallet refused code_id=%d code=%s", one.code_id, refusal.code)
        coupon_remote.refused(one.code_id, refusal.code, now)
        return False
    coupon_remote.given(one.code_id, remote_id, now)
    return True


def take_use(used: CouponUsed) -> Redemption:
    """The platform tells that a coupon was paid with; told again, the same answer.

    Raises NotFound for a coupon of nobody we know.
    """
    found = coupons.coupon(coupon_remote.code_of(used.coupon_id))
    return _redeem(found, used.transaction_id, used.at)


def _redeem(found: Coupon, order: str, at: datetime) -> Redemption:
    """The payment's own number names the order; what was paid, the platform does not say."""
    done = redeem(
        coupons.code_text(found.code_id), order_number=order, amount_fen=0, now=at,
        account_id=found.account_id, use=Use("pay"),
    )  # fmt: skip
    if not done.ok:
        logger.warning("paid with a coupon that is %s code_id=%d", done.outcome, found.code_id)
    return done


def notice(client: PayClient, headers: Mapping[str, str], body: bytes) -> Redemption | None:
    """A callback of the platform. None: about something else. Raises NotSigned, NotFound."""
    used = client.used(headers, body)
    return take_use(used) if used is not None else None
