"""What followers do with what they were sent, as rows of a real store."""

from __future__ import annotations

from hashlib import blake2b

from bot import coupon
from bot.collect import intake
from bot.store import coupons
from bot.store.models import Click, CouponCode, Link, Send
from tests.bot.campaign.world import World


def tap(world: World, row: Send, automatic: bool = False) -> None:
    """One tap on the link of this send's message."""
    link = Link.get_or_none(Link.campaign == row.campaign_id)
    if link is None:
        url = f"https://h.example/{row.campaign_id}"
        hashed = blake2b(url.encode(), digest_size=16).hexdigest()
        link = Link.create(campaign=row.campaign_id, url=url, url_hash=hashed, created_at=world.now)
    Click.insert(
        link=link, send=row, follower=row.follower_id, at=world.now, automatic=automatic
    ).execute()


def open_coupon(world: World, row: Send) -> None:
    assert coupon.claim(row.coupon_code, world.now)


def buy(world: World, follower_id: int, fen: int, paid_with: Send | None = None) -> str:
    """An order that the shop reports, its coupon redeemed where one paid; the order's number."""
    number = f"N{world.now.timestamp()}-{follower_id}-{fen}"
    if paid_with is not None:
        code = coupons.code_text(CouponCode.get_by_id(paid_with.coupon_code).id)
        assert coupon.redeem(
            code, order_number=number, amount_fen=fen, now=world.now, account_id=world.account_id
        ).ok
    order = {
        "order_number": number,
        "follower": follower_id,
        "amount_fen": fen,
        "at": world.now.isoformat(),
    }
    taken = intake.take_orders(world.account_id, [order], world.now)
    assert not taken.rejected, taken
    return number


def refund(world: World, number: str, fen: int) -> None:
    order = {
        "order_number": number,
        "status": "refunded",
        "refund_fen": fen,
        "at": world.now.isoformat(),
    }
    taken = intake.take_orders(world.account_id, [order], world.now)
    assert not taken.rejected, taken
