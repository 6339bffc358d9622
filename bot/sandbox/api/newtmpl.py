"""The library of subscription notices and the account's own choice from it (4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.sandbox.api.notices import Notice, composed
from bot.sandbox.api.notices_library import CATEGORIES, LIBRARY, Public
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, number, ok

MOST_NOTICES = 25
KEYWORDS = range(2, 6)
SCENE_LENGTH = 15
PAGE = 30


def _first() -> dict[str, Notice]:
    """What the account has from the start."""
    event, restock = LIBRARY["47123"], LIBRARY["48210"]
    return {
        notice.id: notice
        for notice in (
            composed(
                "SBXN1_event_reminder_0000000000000000000000",
                event.title,
                event.keywords[:3],
                event.type,
            ),
            composed(
                "SBXN2_back_in_stock_00000000000000000000000",
                restock.title,
                restock.keywords[:3],
                restock.type,
            ),
        )
    }


@dataclass
class Notices:
    """The account's subscription notices by priTmplId."""

    notices: dict[str, Notice] = field(default_factory=_first)


def _number(query: Mapping[str, str], name: str, least: int, most: int, errcode: int) -> int:
    found = number(query.get(name, ""), errcode)
    if not least <= found <= most:
        raise PlatformError(errcode)
    return found


def _public(tid: object) -> Public:
    found = LIBRARY.get(str(tid or ""))
    if found is None:
        raise PlatformError(200014)
    return found


@endpoint("GET", "/wxaapi/newtmpl/getcategory", right="subscribe_notice")
def categories(_desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    return ok(data=[{"id": one, "name": name} for one, name in CATEGORIES.items()])


@endpoint("GET", "/wxaapi/newtmpl/getpubtemplatetitles", right="subscribe_notice")
def titles(_desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    """Titles of the categories `ids` ("307,321"): 200018 none named, 200019 one that is none."""
    if not query.get("ids"):
        raise PlatformError(200018)
    wanted = {number(one.strip(), 200019) for one in query["ids"].strip('"').split(",")}
    if not wanted <= set(CATEGORIES):
        raise PlatformError(200019)
    start = _number(query, "start", 0, 1 << 31, 200016)
    limit = _number(query, "limit", 1, PAGE, 200017)
    found = [public for public in LIBRARY.values() if public.category in wanted]
    data = [
        {
            "tid": int(public.tid),
            "title": public.title,
            "type": public.type,
            "categoryId": str(public.category),
        }
        for public in found[start : start + limit]
    ]
    return ok(count=len(found), data=data)


@endpoint("GET", "/wxaapi/newtmpl/getpubtemplatekeywords", right="subscribe_notice")
def keywords(_desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    found = _public(query.get("tid")).keywords
    data = [
        {"kid": word.kid, "name": word.name, "example": word.example, "rule": word.rule}
        for word in found
    ]
    return ok(count=len(found), data=data)


@endpoint("POST", "/wxaapi/newtmpl/addtemplate", right="subscribe_notice")
def add_notice(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """Two to five keywords in any order; the scene is described in at most 15 characters."""
    room, public = desk.world.room(Notices), _public(body.get("tid"))
    kids, scene = body.get("kidList"), body.get("sceneDesc") or ""
    if not isinstance(kids, list) or len(kids) not in KEYWORDS:
        raise PlatformError(200020)
    chosen = public.by_kid(kids)
    if chosen is None:
        raise PlatformError(200020)
    if not isinstance(scene, str) or len(scene) > SCENE_LENGTH:
        raise PlatformError(200021)
    if len(room.notices) >= MOST_NOTICES:
        raise PlatformError(200012)
    template_id = desk.world.ids.urlsafe(32)
    room.notices[template_id] = composed(template_id, public.title, chosen, public.type)
    return ok(priTmplId=template_id)


@endpoint("GET", "/wxaapi/newtmpl/gettemplate", right="subscribe_notice")
def own_notices(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    data = [
        {
            "priTmplId": notice.id,
            "title": notice.title,
            "content": notice.content,
            "example": notice.example,
            "type": notice.type,
        }
        for notice in desk.world.room(Notices).notices.values()
    ]
    return ok(data=data)


@endpoint("POST", "/wxaapi/newtmpl/deltemplate", right="subscribe_notice")
def delete_notice(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    if not body.get("priTmplId"):
        raise PlatformError(20002)
    if desk.world.room(Notices).notices.pop(str(body["priTmplId"]), None) is None:
        raise PlatformError(20001)
    return ok()
