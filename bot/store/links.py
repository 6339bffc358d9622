"""Tracked links, the taps on them, and what a tap proves about a send.

Also the signing of tokens in URLs: `bot.tracking.tokens` packs, this module holds the key.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from peewee import JOIN, fn

from bot.clock import to_ms
from bot.errors import InvalidInput
from bot.store import coupons, events
from bot.store.coupon_events import topic_weights
from bot.store.db import insert_new, is_sqlite, rows, transaction
from bot.store.fields import Holder
from bot.store.models import Campaign, Click, CouponBatch, Follower, Link, Send
from bot.values.audience import SendState
from bot.values.links import is_target

SOURCE = "tracking"
_SIGNATURE = 12


@dataclass(frozen=True, slots=True)
class Tapped:
    """What a link token names: the target, and the send whose message carried it."""

    link_id: int
    url: str
    send_id: int | None
    send_state: str
    sent_at: datetime | None  # where the ledger has no time of sending yet: of claiming
    account_id: int | None
    follower_id: int | None
    erased: bool
    campaign: str
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nearby:
    """Taps of the last moments: by them a scanner gives itself away.

    repeated    a person's tap on the same link of the same message was counted just now
    links       other links of the same message that were opened
    followers   others whose links were opened from the same address
    """

    repeated: bool = False
    links: int = 0
    followers: int = 0


# --- tokens ------------------------------------------------------------------------------------


def signed(payload: bytes, purpose: str) -> str:
    """`payload` and its signature as url-safe text. Signed, not sealed: put no secret in."""
    raw = payload + Holder.vault.sign(payload, purpose)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def opened(token: str, purpose: str) -> bytes | None:
    """The payload of a token that `signed` made for this purpose; None for anything else."""
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (ValueError, binascii.Error):
        return None
    payload, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
    if not Holder.vault.verify(payload, signature, purpose):
        return None
    # Base64 reads some texts alike that differ in unused bits or stray characters: one is ours.
    return payload if signed(payload, purpose) == token else None


def hashed_address(address: str) -> str:
    """16 hex digits for a public network address; "" for one that tells nobody from another.

    Loopback and private addresses are a proxy's or a test's: everybody comes from there.
    """
    try:
        public = ipaddress.ip_address(address.strip()).is_global
    except ValueError:
        return ""
    return Holder.vault.blind(address.strip(), "click.address")[:16] if public else ""


# --- links -------------------------------------------------------------------------------------


def link_for(campaign_id: int | None, url: str, now: datetime) -> int:
    """The campaign's link to `url`, made on first use.

    url   http(s)://..., a path of ours (/h5/...), or "coupon:" for the send's own coupon page

    Raises InvalidInput for anything else: a redirect goes where our row says and nowhere else.
    """
    if not is_target(url):
        raise InvalidInput("a link leads to http(s)://..., a path /..., or coupon:", "url")
    hashed = blake2b(url.encode(), digest_size=16).hexdigest()
    same = (Link.url_hash == hashed) & (
        Link.campaign.is_null() if campaign_id is None else Link.campaign == campaign_id
    )
    found = Link.get_or_none(same)
    if found is None:
        values = {"campaign": campaign_id, "url": url, "url_hash": hashed, "created_at": now}
        Link.insert(**values).on_conflict_ignore().execute()
        found = Link.get(same)
    return int(found.id)


def tapped(link_id: int, send_id: int | None, follower_id: int | None) -> Tapped | None:
    """What is behind a token's ids; None where the link is gone.

    Holds the send's row until the transaction ends, so that two taps at once see each other.
    """
    if send_id is not None and not is_sqlite():
        rows(Send.select(Send.id).where(Send.id == send_id).for_update("FOR NO KEY UPDATE"))
    sent_at = fn.COALESCE(Send.sent_at, Send.claimed_at)
    query: Any = (
        Link.select(
            Link.id,
            Link.url,
            Send.id,
            Send.state,
            Send.sent_at,
            Send.claimed_at,
            Follower.account,
            Follower.id,
            Follower.erased_at,
            Campaign.slug,
            CouponBatch.topics,
        )
        .join(Send, JOIN.LEFT_OUTER, on=(Send.id == (send_id or 0)))
        .join(Follower, JOIN.LEFT_OUTER, on=(Follower.id == (follower_id or 0)))
        .join(Campaign, JOIN.LEFT_OUTER, on=(Campaign.id == Link.campaign))
        .join(CouponBatch, JOIN.LEFT_OUTER, on=(CouponBatch.id == Send.batch))
        .where(Link.id == link_id)
    )
    return next((_tapped(*row) for row in rows(query)), None)
