"""The account's menus: the default one, the conditional ones, and which one a follower sees."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.people import Person
from bot.sandbox.world import World

PLATFORMS = ("1", "2", "3")  # client_platform_type: iOS, Android, others
Button = dict[str, Any]


@dataclass(frozen=True)
class Conditional:
    """`rule` as it was sent; of its fields only tag_id and client_platform_type match."""

    menuid: int
    buttons: list[Button]
    rule: dict[str, str]

    def matches(self, world: World, person: Person) -> bool:
        tag, platform = self.rule.get("tag_id"), self.rule.get("client_platform_type")
        if not tag and not platform:
            return False  # sex, area and language are known of nobody since 2021
        if tag and int(tag) not in person.tags:
            return False
        return not platform or platform == platform_of(world, person)


@dataclass
class Menus:
    """Beside `world.menu`, the default one. `platforms`: phones that were chosen, by openid."""

    menuid: int = 0
    conditional: list[Conditional] = field(default_factory=list)
    platforms: dict[str, str] = field(default_factory=dict)
    last: int = 208_379_000

    def next_id(self) -> int:
        self.last += 1
        return self.last


def platform_of(world: World, person: Person) -> str:
    """The client_platform_type of the person's phone: the chosen one, else always the same."""
    chosen = world.room(Menus).platforms.get(person.openid)
    return chosen or PLATFORMS[zlib.crc32(person.openid.encode()) % 2]


def menu_for(world: World, person: Person) -> list[Button]:
    """The top buttons that this person's phone shows; [] where the account has no menu."""
    found = matching(world, person)
    return world.menu if found is None else found.buttons


def matching(world: World, person: Person) -> Conditional | None:
    """The conditional menu made last of those that match; None: the default menu."""
    newest_first = reversed(world.room(Menus).conditional)
    return next((one for one in newest_first if one.matches(world, person)), None)


def flat(buttons: list[Button]) -> Iterator[Button]:
    """Every button that does something: sub-buttons in their parent's place."""
    for button in buttons:
        yield from button.get("sub_button") or (button,)
