"""The switch 接收消息 of the account's page in WeChat: who turned it off gets nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.sandbox.people import Person
from bot.sandbox.world import World


@dataclass
class Reception:
    closed: set[str] = field(default_factory=set)  # openids


def refuses(world: World, person: Person) -> bool:
    return person.openid in world.room(Reception).closed


def receive(world: World, person: Person, on: bool) -> None:
    """The person turns the account's messages on or off."""
    with world.lock:
        closed = world.room(Reception).closed
        if on:
            closed.discard(person.openid)
        else:
            closed.add(person.openid)
        world.ledger.add("receive", world.clock(), openid=person.openid, on=on)
