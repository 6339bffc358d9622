"""The platform's state: one account, its followers, tokens, media, tags, menu, quotas.

`lock` guards all of it: whoever reads and then writes holds it. Nobody waits on the network while
holding it; the locks of ledger, faults, pusher and timeline are taken inside it, never around it.
"""

from __future__ import annotations

import hashlib
import random
import re
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.clock import MovableClock, day_of
from bot.sandbox.codes import PlatformError
from bot.sandbox.config import SandboxConfig
from bot.sandbox.faults import Faults
from bot.sandbox.ledger import Ledger
from bot.sandbox.notices import CATALOGUE, Notice
from bot.sandbox.people import ME, Bubble, Person, new_openid
from bot.sandbox.tokens import Tokens

Listener = Callable[[Person, Bubble], None]
MEDIA_LIFE = timedelta(days=3)
_LINK = re.compile(r"""https?://[^\s"'<>，。）)]+""")


class World:
    """Made from a config; `clock` moves ahead on demand."""

    def __init__(self, config: SandboxConfig, clock: MovableClock | None = None) -> None:
        self.config = config
        self.clock = clock or MovableClock()
        self.lock = threading.RLock()
        self.ledger = Ledger(config.ledger_path)
        self.faults = Faults(config.faults, config.seed)
        self.tokens = Tokens()
        self.people: dict[str, Person] = {}
        self.followers: list[str] = []  # openids in the order of their first follow
        self.notices: dict[str, Notice] = {notice.id: notice for notice in CATALOGUE}
        self.tags: dict[int, str] = {2: "星标组"}
        self.menu: list[dict[str, Any]] = []
        self.media: dict[str, tuple[str, datetime]] = {}
        self.tickets: dict[str, tuple[str, datetime | None]] = {}
        self.used: Counter[tuple[str, str]] = Counter()  # (api path, day) -> calls
        self.deliveries: dict[str, list[dict[str, Any]]] = {}  # accepted messages by openid
        self.client_ids: dict[tuple[str, str], tuple[int, datetime]] = {}  # -> msgid, when
        self.mass_ids: dict[str, tuple[int, datetime]] = {}  # clientmsgid -> msg_id, when
        self.mass_jobs: dict[int, str] = {}  # msg_id -> status
        self.listeners: list[Listener] = []
        self._rng = random.Random(f"{config.seed}:world")
        self._last_id = 24_900_000_000_000_000 + secrets.randbelow(10**9) * 1000
        self._last_msgid = 2_000_000_000 + secrets.randbelow(10**6)
        self.person(ME, "我")

    # --- people ------------------------------------------------------------------------------

    def person(self, openid: str = "", name: str = "") -> Person:
        """The person with this openid, made on first mention; "" makes a new one."""
        with self.lock:
            openid = openid or new_openid(self._rng)
            if openid not in self.people:
                union = f"u{hashlib.sha256(openid.encode()).hexdigest()[:27]}"
                self.people[openid] = Person(openid, name or openid[-6:], union)
            return self.people[openid]

    def follower(self, openid: object) -> Person:
        """For APIs: 40003 where we never met, 43004 where the person left."""
        if not isinstance(openid, str) or not openid:
            raise PlatformError(40003)
        person = self.people.get(openid)
        if person is None or person.subscribe_at is None:
            raise PlatformError(40003)
        if not person.subscribed:
            raise PlatformError(43004)
        return person

    def subscribed(self) -> list[str]:
        return [openid for openid in self.followers if self.people[openid].subscribed]

    # --- numbers -----------------------------------------------------------------------------

    def next_id(self) -> int:
        """A MsgId: 64 bits, never given twice."""
        with self.lock:
            self._last_id += 1
            return self._last_id

    def next_msgid(self) -> int:
        with self.lock:
            self._last_msgid += 1
            return self._last_msgid

    def spend(self, path: str, limit: int, errcode: int = 45009) -> None:
        """Counts a call of today; refuses it over the limit."""
        key = (path, day_of(self.clock()))
        with self.lock:
            if self.used[key] >= limit:
                raise PlatformError(errcode)
            self.used[key] += 1

    # --- media -------------------------------------------------------------------------------

    def add_media(self, kind: str) -> str:
        with self.lock:
            media_id = secrets.token_urlsafe(48)
            self.media[media_id] = (kind, self.clock() + MEDIA_LIFE)
            return media_id

    def require_media(self, media_id: object) -> None:
        if not media_id:
            raise PlatformError(41006)
        known = self.media.get(str(media_id))
        if known is None or known[1] <= self.clock():
            raise PlatformError(40007)

    # --- what reaches a phone ----------------------------------------------------------------

    def show(self, person: Person, bubble: Bubble) -> None:
        """Puts a bubble into the chat and tells whoever watches the phone."""
        with self.lock:
            person.show(bubble)
        for listener in self.listeners:
            listener(person, bubble)

    def accepted(
        self, openid: str, kind: str, api: str, msgid: str, text: str, client_id: str = ""
    ) -> None:
        """An outbound message that the platform took: what a product's books must show too."""
        now = self.clock()
        entry = {
            "openid": openid,
            "kind": kind,
            "api": api,
            "at": int(now.timestamp() * 1000),
            "client_id": client_id,
            "msgid": msgid,
            "digest": hashlib.sha256(text.encode()).hexdigest()[:16],
            "links": _LINK.findall(text)[:5],
        }
        with self.lock:
            self.deliveries.setdefault(openid, []).append(entry)
        self.ledger.add("accepted", now, openid=openid, type=kind, api=api, msgid=msgid)
