"""Mass messages (4.7): audience, allowances, clientmsgid, preview, status, deletion, speed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.sandbox.api.mass_content import Content, content
from bot.sandbox.api.mass_jobs import (
    A_MONTH_EACH,
    NOT_CHECKED,
    PASSED,
    REPRINT,
    REPRINTS,
    SPEEDS,
    STOPPED,
    SUCCESS,
    Job,
    MassJobs,
    counts,
    expire,
    start,
)
from bot.sandbox.articles import Post, compose, delete, release
from bot.sandbox.clock import month_of
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import UNLIMITED, Desk, Fields, endpoint, mapping, number, ok, texts
from bot.sandbox.people import Bubble, Person
from bot.sandbox.reception import Reception
from bot.sandbox.world import World

A_DAY, A_MINUTE = 100, 60
TO_ALL_A_DAY, TO_ALL_A_MONTH = 1, 4
FEWEST, MOST = 2, 10_000
TOO_SOON = timedelta(minutes=1)
CLIENT_ID_BYTES = 64
SUBMITTED = "send job submission success"
PREFIX = "/cgi-bin/message/mass"
TO_ALL = "mass to all"


# --- whether it may go -------------------------------------------------------------------------


def _remembered(world: World, body: Fields) -> str:
    """The id that the message is remembered by, "" for none.

    45067 too long; of one that came already: 45066 within a minute, then for a day 45065 with the
    old msg_id. A message without one is known by what it is, and then there is no minute.
    """
    given = str(body.get("clientmsgid") or "")
    if len(given.encode()) > CLIENT_ID_BYTES:
        raise PlatformError(45067)
    if not given and not world.config.switches.identical_mass:
        return ""
    client_id = given or _derived(body)
    known = world.room(MassJobs).ids.get(client_id)
    if known is None or (age := world.clock() - known[1]) >= _memory(world):
        return client_id
    if given and age < TOO_SOON:
        raise PlatformError(45066)
    raise PlatformError(45065, msg_id=known[0])


def _memory(world: World) -> timedelta:
    return timedelta(hours=world.config.switches.client_id_hours)


def _derived(body: Fields) -> str:
    text = json.dumps({**body, "clientmsgid": ""}, sort_keys=True, ensure_ascii=False)
    return f"derived:{hashlib.sha256(text.encode()).hexdigest()}"


def _allowance(world: World, to_all: bool) -> None:
    """45028: a subscription account's one of the day; the one a day, four a month to all."""
    if world.config.kind == "subscription":
        world.spend("mass", 1, 45028)
        return
    if not to_all:
        return
    month = (TO_ALL, month_of(world.clock()))
    if world.used[month] >= TO_ALL_A_MONTH:
        raise PlatformError(45028)
    world.spend(TO_ALL, TO_ALL_A_DAY, 45028)
    world.used[month] += 1


def _left(world: World, audience: Sequence[Person]) -> list[Person]:
    """Who gets it: quietly without those on the blacklist, who refuse, who had four this month.

    The month counts here, at submission, so that two jobs cannot both take the fourth place.
    """
    refusing, sent = world.room(Reception).closed, counts(world)
    most = A_MONTH_EACH if world.config.kind == "service" else UNLIMITED
    left = []
    for person in audience:  # of hundreds of thousands: one pass
        openid = person.openid
        had = sent.get(openid, 0)
        if had < most and not person.blacklisted and openid not in refusing:
            sent[openid] = had + 1
            left.append(person)
    return left


# --- sending -----------------------------------------------------------------------------------


def _submit(desk: Desk, body: Fields, audience: Sequence[Person], to_all: bool = False) -> Fields:
    world, room = desk.world, desk.world.room(MassJobs)
    client_id = _remembered(world, body)  # first: a repeat must learn of the old msg_id
    said = content(world, body)
    _allowance(world, to_all)
    job = _job(world, body, said, audience)
    job.waits = to_all and world.config.switches.admin_confirms
    if client_id:
        memory = _memory(world)
        room.ids = {key: one for key, one in room.ids.items() if job.at - one[1] < memory}
        room.ids[client_id] = (job.msg_id, job.at)
    room.jobs[job.msg_id] = job
    start(desk, job)
    data_id = job.post.msg_data_id if job.post else 200_000_000 + world.next_msgid()
    return {"errcode": 0, "errmsg": SUBMITTED, "msg_id": job.msg_id, "msg_data_id": data_id}


def _job(world: World, body: Fields, said: Content, audience: Sequence[Person]) -> Job:
    people = _left(world, audience)
    post = compose(world, said.news, "mass") if said.news else None
    job = Job(
        world.next_msgid(),
        said,
        post,
        str(body.get("clientmsgid") or ""),
        len(audience),
        people,
        world.clock(),
        filtered=len(people),
        check=PASSED if post else NOT_CHECKED,
    )
    _ending(world, job, body)
    return job


