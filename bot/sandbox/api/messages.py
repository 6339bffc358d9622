"""Customer-service messages (4.6): who may get one, how many, and 对方正在输入."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.sandbox.api.message_types import TYPES
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, mapping, ok
from bot.sandbox.penalties import review
from bot.sandbox.people import Bubble, Person
from bot.sandbox.reception import refuses
from bot.sandbox.sessions import Service
from bot.sandbox.world import World

TYPING_AFTER_ACT = timedelta(seconds=30)
TYPING_FOR = timedelta(seconds=15)


@dataclass
class Typing:
    until: dict[str, datetime] = field(default_factory=dict)  # by openid


def is_typing(world: World, person: Person) -> bool:
    """Does the phone show 对方正在输入 now?"""
    until = world.room(Typing).until.get(person.openid)
    return until is not None and world.clock() < until


def _receiver(world: World, openid: object) -> Person:
    """40003 a stranger, 43004 left, 43019 on the blacklist, 48002 wants no messages."""
    person = world.follower(openid)
    if person.blacklisted:
        raise PlatformError(43019)
    if refuses(world, person):
        raise PlatformError(48002)
    return person


def _check_agent(world: World, given: object) -> None:
    """`customservice`: the agent in whose name the message goes. 61451 for an unknown one."""
    account = mapping(given, 61451).get("kf_account")
    if not isinstance(account, str) or account not in world.room(Service).agents:
        raise PlatformError(61451)


@endpoint("POST", "/cgi-bin/message/custom/send", 500_000)
def custom_send(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """A refused message costs nothing of the allowance."""
    world, kind = desk.world, body.get("msgtype")
    if not isinstance(kind, str) or kind not in TYPES:
        raise PlatformError(40008)
    if "customservice" in body:
        _check_agent(world, body["customservice"])
    if "aimsgcontext" in body:
        mapping(body["aimsgcontext"])
    person = _receiver(world, body.get("touser"))
    shown = TYPES[kind](world, mapping(body.get(kind)))
    review(world, shown.text)
    now = world.clock()
    if errcode := person.window.refusal(now):
        raise PlatformError(errcode)
    person.window = person.window.used()
    _stop_typing(world, person)
    world.accepted(person.openid, kind, "custom", "", f"{shown.text} {shown.url}".strip())
    bubble = Bubble(
        "account",
        kind,
        shown.text,
        now,
        "custom",
        shown.url,
        items=shown.items,
        picture=shown.picture,
    )
    world.show(person, bubble)
    return ok()


@endpoint("POST", "/cgi-bin/message/custom/typing", 500_000)
def typing(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """Fifteen seconds, or until a message goes."""
    world, person = desk.world, _receiver(desk.world, body.get("touser"))
    command, now = body.get("command"), desk.world.clock()
    if command not in ("Typing", "CancelTyping"):
        raise PlatformError(45072)
    at = person.last_act_at
    if at is None or now - at > TYPING_AFTER_ACT:
        raise PlatformError(45080)
    if command == "CancelTyping":
        _stop_typing(world, person)
        return ok()
    if is_typing(world, person):
        raise PlatformError(45081)
    world.room(Typing).until[person.openid] = now + TYPING_FOR
    person.typing = True
    return ok()


def _stop_typing(world: World, person: Person) -> None:
    world.room(Typing).until.pop(person.openid, None)
    person.typing = False
