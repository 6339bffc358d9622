"""The platform's state: one account, its followers, tokens, media, tags, menu, quotas.

`lock` guards all of it: whoever reads and then writes holds it. Nobody waits on the network while
holding it; the locks of ledger, faults, pusher and timeline are taken inside it, never around it.
What only one part of the API needs lives in that part's own room (`World.room`).
"""

from __future__ import annotations

import hashlib
import random
import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.clock import to_ms
from bot.sandbox.clock import MovableClock, PlatformClock, day_of
from bot.sandbox.codes import PlatformError
from bot.sandbox.config import SandboxConfig
from bot.sandbox.faults import Faults
from bot.sandbox.ids import Ids
from bot.sandbox.ledger import Ledger
from bot.sandbox.people import ME, Bubble, Person, new_openid
from bot.sandbox.tokens import Tokens
from bot.sandbox.traffic import KEPT as TRAFFIC_KEPT
from bot.sandbox.traffic import Traffic

Listener = Callable[[Person, Bubble], None]
Room = TypeVar("Room")
MEDIA_LIFE = timedelta(days=3)
RIDS_KEPT = 1000
# A phone ends a link at the first sign that no address is written with, however close it stands.
_LINK = re.compile(r"https?://[\w.~:/?#@!$&*+,;=%-]*[\w~/#&=%-]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Media:
    """Temporary material (3 days), or permanent: then `until` is None."""

    kind: str
    until: datetime | None
    content_type: str = ""
    data: bytes = b""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An outbound message that the platform took; one for all whom it reaches."""

    kind: str
    api: str
    at: datetime
    msgid: str
    text: str
    client_id: str

    def as_json(self, openid: str) -> dict[str, Any]:
        return {
            "openid": openid,
            "kind": self.kind,
            "api": self.api,
            "at": to_ms(self.at),
            "client_id": self.client_id,
            "msgid": self.msgid,
            "digest": hashlib.sha256(self.text.encode()).hexdigest()[:16],
            "links": _LINK.findall(self.text)[:5],
        }


class World:
    """Made from a config. `ids` makes every id, token and random name; never `secrets` here."""

    def __init__(self, config: SandboxConfig, clock: PlatformClock | None = None) -> None:
        self.config = config
        self.clock: PlatformClock = clock or MovableClock()
        self.lock = threading.RLock()
        # In virtual time all is to come out the same again; in real time a restarted platform
        # must not give out the ids of its former life: the program remembers them.
        self.ids = Ids(f"{config.seed}:ids:{config.start}" if config.stepped else "")
        self.ledger = Ledger(config.ledger_path, not config.stepped, config.limits.kept)
        self.faults = Faults(config.faults, config.seed, self.clock, self.ledger)
        self.tokens = Tokens(self.ids)
        self.traffic = Traffic(0 if config.limits.kept < TRAFFIC_KEPT else TRAFFIC_KEPT)
        self.people: dict[str, Person] = {}
        self.followers: list[str] = []  # openids in the order of their first follow
        self.tags: dict[int, str] = {2: "星标组"}
        self.menu: list[dict[str, Any]] = []
        self.media: dict[str, Media] = {}
        self.used: Counter[tuple[str, str]] = Counter()  # (api path, day) -> calls
        self.deliveries: dict[str, list[Accepted]] = {}  # accepted messages by openid
        self.replies: dict[str, list[Accepted]] = {}  # passive replies that were shown, with links
        self.rids: OrderedDict[str, dict[str, Any]] = OrderedDict()  # the last refused calls
        self.listeners: list[Listener] = []
        self._rooms: dict[type[Any], Any] = {}
        self._minutes: dict[str, tuple[int, int]] = {}  # api path -> (minute, calls in it)
        self._rng = random.Random(f"{config.seed}:world")
        self._last_id = 24_900_000_000_000_000 + self.ids.below(10**9) * 1000
        self._last_msgid = 2_000_000_000 + self.ids.below(10**6)
        self.person(ME, "我")

    def room(self, kind: type[Room]) -> Room:
        """The one object of this class: the state of one part of the API, made on first use."""
        with self.lock:
            if kind not in self._rooms:
                self._rooms[kind] = kind()
            found: Room = self._rooms[kind]
            return found

    # --- people ------------------------------------------------------------------------------

    def person(self, openid: str = "", name: str = "") -> Person:
        """The person with this openid, made on first mention; "" makes a new one."""
        with self.lock:
            openid = openid or new_openid(self._rng)
            found = self.people.get(openid)
            if found is None:
                found = self.people[openid] = Person(openid, name or openid[-6:])
            return found

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

    def spend_minute(self, path: str, limit: int, errcode: int = 45011) -> None:
        """Counts a call of this minute; refuses it over the limit."""
        minute = to_ms(self.clock()) // 60_000
        with self.lock:
            of, calls = self._minutes.get(path, (minute, 0))
            calls = calls if of == minute else 0
            if calls >= limit:
                raise PlatformError(errcode)
            self._minutes[path] = (minute, calls + 1)

    # --- media -------------------------------------------------------------------------------

    def add_media(
        self,
        kind: str,
        data: bytes = b"",
        content_type: str = "",
        name: str = "",
        permanent: bool = False,
    ) -> str:
        with self.lock:
            media_id = self.ids.urlsafe(48)
            until = None if permanent else self.clock() + MEDIA_LIFE
            self.media[media_id] = Media(kind, until, content_type, data, name)
            return media_id

    def require_media(self, media_id: object) -> Media:
        """41006 where none is named, 40007 where it is unknown or its three days are over."""
        if not media_id:
            raise PlatformError(41006)
        known = self.media.get(str(media_id))
        if known is None or (known.until is not None and known.until <= self.clock()):
            raise PlatformError(40007)
        return known

    # --- what reaches a phone ----------------------------------------------------------------

    def show(self, person: Person, bubble: Bubble) -> None:
        """Puts a bubble into the chat and tells whoever watches the phone."""
        with self.lock:
            person.show(bubble)
        for listener in self.listeners:
            listener(person, bubble)

    def replied(self, openid: str, kind: str, text: str) -> None:
        """A passive reply was shown. One without a link names nothing that books could know."""
        entry = Accepted(kind, "reply", self.clock(), "", text, "")
        if _LINK.search(text):
            with self.lock:
                self.replies.setdefault(openid, []).append(entry)

    def accepted(
        self, openid: str, kind: str, api: str, msgid: str, text: str, client_id: str = ""
    ) -> None:
        """An outbound message that the platform took: what a product's books must show too."""
        self.accepted_by_all((openid,), kind, api, msgid, text, client_id)

    def accepted_by_all(
        self,
        openids: Iterable[str],
        kind: str,
        api: str,
        msgid: str,
        text: str,
        client_id: str = "",
    ) -> None:
        """The same message to many."""
        now = self.clock()
        entry = Accepted(kind, api, now, msgid, text, client_id)
        for openid in openids:
            with self.lock:
                self.deliveries.setdefault(openid, []).append(entry)
            self.ledger.add(
                "accepted", now, openid=openid, type=kind, api=api, msgid=msgid, client_id=client_id
            )