def _ending(world: World, job: Job, body: Fields) -> None:
    """How it is to end, where that was asked for; a reprint goes out if the sender wants it."""
    room = world.room(MassJobs)
    end, room.next_end = room.next_end, ""
    if end in REPRINTS and str(body.get("send_ignore_reprint")) in ("1", "True"):
        job.check = REPRINT
        return
    job.end = end or SUCCESS
    if end.startswith("err(3000"):
        job.check = STOPPED


@endpoint("POST", f"{PREFIX}/send", A_DAY, a_minute=A_MINUTE, right="mass_list")
def mass_send(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """By a list of 2..10000 openids; who is unknown or has left is not counted. 40003: all are.

    Its calls and those of `sendall` are counted together (bot.sandbox.limits_table.counter).
    """
    openids = texts(body.get("touser"), MOST)
    if len(openids) < FEWEST:
        raise PlatformError(40032)
    met = [desk.world.people.get(openid) for openid in dict.fromkeys(openids)]
    people = [person for person in met if person is not None and person.subscribed]
    if not people:
        raise PlatformError(40003)
    return _submit(desk, body, people)


@endpoint("POST", f"{PREFIX}/sendall", A_DAY, a_minute=A_MINUTE, right="mass_tag")
def mass_send_all(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """By tag, or to all."""
    world, chosen = desk.world, mapping(body.get("filter"))
    people = [person for one in world.followers if (person := world.people[one]).subscribed]
    if chosen.get("is_to_all") is True:
        return _submit(desk, body, people, to_all=True)
    tag = number(chosen.get("tag_id"), 45159)
    if tag not in world.tags:
        raise PlatformError(45159)
    return _submit(desk, body, [person for person in people if tag in person.tags])


@endpoint("POST", f"{PREFIX}/preview", A_DAY, right="mass_tag")
def preview(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """To one follower, by openid or WeChat id (here the person's name); counts for no month."""
    world = desk.world
    person = _named(world, body["towxname"]) if body.get("towxname") else None
    person = person or world.follower(body.get("touser"))
    said, msg_id = content(world, body), world.next_msgid()
    url = ""
    if said.news:
        post = compose(world, said.news, "preview")
        release(world, post, 1)
        url = post.articles[0].url
    text = f"{said.text} {url}".strip()
    world.accepted(person.openid, said.kind, "preview", str(msg_id), text)
    world.show(person, Bubble("account", said.kind, said.text, world.clock(), "preview", url))
    return {"errcode": 0, "errmsg": "preview success", "msg_id": msg_id}


def _named(world: World, name: object) -> Person:
    """40132 where no follower has this WeChat id."""
    for openid in world.followers:
        person = world.people[openid]
        if person.name == name and person.subscribed:
            return person
    raise PlatformError(40132)


# --- afterwards --------------------------------------------------------------------------------


def _known(desk: Desk, body: Fields) -> Job:
    job = desk.world.room(MassJobs).jobs.get(number(body.get("msg_id")))
    if job is None:
        raise PlatformError(40035)
    expire(desk, job.msg_id)
    return job


@endpoint("POST", f"{PREFIX}/get", right="mass_tag")
def mass_get(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    job = _known(desk, body)
    return {"msg_id": job.msg_id, "msg_status": job.status}


@endpoint("POST", f"{PREFIX}/delete", 10, right="mass_tag")
def mass_delete(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """`article_idx` from 1; 0 or none: all. 40008 for what is no article and no video.

    The bubbles stay on the phones; the pages say that the content is gone.
    """
    job = _known(desk, body)
    if job.content.kind not in ("mpnews", "mpvideo"):
        raise PlatformError(40008)
    if job.status != "SEND_SUCCESS":
        raise PlatformError(40035, "msg_id: not sent")
    index = number(body.get("article_idx") or 0, 40060)
    if not 0 <= index <= _articles(job.post):
        raise PlatformError(40060)
    if job.post is None or delete(job.post, index):
        job.status = "DELETE"
    return ok()


def _articles(post: Post | None) -> int:
    return len(post.articles) if post else 1


@endpoint("POST", f"{PREFIX}/speed/get", right="mass_tag")
def speed(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    """`realspeed` in ten thousand a minute."""
    level = desk.world.room(MassJobs).speed
    return {"speed": level, "realspeed": SPEEDS[level] // 10_000}


@endpoint("POST", f"{PREFIX}/speed/set", right="mass_tag")
def set_speed(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """0 (the fastest) to 4: 45083 outside, 45084 missing. It holds from the next chunk on."""
    if body.get("speed") is None:
        raise PlatformError(45084)
    level = number(body["speed"], 45083)
    if not 0 <= level < len(SPEEDS):
        raise PlatformError(45083)
    desk.world.room(MassJobs).speed = level
    return ok()
