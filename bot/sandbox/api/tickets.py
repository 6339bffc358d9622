"""JS-SDK tickets, and whether a page's signature is right (4.17)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, ok
from bot.sandbox.rights import may
from bot.sandbox.world import World

LIFE = timedelta(seconds=7200)
OVERLAP = timedelta(seconds=300)
A_DAY = 2000  # far below what a page view each would take: a ticket is to be kept
NEEDS = {"jsapi": "jsapi", "wx_card": "card"}  # type -> right


@dataclass
class Tickets:
    """The latest ticket of each type, and when it ends."""

    latest: dict[str, tuple[str, datetime]] = field(default_factory=dict)


@endpoint("GET", "/cgi-bin/ticket/getticket", A_DAY, right="jsapi")
def get_ticket(desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    """The same one until five minutes before its end; the old one lives to its end."""
    world, kind = desk.world, query.get("type", "")
    if kind not in NEEDS:
        raise PlatformError(40097)
    if not may(world.config.kind, NEEDS[kind]):
        raise PlatformError(48001)
    now, latest = world.clock(), world.room(Tickets).latest
    if kind not in latest or now >= latest[kind][1] - OVERLAP:
        latest[kind] = (world.ids.urlsafe(64), now + LIFE)
    ticket, until = latest[kind]
    return ok(ticket=ticket, expires_in=int((until - now).total_seconds()))


def jsapi_ticket(world: World) -> str:
    """The ticket in force, "" where none was fetched or it is over."""
    with world.lock:
        ticket, until = world.room(Tickets).latest.get("jsapi", ("", world.clock()))
        return ticket if world.clock() < until else ""


def signature(ticket: str, noncestr: str, timestamp: str, url: str) -> str:
    """What wx.config is to be given for the page at `url`: 40 hexadecimal digits. Pure."""
    text = f"jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={url}"
    return hashlib.sha1(text.encode()).hexdigest()


def check(ticket: str, noncestr: str, timestamp: str, url: str, signed: str) -> int:
    """0, or 63002: what the phone's browser answers at `url`, whose `#…` is not signed. Pure."""
    right = signature(ticket, noncestr, timestamp, url.partition("#")[0])
    return 0 if hmac.compare_digest(right.encode(), signed.encode()) else 63002
