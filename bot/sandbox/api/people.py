"""Followers and tags (4.10)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, mapping, number, ok, texts
from bot.sandbox.people import Person
from bot.sandbox.statistics import Statistics
from bot.sandbox.tags import fans_of, retag
from bot.sandbox.world import World

PAGE = 10_000
ENDS_KEPT = 10_000
BATCH = 100
TAGS = 100
TAGS_EACH = 20
TAGGED_AT_ONCE = 50
RESERVED = (0, 1, 2)
UNDELETABLE = 100_000  # fans of a tag
MOVED_AT_ONCE = 100
MOVED_LIFE = timedelta(days=15)


def _info(person: Person) -> Fields:
    """No nickname, portrait or language: gone since 2021. Nothing of who does not follow."""
    if not person.subscribed or person.subscribe_at is None:
        return {"subscribe": 0, "openid": person.openid}
    return {
        "subscribe": 1,
        "openid": person.openid,
        "language": "",
        "subscribe_time": int(person.subscribe_at.timestamp()),
        "unionid": person.unionid,
        "remark": person.remark,
        "groupid": min(person.tags, default=0),
        "tagid_list": sorted(person.tags),
        "subscribe_scene": person.subscribe_scene,
        "qr_scene": int(person.scene) if person.scene.isdigit() else 0,
        "qr_scene_str": "" if person.scene.isdigit() else person.scene,
    }


def _known(world: World, openid: object) -> Person:
    person = world.people.get(openid) if isinstance(openid, str) else None
    if person is None or person.subscribe_at is None:
        raise PlatformError(40003)
    return person


@endpoint("GET", "/cgi-bin/user/info")
def user_info(desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    if not query.get("openid"):
        raise PlatformError(41009)
    return _info(_known(desk.world, query["openid"]))


@dataclass
class PageEnds:
    """Where the pages that were given out end in `world.followers`, which only ever grows: the
    next page is not looked for among hundreds of thousands."""

    places: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def add(self, openid: str, place: int) -> None:
        self.places[openid] = place
        if len(self.places) > ENDS_KEPT:
            self.places.popitem(last=False)


def _after(world: World, openid: object) -> Iterator[int]:
    """The places of those who follow; behind `openid` where one is named."""
    start = 0
    if openid:
        known = _known(world, openid).openid
        place = world.room(PageEnds).places.get(known)
        start = (world.followers.index(known) if place is None else place) + 1
    everyone = range(start, len(world.followers))
    return (n for n in everyone if world.people[world.followers[n]].subscribed)


def _page(world: World, places: list[int]) -> Fields:
    if not places:
        return {"count": 0, "next_openid": ""}
    openids = [world.followers[n] for n in places]
    world.room(PageEnds).add(openids[-1], places[-1])
    return {"count": len(openids), "data": {"openid": openids}, "next_openid": openids[-1]}


@endpoint("POST", "/cgi-bin/user/info/batchget")
def user_infos(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    wanted = body.get("user_list")
    if not isinstance(wanted, list):
        raise PlatformError(40031)
    if not 1 <= len(wanted) <= BATCH:
        raise PlatformError(40032)
    people = [_known(desk.world, mapping(one, 40031).get("openid")) for one in wanted]
    return {"user_info_list": [_info(person) for person in people]}


@endpoint("GET", "/cgi-bin/user/get")
def user_list(desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    """A page after `next_openid`. Past the end: count 0, no `data`, next_openid ""."""
    world = desk.world
    places = list(islice(_after(world, query.get("next_openid", "")), PAGE))
    return {"total": world.room(Statistics).fans, **_page(world, places)}


@endpoint("POST", "/cgi-bin/user/info/updateremark")
def update_remark(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    person = desk.world.follower(body.get("openid"))
    remark = str(body.get("remark", ""))
    if len(remark) >= 30:
        raise PlatformError(40035)
    person.remark = remark
    return ok()


# --- tags --------------------------------------------------------------------------------------


def _tag(world: World, value: object) -> int:
    """An existing tag's id. 45159 also for a body that spells the field `tagId`."""
    if value is None:
        raise PlatformError(45159)
    tag = number(value, 45159)
    if tag not in world.tags:
        raise PlatformError(45159)
    return tag


def _changeable(world: World, body: Fields) -> int:
    """The id of an existing tag of the account's own. 45058 for a reserved one."""
    value = mapping(body.get("tag")).get("id")
    if value in RESERVED:
        raise PlatformError(45058)
    return _tag(world, value)


