"""Tags on followers, and how many carry each: counted as it happens, never by a scan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.sandbox.people import Person
from bot.sandbox.world import World


@dataclass
class TagCounts:
    """Followers by tag id."""

    fans: Counter[int] = field(default_factory=Counter)


def retag(world: World, person: Person, tags: Iterable[int]) -> None:
    """Puts `tags` in the place of the person's."""
    fans, wanted = world.room(TagCounts).fans, frozenset(tags)
    fans.subtract(person.tags - wanted)
    fans.update(wanted - person.tags)
    person.tags = wanted


def fans_of(world: World, tag: int) -> int:
    return world.room(TagCounts).fans[tag]
