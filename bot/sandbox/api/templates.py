"""Template messages (4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.api.notices import CATALOGUE, Notice
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, ok
from bot.sandbox.people import Bubble, Person

SAME_CLIENT_ID = timedelta(minutes=10)


@dataclass
class Templates:
    """The account's templates by id, and the client ids of the last messages."""

    notices: dict[str, Notice] = field(
        default_factory=lambda: {notice.id: notice for notice in CATALOGUE}
    )
    client_ids: dict[tuple[str, str], tuple[int, datetime]] = field(default_factory=dict)


@endpoint("GET", "/cgi-bin/template/get_all_private_template")
def private_templates(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    notices = desk.world.room(Templates).notices.values()
    return {"template_list": [notice.as_json() for notice in notices]}


@endpoint("POST", "/cgi-bin/message/template/send", 100_000)
def template_send(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """A repeated client_msg_id within ten minutes gets the first msgid and delivers nothing."""
    world, room = desk.world, desk.world.room(Templates)
    notice = room.notices.get(str(body.get("template_id")))
    if notice is None:
        raise PlatformError(40037)
    person = world.follower(body.get("touser"))
    values = notice.check(body.get("data"))
    client_id = str(body.get("client_msg_id") or "")
    now = world.clock()
    if client_id:
        known = room.client_ids.get((person.openid, client_id))
        if known is not None and now - known[1] < SAME_CLIENT_ID:
            world.ledger.add("template_repeat", now, openid=person.openid, client_id=client_id)
            return ok(msgid=known[0])
    msgid = world.next_msgid()
    if client_id:
        room.client_ids[(person.openid, client_id)] = (msgid, now)
    _deliver_later(desk, person, notice, values, msgid, client_id, str(body.get("url") or ""))
    return ok(msgid=msgid)


def _deliver_later(
    desk: Desk,
    person: Person,
    notice: Notice,
    values: Mapping[str, str],
    msgid: int,
    client_id: str,
    url: str,
) -> None:
    world = desk.world
    text = f"{notice.title}\n{notice.rendered(values)}"
    world.accepted(
        person.openid, notice.id, "template", str(msgid), f"{text} {url}".strip(), client_id
    )

    def finish() -> None:
        status = "success"
        if not person.subscribed:
            status = "failed:user block"
        elif world.faults.happens(world.faults.template_failed):
            status = "failed: system failed"
        if status == "success":
            world.show(person, Bubble("account", "template", text, world.clock(), "template", url))
        fields: dict[str, Any] = {
            "Event": "TEMPLATESENDJOBFINISH",
            "MsgID": msgid,
            "Status": status,
        }
        desk.acts.job_finished(person, fields)

    desk.timeline.later(world.config.limits.job_delay, finish)
