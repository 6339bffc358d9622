"""Mass messages (4.7): audience, the four a month, clientmsgid, the later job-finish event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.sandbox.clock import month_of
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, mapping, number, texts
from bot.sandbox.judge import TEXT_BYTES
from bot.sandbox.people import Bubble, Person
from bot.sandbox.world import World

A_DAY = 100
A_MONTH_EACH = 4
FEWEST, MOST = 2, 10_000
REMEMBERED = timedelta(hours=24)
TOO_SOON = timedelta(minutes=1)
CLIENT_ID_BYTES = 64
SUBMITTED = "send job submission success"
_QUOTA = "/cgi-bin/message/mass"  # both ways of sending share the day's calls


@dataclass
class MassJobs:
    """clientmsgid -> msg_id and when; msg_id -> status."""

    ids: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    jobs: dict[int, str] = field(default_factory=dict)


def _content(world: World, body: Fields) -> tuple[str, str]:
    """Kind and text of the message. Raises PlatformError."""
    kind = body.get("msgtype")
    if kind == "text":
        text = mapping(body.get("text"), 44004).get("content")
        if not isinstance(text, str) or not text:
            raise PlatformError(44004)
        if len(text.encode()) > TEXT_BYTES:
            raise PlatformError(45002)
        return kind, text
    if kind == "image":
        media = mapping(body.get("images") or body.get("image"), 41006)
        world.require_media((media.get("media_ids") or [media.get("media_id")])[0])
        return kind, "[image]"
    if isinstance(kind, str) and kind in ("mpnews", "voice", "mpvideo"):
        world.require_media(mapping(body.get(kind), 41006).get("media_id"))
        return kind, f"[{kind}]"
    raise PlatformError(40008)


def _remembered(world: World, client_id: str) -> None:
    """45066 within a minute, 45065 with the old msg_id within a day."""
    if len(client_id.encode()) > CLIENT_ID_BYTES:
        raise PlatformError(45067)
    known = world.room(MassJobs).ids.get(client_id)
    age = world.clock() - known[1] if known else REMEMBERED
    if known and age < TOO_SOON:
        raise PlatformError(45066)
    if known and age < REMEMBERED:
        raise PlatformError(45065, msg_id=known[0])


def _submit(desk: Desk, body: Fields, audience: Sequence[Person]) -> Fields:
    world, now = desk.world, desk.world.clock()
    kind, text = _content(world, body)
    client_id = str(body.get("clientmsgid") or "")
    if client_id:
        _remembered(world, client_id)
    world.spend(_QUOTA, A_DAY, 45028)
    msgid = world.next_msgid()
    if client_id:
        world.room(MassJobs).ids[client_id] = (msgid, now)
    world.room(MassJobs).jobs[msgid] = "SENDING"
    month = month_of(now)
    # Who has had four this month is filtered out quietly; the month counts at submission, so that
    # two jobs under way cannot both take the fourth place.
    allowed = [p for p in audience if p.subscribed and p.mass_months.get(month, 0) < A_MONTH_EACH]
    for person in allowed:
        person.mass_months[month] = person.mass_months.get(month, 0) + 1
        world.accepted(person.openid, kind, "mass", str(msgid), text, client_id)
    desk.timeline.later(
        world.config.limits.job_delay,
        lambda: _finish(desk, msgid, kind, text, len(audience), allowed),
    )
    return {
        "errcode": 0,
        "errmsg": SUBMITTED,
        "msg_id": msgid,
        "msg_data_id": 200_000_000 + world.ids.below(10**8),
    }


def _finish(
    desk: Desk, msgid: int, kind: str, text: str, total: int, allowed: Sequence[Person]
) -> None:
    world = desk.world
    reached = [person for person in allowed if person.subscribed]
    for person in reached:
        world.show(person, Bubble("account", kind, text, world.clock(), "mass"))
    with world.lock:
        world.room(MassJobs).jobs[msgid] = "SEND_SUCCESS"
        # The event comes from the platform; any openid of the account stands in FromUserName.
        sender = allowed[0] if allowed else world.person()
    fields: Fields = {
        "Event": "MASSSENDJOBFINISH",
        "MsgID": msgid,
        "Status": "send success",
        "TotalCount": total,
        "FilterCount": len(allowed),
        "SentCount": len(reached),
        "ErrorCount": len(allowed) - len(reached),
    }
    desk.acts.job_finished(sender, fields)


@endpoint("POST", "/cgi-bin/message/mass/send")
def mass_send(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """By a list of 2..10000 openids; who is unknown or has left is filtered out."""
    openids = texts(body.get("touser"), MOST)
    if len(openids) < FEWEST:
        raise PlatformError(40032)
    met = [desk.world.people.get(openid) for openid in dict.fromkeys(openids)]
    people = [person for person in met if person is not None and person.subscribe_at]
    if not people:
        raise PlatformError(40003)
    return _submit(desk, body, people)


@endpoint("POST", "/cgi-bin/message/mass/sendall")
def mass_send_all(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """By tag, or to all."""
    world, chosen = desk.world, mapping(body.get("filter"))
    people = [world.people[openid] for openid in world.subscribed()]
    if chosen.get("is_to_all") is not True:
        tag = number(chosen.get("tag_id"), 45159)
        if tag not in world.tags:
            raise PlatformError(45159)
        people = [person for person in people if tag in person.tags]
    return _submit(desk, body, people)


@endpoint("POST", "/cgi-bin/message/mass/get")
def mass_get(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    msgid = number(body.get("msg_id"))
    if msgid not in desk.world.room(MassJobs).jobs:
        raise PlatformError(40035)
    return {"msg_id": msgid, "msg_status": desk.world.room(MassJobs).jobs[msgid]}
