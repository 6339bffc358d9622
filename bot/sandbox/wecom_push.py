"""What WeCom pushes to the program: its own callback, its own key, always encrypted (6.1, 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.crypto import Box, sign
from bot.sandbox.people import Person
from bot.sandbox.stepper import SteppedTimeline
from bot.sandbox.timeline import Timeline
from bot.sandbox.wecom import Corp, befriend, corp, part
from bot.sandbox.wire import Answer, NoAnswer, Wire
from bot.sandbox.world import World
from bot.sandbox.xml import render

AnyTimeline = Timeline | SteppedTimeline


def verify(world: World) -> bool:
    """One GET: does the program decrypt the echostr and answer it in clear?"""
    with world.lock:
        room = corp(world)
        echo = str(world.ids.below(1 << 62))
        sealed = Box(room.aes_key, room.corpid).seal(echo)
        query = {**_signed(world, room, sealed), "echostr": sealed}
    wire = Wire(room.callback_url, world.config.limits.answer)
    try:
        answer = wire.get(query)
    except NoAnswer:
        return False
    finally:
        wire.close()
    return answer.status == 200 and answer.body == echo.encode()


def add_customer(
    world: World, timeline: AnyTimeline, person: Person, userid: str, state: str = ""
) -> str:
    """`person` adds a member by the contact code of channel `state`; the external_userid.

    Pushes add_external_contact with a WelcomeCode, unless they were contacts before.
    """
    with world.lock:
        external, code = befriend(world, person, userid, state)
        if code:
            more = {"State": state, "WelcomeCode": code}
            _changed(world, timeline, "add_external_contact", userid, external, more)
        return external


def lose_customer(
    world: World, timeline: AnyTimeline, external: str, userid: str, by_member: bool = False
) -> None:
    """The customer deletes the member (del_follow_user), or the member the customer.

    Raises KeyError where they were no contacts.
    """
    with world.lock:
        part(world, external, userid)
        change = "del_external_contact" if by_member else "del_follow_user"
        _changed(world, timeline, change, userid, external, {})


def _changed(
    world: World,
    timeline: AnyTimeline,
    change: str,
    userid: str,
    external: str,
    more: Mapping[str, str],
) -> None:
    room = corp(world)
    if not room.callback_url:
        return
    fields = {
        "ToUserName": room.corpid,
        "FromUserName": "sys",
        "CreateTime": int(world.clock().timestamp()),
        "MsgType": "event",
        "Event": "change_external_contact",
        "ChangeType": change,
        "UserID": userid,
        "ExternalUserID": external,
        **{name: text for name, text in more.items() if text},
    }
    timeline.later(world.config.limits.job_delay, lambda: _push(world, timeline, fields, 1))


def _push(world: World, timeline: AnyTimeline, fields: Mapping[str, Any], number: int) -> None:
    """One delivery, sealed afresh, without the world's lock; three in all."""
    try:
        answered = _posted(world, fields).status == 200
    except NoAnswer:
        answered = False
    facts = {"change": fields["ChangeType"], "number": number, "heard": answered}
    world.ledger.add("wecom_push", world.clock(), **facts)
    if not answered and number < world.config.limits.deliveries:
        gap = world.config.limits.retry_gap
        timeline.later(gap, lambda: _push(world, timeline, fields, number + 1))


def _posted(world: World, fields: Mapping[str, Any]) -> Answer:
    """Raises NoAnswer."""
    with world.lock:
        room = corp(world)
        sealed = Box(room.aes_key, room.corpid).seal(render(fields))
        query = _signed(world, room, sealed)
    body = render({"ToUserName": room.corpid, "Encrypt": sealed, "AgentID": ""})
    wire = Wire(room.callback_url, world.config.limits.answer)
    try:
        return wire.post(query, body.encode())
    finally:
        wire.close()


def _signed(world: World, room: Corp, sealed: str) -> dict[str, str]:
    stamp, nonce = str(int(world.clock.signing().timestamp())), str(world.ids.below(10**9))
    signature = sign(room.token, stamp, nonce, sealed)
    return {"msg_signature": signature, "timestamp": stamp, "nonce": nonce}
