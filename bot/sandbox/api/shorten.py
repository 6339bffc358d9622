"""Short keys for long information (4.12)."""

from __future__ import annotations

import string
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, number, ok

LONGEST_SECONDS = 2_592_000
LARGEST = 4096  # bytes
KEY_LENGTH = 15
KEPT = 100_000  # keys; the oldest go first
_BASE62 = string.digits + string.ascii_letters


@dataclass(frozen=True, slots=True)
class Shortened:
    data: str
    created_at: datetime
    until: datetime


@dataclass
class ShortKeys:
    by_key: OrderedDict[str, Shortened] = field(default_factory=OrderedDict)


@endpoint("POST", "/cgi-bin/shorten/gen")
def gen(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    data = body.get("long_data")
    if not isinstance(data, str) or not data:
        raise PlatformError(47003, "long_data")
    if len(data.encode()) > LARGEST:
        raise PlatformError(9410010)
    seconds = number(body.get("expire_seconds", LONGEST_SECONDS), 47003)
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise PlatformError(9410011)
    world = desk.world
    key = "".join(_BASE62[world.ids.below(62)] for _ in range(KEY_LENGTH))
    now, keys = world.clock(), world.room(ShortKeys).by_key
    keys[key] = Shortened(data, now, now + timedelta(seconds=seconds))
    if len(keys) > KEPT:
        keys.popitem(last=False)
    return ok(short_key=key)


@endpoint("POST", "/cgi-bin/shorten/fetch")
def fetch(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """`expire_seconds` are those that are left."""
    key, now = body.get("short_key"), desk.world.clock()
    if not isinstance(key, str) or not key:
        raise PlatformError(47003, "short_key")
    known = desk.world.room(ShortKeys).by_key.get(key)
    if known is None or known.until <= now:
        raise PlatformError(9410012)
    return ok(
        long_data=known.data,
        create_time=int(known.created_at.timestamp()),
        expire_seconds=int((known.until - now).total_seconds()),
    )
