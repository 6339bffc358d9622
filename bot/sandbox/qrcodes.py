"""Parametric QR codes: tickets, the addresses in their pictures, and scanning them (4.9)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from bot.sandbox.codes import PlatformError
from bot.sandbox.people import Person
from bot.sandbox.world import World

if TYPE_CHECKING:
    from bot.sandbox.acts import Acts

PERMANENT = 100_000
TEMPORARY_KEPT = 200_000  # the oldest are as unknown as if they had never been
ADDRESS = "http://weixin.qq.com/q/"


class UnknownTicket(LookupError):
    """No code of this account has this ticket or address."""


class ExpiredTicket(Exception):
    """A temporary code after its end."""


@dataclass(frozen=True, slots=True)
class Code:
    """`until` None: permanent. `short`: the end of the address in the picture."""

    ticket: str
    scene: str
    short: str
    until: datetime | None

    @property
    def url(self) -> str:
        return f"{ADDRESS}{self.short}"


@dataclass
class Codes:
    """All codes of the account, permanent ones by action and scene too."""

    by_ticket: OrderedDict[str, Code] = field(default_factory=OrderedDict)
    by_short: dict[str, Code] = field(default_factory=dict)
    by_scene: dict[str, Code] = field(default_factory=dict)  # the latest of each scene
    permanent: dict[tuple[str, str], Code] = field(default_factory=dict)
    temporary: OrderedDict[str, None] = field(default_factory=OrderedDict)  # tickets, oldest first

    def add(self, code: Code) -> None:
        self.by_ticket[code.ticket] = self.by_short[code.short] = code
        self.by_scene[code.scene] = code
        if code.until is not None:
            self.temporary[code.ticket] = None
            if len(self.temporary) > TEMPORARY_KEPT:
                self._forget(self.temporary.popitem(last=False)[0])

    def _forget(self, ticket: str) -> None:
        code = self.by_ticket.pop(ticket)
        del self.by_short[code.short]
        if self.by_scene.get(code.scene) is code:
            del self.by_scene[code.scene]


def create(world: World, scene: str, until: datetime | None, action: str = "") -> Code:
    """A new code. A permanent one of the same action and scene is the same code again.

    Raises PlatformError 45029 for a permanent one beyond the hundred thousand.
    """
    codes = world.room(Codes)
    if until is None:
        if (known := codes.permanent.get((action, scene))) is not None:
            return known
        if len(codes.permanent) >= PERMANENT:
            raise PlatformError(45029)
    code = Code(f"gQ{world.ids.hex(40)}", scene, world.ids.urlsafe(15), until)
    codes.add(code)
    if until is None:
        codes.permanent[(action, scene)] = code
    return code


def ticket_of(world: World, scene: str) -> str:
    """The latest ticket of this scene; one that leads nowhere where there is none."""
    known = world.room(Codes).by_scene.get(scene)
    return known.ticket if known is not None else f"gQ{world.ids.hex(40)}"


def by_ticket(world: World, ticket: str) -> Code:
    """Raises UnknownTicket, ExpiredTicket."""
    return _living(world, world.room(Codes).by_ticket.get(ticket))


def by_short(world: World, short: str) -> Code:
    """Raises UnknownTicket, ExpiredTicket."""
    return _living(world, world.room(Codes).by_short.get(short))


def _living(world: World, code: Code | None) -> Code:
    if code is None:
        raise UnknownTicket
    if code.until is not None and code.until <= world.clock():
        raise ExpiredTicket
    return code


def scan_ticket(world: World, acts: Acts, person: Person, ticket: str) -> None:
    """The person scans the picture of this ticket: a stranger follows by it.

    Raises UnknownTicket, ExpiredTicket.
    """
    with world.lock:
        acts.scan(person, by_ticket(world, ticket).scene, ticket)
