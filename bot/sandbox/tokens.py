"""Access tokens: the plain and the stable family, which leave each other alone; who gets one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.sandbox.clock import day_of
from bot.sandbox.codes import PlatformError
from bot.sandbox.ids import Ids

if TYPE_CHECKING:
    from bot.sandbox.world import World

LIFE = timedelta(seconds=7200)
OVERLAP = timedelta(seconds=300)
FORCED_GAP = timedelta(seconds=30)
FORCED_A_DAY = 20
TOKENS_KEPT = 5000  # a long-dead token is as unknown as one that never was
_SHAPE = re.compile(r"[0-9]{2,3}_[0-9A-Za-z_-]{40,500}")


@dataclass
class _Token:
    text: str
    expires_at: datetime
    replaced_at: datetime | None = None  # no longer the latest from here on, OVERLAP still works

    def errcode(self, now: datetime) -> int:
        if self.replaced_at is not None and now >= self.replaced_at:
            return 40001
        return 42001 if now >= self.expires_at else 0


@dataclass
class Tokens:
    """Not locked: the world's lock is held around every call."""

    ids: Ids = field(default_factory=Ids)
    life: timedelta = LIFE
    _known: dict[str, _Token] = field(default_factory=dict)
    _plain: _Token | None = None
    _stable: _Token | None = None
    _forced: list[datetime] = field(default_factory=list)

    def _new(self, now: datetime) -> _Token:
        token = _Token(f"92_{self.ids.urlsafe(96)}", now + self.life)
        self._known[token.text] = token
        if len(self._known) > TOKENS_KEPT:
            del self._known[next(iter(self._known))]
        return token

    def plain(self, now: datetime) -> tuple[str, int]:
        """GET /cgi-bin/token: a new one each time; the one before works OVERLAP longer."""
        if self._plain is not None:
            self._plain.replaced_at = now + OVERLAP
        self._plain = self._new(now)
        return self._plain.text, int(self.life.total_seconds())

    def stable(self, now: datetime, force: bool = False) -> tuple[str, int]:
        """POST /cgi-bin/stable_token: the same one until OVERLAP before its end.

        Forced kills the old at once; 45011 within 30 s, 45009 after the day's twentieth.
        """
        if force:
            self._allow_forced(now)
            if self._stable is not None:
                self._stable.replaced_at = now
            self._stable = self._new(now)
        elif self._stable is None or now >= self._stable.expires_at - OVERLAP:
            # The old one ends by itself: it has at most OVERLAP to live.
            self._stable = self._new(now)
        return self._stable.text, int((self._stable.expires_at - now).total_seconds())

    def _allow_forced(self, now: datetime) -> None:
        today = [at for at in self._forced if day_of(at) == day_of(now)]
        if len(today) >= FORCED_A_DAY:
            raise PlatformError(45009)
        if today and now - today[-1] < FORCED_GAP:
            raise PlatformError(45011)
        self._forced = [*today, now]

    def check(self, text: str | None, now: datetime) -> None:
        """Raises 41001 missing, 40014 malformed, 40001 unknown or replaced, 42001 expired."""
        if not text:
            raise PlatformError(41001)
        if not _SHAPE.fullmatch(text):
            raise PlatformError(40014)
        known = self._known.get(text)
        if known is None:
            raise PlatformError(40001)
        if errcode := known.errcode(now):
            raise PlatformError(errcode)

    def expire(self, now: datetime | None = None) -> None:
        """Every token in force ends: dropped by the platform (40001), or expired at `now` (42001).

        A token that was dead already stays as dead as it was.
        """
        for token in self._known.values():
            if now is None:
                token.replaced_at = token.expires_at - self.life
            elif not token.errcode(now):
                token.expires_at, token.replaced_at = now, None
        self._plain = self._stable = None


# --- who may fetch one -------------------------------------------------------------------------

ONE_REFUSAL, TWO_REFUSALS = timedelta(hours=1), timedelta(hours=24)


@dataclass
class Door:
    """What stands before the token calls beside appid and secret."""

    frozen: bool = False
    confirmed: set[str] = field(default_factory=set)  # addresses the administrator let in
    refused: dict[str, list[datetime]] = field(default_factory=dict)

    def refusal(self, address: str, now: datetime) -> int:
        """For an account without an allow-list: the errcode an unknown address meets, or 0."""
        if address in self.confirmed:
            return 0
        refused = [at for at in self.refused.get(address, ()) if at > now - TWO_REFUSALS]
        if len(refused) >= 2:
            return 89506
        return 89507 if refused and refused[-1] > now - ONE_REFUSAL else 89503


def admit(world: World, address: str) -> None:
    """After appid and secret. Raises 40243 frozen, 89503.. unconfirmed, 40164 not on the list.

    Instead of 40164 61004, where the switch says so.
    """
    door, config = world.room(Door), world.config
    if door.frozen:
        raise PlatformError(40243)
    if config.ip_allow:
        if address not in config.ip_allow:
            code = config.switches.allow_list_code
            mapped = "" if ":" in address else f" ipv6 ::ffff:{address}"
            listed = f"{address}{mapped}, not in whitelist"
            raise PlatformError(code, listed if code == 40164 else f"requestIP: {address}")
    elif config.switches.unknown_ip_asks and (errcode := door.refusal(address, world.clock())):
        raise PlatformError(errcode)


def freeze_secret(world: World, frozen: bool) -> None:
    """As in the console; tokens that are out keep working."""
    with world.lock:
        world.room(Door).frozen = frozen


def confirm_address(world: World, address: str, allowed: bool) -> None:
    """The administrator's answer to a 89503. Refused: an hour's peace, the second time a day's."""
    with world.lock:
        door = world.room(Door)
        if allowed:
            door.confirmed.add(address)
        else:
            door.confirmed.discard(address)
            door.refused[address] = [*door.refused.get(address, ())[-1:], world.clock()]
