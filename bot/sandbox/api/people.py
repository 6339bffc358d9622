"""Followers and tags (4.10)."""

from __future__ import annotations

from collections.abc import Mapping

from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, mapping, number, ok, texts
from bot.sandbox.people import Person
from bot.sandbox.world import World

PAGE = 10_000
BATCH = 100
TAGS = 100
TAGS_EACH = 20
TAGGED_AT_ONCE = 50
RESERVED = (0, 1, 2)


def _info(person: Person) -> Fields:
    """No nickname and no portrait: gone since 2021-12. Nothing at all of who does not follow."""
    if not person.subscribed or person.subscribe_at is None:
        return {"subscribe": 0, "openid": person.openid}
    return {
        "subscribe": 1,
        "openid": person.openid,
        "language": "zh_CN",
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


@endpoint("GET", "/cgi-bin/user/info", 5_000_000)
def user_info(desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    if not query.get("openid"):
        raise PlatformError(41009)
    return _info(_known(desk.world, query["openid"]))


@endpoint("POST", "/cgi-bin/user/info/batchget", 5_000_000)
def user_infos(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    wanted = body.get("user_list")
    if not isinstance(wanted, list):
        raise PlatformError(40031)
    if not 1 <= len(wanted) <= BATCH:
        raise PlatformError(40032)
    people = [_known(desk.world, mapping(one, 40031).get("openid")) for one in wanted]
    return {"user_info_list": [_info(person) for person in people]}


@endpoint("GET", "/cgi-bin/user/get", 500)
def user_list(desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    """A page after `next_openid`. Past the end: count 0, no `data`, next_openid ""."""
    world, after = desk.world, query.get("next_openid", "")
    total = len(world.subscribed())
    start = 0
    if after:
        _known(world, after)
        start = world.followers.index(after) + 1
    rest = (openid for openid in world.followers[start:] if world.people[openid].subscribed)
    page = [openid for openid, _ in zip(rest, range(PAGE), strict=False)]
    if not page:
        return {"total": total, "count": 0, "next_openid": ""}
    return {
        "total": total,
        "count": len(page),
        "data": {"openid": page},
        "next_openid": page[-1],
    }


@endpoint("POST", "/cgi-bin/user/info/updateremark", 10_000)
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


def _name(world: World, body: Fields) -> str:
    name = mapping(body.get("tag")).get("name")
    if not isinstance(name, str) or not name or name in world.tags.values():
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
    people = [desk.world.people[openid] for openid in desk.world.subscribed()]
    return {
        "tags": [
            {"id": tag, "name": name, "count": sum(tag in person.tags for person in people)}
            for tag, name in sorted(desk.world.tags.items())
        ]
    }


@endpoint("POST", "/cgi-bin/tags/update")
def update_tag(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    tag = _tag(desk.world, mapping(body.get("tag")).get("id"))
    if tag in RESERVED:
        raise PlatformError(45058)
    desk.world.tags[tag] = _name(desk.world, body)
    return ok()


@endpoint("POST", "/cgi-bin/tags/delete")
def delete_tag(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    tag = _tag(desk.world, mapping(body.get("tag")).get("id"))
    if tag in RESERVED:
        raise PlatformError(45058)
    del desk.world.tags[tag]
    for person in desk.world.people.values():
        person.tags -= {tag}
    return ok()


@endpoint("POST", "/cgi-bin/tags/getidlist")
def tags_of(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    return {"tagid_list": sorted(_known(desk.world, body.get("openid")).tags)}


@endpoint("POST", "/cgi-bin/user/tag/get")
def users_of_tag(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    world = desk.world
    tag = _tag(world, body.get("tagid"))
    tagged = [openid for openid in world.subscribed() if tag in world.people[openid].tags]
    after = body.get("next_openid")
    start = tagged.index(after) + 1 if after in tagged else 0
    page = tagged[start : start + PAGE]
    if not page:
        return {"count": 0, "next_openid": ""}
    return {"count": len(page), "data": {"openid": page}, "next_openid": page[-1]}


def _to_tag(world: World, body: Fields) -> tuple[int, list[Person]]:
    openids = texts(body.get("openid_list"), TAGGED_AT_ONCE)
    tag = _tag(world, body.get("tagid"))
    people = [world.people.get(openid) for openid in openids]
    met = [person for person in people if person is not None and person.subscribe_at]
    if len(met) < len(people):
        raise PlatformError(49003)
    return tag, met


@endpoint("POST", "/cgi-bin/tags/members/batchtagging")
def batch_tag(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """All or none; tagging again is harmless."""
    tag, people = _to_tag(desk.world, body)
    if any(len(person.tags | {tag}) > TAGS_EACH for person in people):
        raise PlatformError(45059)
    for person in people:
        person.tags |= {tag}
    return ok()


@endpoint("POST", "/cgi-bin/tags/members/batchuntagging")
def batch_untag(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    tag, people = _to_tag(desk.world, body)
    for person in people:
        person.tags -= {tag}
    return ok()
