"""A tap on a tracked link: checked, kept, counted if a person made it, and sent on its way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store import coupons, links
from bot.store.db import again, transaction
from bot.store.links import Tapped
from bot.tracking.automatic import BURST, DOUBLE_TAP, looks_automatic
from bot.tracking.tokens import coupon_path, read_link
from bot.tracking.visits import Visit, marked
from bot.values.audience import SendState

NO_COUPON = "/h5/coupon/none"  # no token: the page says that the coupon is not to be had any more


@dataclass(frozen=True, slots=True)
class ClickOutcome:
    """Where to redirect, and whether a person's tap was counted.

    why   the sign that made it automatic, "" for a person's
    """

    target: str
    counted: bool
    why: str = ""


@again
def record_click(
    token: str,
    now: datetime,
    agent: str,
    address_hash: str = "",
    method: str = "GET",
    public_url: str = "",
    origins: Collection[str] = (),
) -> ClickOutcome | None:
    """Take one tap. None: the token is not ours, or its link is gone.

    address_hash   of `hashed_address`
    public_url     stands before a target that is a path of ours
    origins        sites that are told who came by the link (bot.tracking.visits)

    A person's tap on the link of an unknown send proves that it arrived: the send is settled and
    its coupon handed over in the same transaction.
    """
    ids = read_link(token)
    if ids is None:
        return None
    with transaction():
        tap = links.tapped(ids.link_id, ids.send_id, ids.follower_id)
        if tap is None or not links.leads_somewhere(tap.url):
            return None
        counted, why = False, "erased"
        if not tap.erased:
            counted, why = _count(tap, now, agent, address_hash, method)
        target = _target(tap)
        if target.startswith("/"):
            target = public_url + target
        elif why in ("", "repeat"):
            visit = Visit(ids.link_id, ids.send_id or 0, tap.follower_id or 0)
            target = marked(target, visit, now, origins)
        return ClickOutcome(target, counted, why)


def _count(tap: Tapped, now: datetime, agent: str, address: str, method: str) -> tuple[bool, str]:
    nearby = links.nearby(tap, address, now, DOUBLE_TAP, BURST)
    why = looks_automatic(agent, method, _since_send(tap, now), nearby, tap.url)
    counted = links.record_tap(tap, now, address, why)
    if not why and tap.send_id is not None and tap.send_state == SendState.UNKNOWN:
        links.settle_unknown_as_sent(tap.send_id, now)
    return counted, why


def _since_send(tap: Tapped, now: datetime) -> timedelta | None:
    """From the sending; a batch is settled after it went out, so its claim may be all there is."""
    known = [at for at in (tap.sent_at, tap.claimed_at) if at is not None and at <= now]
    return now - max(known) if known else None


def _target(tap: Tapped) -> str:
    if tap.url != links.COUPON:
        return tap.url
    held = coupons.coupons_for([f"send:{tap.send_id}"])
    return coupon_path(held[0].code_id) if held else NO_COUPON
