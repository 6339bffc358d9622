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
from urllib.parse import urlsplit

from peewee import JOIN, fn

from bot.clock import to_ms
from bot.errors import InvalidInput
from bot.store import coupons, events
from bot.store.coupon_events import topic_weights
from bot.store.db import insert_new, transaction
from bot.store.fields import Holder
from bot.store.models import Campaign, Click, CouponBatch, Follower, Link, Send
from bot.store.queries import locked, rows
from bot.store.segment_lists import mark_sent
from bot.values.audience import SendState

SOURCE = "tracking"
COUPON = "coupon:"  # a link to the coupon page of whatever code the send gave
_SIGNATURE = 12


@dataclass(frozen=True, slots=True)
class Tapped:
    """What a link token names: the target, and the send whose message carried it."""

    link_id: int
    url: str
    send_id: int | None
    send_state: str
    sent_at: datetime | None
    claimed_at: datetime | None
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


def leads_somewhere(url: str) -> bool:
    """A target that a link may have: coupon:, a path of ours, or an address with a host."""
    if url == COUPON:
        return True
    # Browsers read a backslash as a slash and skip control characters: //host in disguise.
    if "\\" in url or any(ord(character) <= 32 for character in url):
        return False
    if url.startswith("/"):
        return not url.startswith("//")
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def link_for(campaign_id: int | None, url: str, now: datetime, mark: str = "") -> int:
    """The campaign's link to `url`, made on first use.

    url    http(s)://..., a path of ours (/h5/...), or "coupon:" for the send's own coupon page
    mark   whose taps are to be counted apart: each has a link of its own to the same url

    Raises InvalidInput for anything else: a redirect goes where our row says and nowhere else.
    """
    if not leads_somewhere(url):
        raise InvalidInput("a link leads to http(s)://..., a path /..., or coupon:", "url")
    hashed = blake2b(f"{url}{mark}".encode(), digest_size=16).hexdigest()
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
    if send_id is not None:
        locked(Send.select(Send.id).where(Send.id == send_id))
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


def _tapped(
    link_id: int,
    url: str,
    send_id: int | None,
    state: str | None,
    sent_at: datetime | None,
    claimed_at: datetime | None,
    account_id: int | None,
    follower_id: int | None,
    erased_at: datetime | None,
    campaign: str | None,
    topics: list[str] | None,
) -> Tapped:
    return Tapped(
        link_id,
        url,
        send_id,
        state or "",
        sent_at,
        claimed_at,
        account_id,
        follower_id,
        erased_at is not None,
        campaign or "",
        tuple(topics or ()),
    )


# --- taps --------------------------------------------------------------------------------------


def nearby(tap: Tapped, address: str, now: datetime, double: timedelta, burst: timedelta) -> Nearby:
    """What else was tapped within `double` (the same again) and `burst` before now."""
    same_message = (
        Click.send == tap.send_id
        if tap.send_id is not None
        else Click.send.is_null() & (Click.follower == tap.follower_id)
    )
    again = (Click.link == tap.link_id) & same_message & (Click.automatic == False)  # noqa: E712
    others = (Click.send == tap.send_id) & (Click.link != tap.link_id)
    strangers = (Click.address == address) & (Click.follower != tap.follower_id)
    return Nearby(
        repeated=_distinct(Click.link, again, now - double) > 0,
        links=_distinct(Click.link, others, now - burst) if tap.send_id is not None else 0,
        followers=_distinct(Click.follower, strangers, now - burst) if address else 0,
    )


def _distinct(column: Any, where: Any, after: datetime) -> int:
    query = Click.select(fn.COUNT(fn.DISTINCT(column))).where(where & (Click.at > after))
    return int(rows(query)[0][0])


def record_tap(tap: Tapped, now: datetime, address: str, why: str) -> bool:
    """Keep the tap, and tell the profile of it where a person made it; whether it told.

    why   the sign that it was automatic, "" for a person's
    """
    columns = ("link_id", "send_id", "follower_id", "at", "automatic", "why", "address")
    values = (tap.link_id, tap.send_id, tap.follower_id, to_ms(now), bool(why), why, address)
    click_id = insert_new("click", columns, values)
    if why or tap.account_id is None:
        return False
    facts = {
        "campaign": tap.campaign,
        "send": tap.send_id,
        "topics": topic_weights(tap.topics),
    }
    new = events.append(
        tap.account_id,
        tap.follower_id,
        "click",
        at=now,
        received_at=now,
        source=SOURCE,
        key=f"click:{click_id}",
        facts=facts,
    )
    return new is not None


def settle_unknown_as_sent(send_id: int, now: datetime, evidence: str = "clicked") -> bool:
    """A send whose outcome nobody knew has arrived: its message was used. Its code is issued.

    evidence   "clicked" or "redeemed", kept among the send's reasons

    False: it was not unknown, or another process was faster.
    """
    with transaction():
        found = Send.get_or_none((Send.id == send_id) & (Send.state == SendState.UNKNOWN))
        if found is None:
            return False
        changed = (
            Send.update(
                state=SendState.SENT,
                sent_at=found.sent_at or found.claimed_at or now,
                settled_at=now,
                lease_until=None,
                reasons={**found.reasons, "arrived": evidence},
            )
            .where((Send.id == send_id) & (Send.state == SendState.UNKNOWN))
            .execute()
        )
        if changed:
            coupons.hand_over([f"send:{send_id}"], now)
            mark_sent([send_id])
    return bool(changed)