def _name(world: World, body: Fields, own: str = "") -> str:
    """A name that no other tag has."""
    name = mapping(body.get("tag")).get("name")
    if not isinstance(name, str) or not name.strip():
        raise PlatformError(45157)
    if name != own and name in world.tags.values():
        raise PlatformError(45157)
    if len(name.encode()) > 30:
        raise PlatformError(45158)
    return name


@endpoint("POST", "/cgi-bin/tags/create")
def create_tag(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    world = desk.world
    name = _name(world, body)
    if len(world.tags) >= TAGS:
        raise PlatformError(45056)
    tag = max(max(world.tags), 99) + 1
    world.tags[tag] = name
    return {"tag": {"id": tag, "name": name}}


@endpoint("GET", "/cgi-bin/tags/get")
def get_tags(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    world = desk.world
    return {
        "tags": [
            {"id": tag, "name": name, "count": fans_of(world, tag)}
            for tag, name in sorted(world.tags.items())
        ]
    }


@endpoint("POST", "/cgi-bin/tags/update")
def update_tag(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    tag = _changeable(desk.world, body)
    desk.world.tags[tag] = _name(desk.world, body, own=desk.world.tags[tag])
    return ok()


@endpoint("POST", "/cgi-bin/tags/delete")
def delete_tag(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """45057 where more than 100,000 carry it: they are untagged first."""
    world, tag = desk.world, _changeable(desk.world, body)
    if fans_of(world, tag) > UNDELETABLE:
        raise PlatformError(45057)
    del world.tags[tag]
    for person in world.people.values() if fans_of(world, tag) else ():
        if tag in person.tags:
            retag(world, person, person.tags - {tag})
    return ok()


@endpoint("POST", "/cgi-bin/tags/getidlist")
def tags_of(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    return {"tagid_list": sorted(_known(desk.world, body.get("openid")).tags)}


@endpoint("POST", "/cgi-bin/user/tag/get")
def users_of_tag(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    world = desk.world
    tag = _tag(world, body.get("tagid"))
    rest, people, roll = _after(world, body.get("next_openid")), world.people, world.followers
    most = min(PAGE, fans_of(world, tag))  # behind the last of them nobody is looked at
    return _page(world, list(islice((n for n in rest if tag in people[roll[n]].tags), most)))


def _to_tag(world: World, body: Fields) -> tuple[int, list[Person]]:
    openids = texts(body.get("openid_list"), TAGGED_AT_ONCE)
    tag = _tag(world, body.get("tagid"))
    people = [world.people.get(openid) for openid in openids]
    met = [person for person in people if person is not None and person.subscribe_at]
    if len(met) < len(people):
        raise PlatformError(49003)
    if not all(person.subscribed for person in met):
        raise PlatformError(40003)
    return tag, met


@endpoint("POST", "/cgi-bin/tags/members/batchtagging")
def batch_tag(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """All or none; tagging again is harmless."""
    tag, people = _to_tag(desk.world, body)
    if any(len(person.tags | {tag}) > TAGS_EACH for person in people):
        raise PlatformError(45059)
    for person in people:
        retag(desk.world, person, person.tags | {tag})
    return ok()


@endpoint("POST", "/cgi-bin/tags/members/batchuntagging")
def batch_untag(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    tag, people = _to_tag(desk.world, body)
    for person in people:
        retag(desk.world, person, person.tags - {tag})
    return ok()


# --- a moved account (账号迁移) -----------------------------------------------------------------


@dataclass
class Moved:
    """The accounts that were moved into this one: old openid -> new, and since when."""

    openids: dict[str, dict[str, str]] = field(default_factory=dict)
    since: dict[str, datetime] = field(default_factory=dict)


def move_account(world: World, from_appid: str, openids: Mapping[str, str]) -> None:
    """The account `from_appid` has been moved into this one: its openids are others here."""
    with world.lock:
        moved = world.room(Moved)
        moved.openids.setdefault(from_appid, {}).update(openids)
        moved.since[from_appid] = world.clock()


@endpoint("POST", "/cgi-bin/changeopenid")
def change_openid(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """40013 for an account that was not moved here, or fifteen days ago."""
    openids = texts(body.get("openid_list"), MOVED_AT_ONCE)
    moved, old = desk.world.room(Moved), body.get("from_appid")
    if not isinstance(old, str):
        raise PlatformError(40035)
    if old not in moved.since or moved.since[old] + MOVED_LIFE <= desk.world.clock():
        raise PlatformError(40013)
    known = moved.openids[old]
    return ok(
        result_list=[
            {"ori_openid": one, "new_openid": known[one], "err_msg": "ok"}
            if one in known
            else {"ori_openid": one, "err_msg": "ori_openid error"}
            for one in openids
        ]
    )
