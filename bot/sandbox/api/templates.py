"""Template messages (4.3): the account's industries and templates, and the sending."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.sandbox.api.notices import (
    CATALOGUE,
    FREE,
    Notice,
    composed,
    industrial,
    mini_program,
)
from bot.sandbox.api.notices_library import INDUSTRIAL, INDUSTRIES, LIBRARY
from bot.sandbox.clock import month_of
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, mapping, number, ok
from bot.sandbox.people import Bubble, Person
from bot.sandbox.reception import refuses
from bot.sandbox.world import World

SAME_CLIENT_ID = timedelta(minutes=10)
MOST_TEMPLATES = 25
MOST_KEYWORDS = 5
# A template message is a service notification: these words make a reviewer look (运营规范).
MARKETING = (
    "优惠券",
    "代金券",
    "礼券",
    "红包",
    "会员卡",
    "优惠",
    "立减",
    "满减",
    "折扣",
    "打折",
    "促销",
    "特价",
    "秒杀",
    "抢购",
    "大促",
    "免费领",
    "领券",
)


@dataclass
class Templates:
    """Templates by id, the banned among them, the last client ids."""

    notices: dict[str, Notice] = field(
        default_factory=lambda: {notice.id: notice for notice in CATALOGUE}
    )
    banned: set[str] = field(default_factory=set)
    client_ids: dict[tuple[str, str], tuple[int, datetime]] = field(default_factory=dict)
    industries: tuple[int, int] = (1, 31)
    industries_set_in: str = ""  # month


# --- what the platform and people do -------------------------------------------------------------


def ban(world: World, template_id: str, banned: bool = True) -> None:
    """The platform bans a template (43116), or allows it again. Raises KeyError: not ours."""
    with world.lock:
        room = world.room(Templates)
        if template_id not in room.notices:
            raise KeyError(template_id)
        if banned:
            room.banned.add(template_id)
        else:
            room.banned.discard(template_id)


def write(world: World, title: str, content: str) -> str:
    """A test account's own template, written on its page; fields are `{{key.DATA}}`. Its id."""
    with world.lock:
        template_id = world.ids.urlsafe(32)
        notice = Notice(template_id, title, content, "", FREE)
        world.room(Templates).notices[template_id] = notice
        return template_id


# --- industries ----------------------------------------------------------------------------------


def _industry(value: object) -> int:
    found = number(value, 40102)
    if found not in INDUSTRIES:
        raise PlatformError(40102)
    return found


@endpoint("POST", "/cgi-bin/template/api_set_industry", right="template")
def set_industry(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """Once a month; templates of an industry that the account leaves go with it."""
    room, month = desk.world.room(Templates), month_of(desk.world.clock())
    chosen = (_industry(body.get("industry_id1")), _industry(body.get("industry_id2")))
    if room.industries_set_in == month:
        raise PlatformError(43100)
    room.industries, room.industries_set_in = chosen, month
    room.notices = {
        notice.id: notice
        for notice in room.notices.values()
        if not notice.industry or notice.industry in chosen
    }
    return ok()


@endpoint("GET", "/cgi-bin/template/get_industry", right="template")
def get_industry(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    first, second = (INDUSTRIES[one] for one in desk.world.room(Templates).industries)
    return {
        "primary_industry": {"first_class": first[0], "second_class": first[1]},
        "secondary_industry": {"first_class": second[0], "second_class": second[1]},
    }


# --- the account's templates ---------------------------------------------------------------------


@endpoint("POST", "/cgi-bin/template/api_add_template", right="template")
def add_template(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """From the library: category templates by number and keywords, industry templates by name.

    40246 is the documented answer to keywords that are missing or not the template's.
    """
    room = desk.world.room(Templates)
    short_id = str(body.get("template_id_short") or "")
    if short_id not in LIBRARY and short_id not in INDUSTRIAL:
        raise PlatformError(200014)
    if len(room.notices) >= MOST_TEMPLATES:
        raise PlatformError(45026)
    template_id = desk.world.ids.urlsafe(32)
    if short_id in LIBRARY:
        room.notices[template_id] = _composed(template_id, short_id, body.get("keyword_name_list"))
    else:
        old = INDUSTRIAL[short_id]
        if old.industry not in room.industries:
            raise PlatformError(45027)
        room.notices[template_id] = industrial(template_id, old)
    return ok(template_id=template_id)


def _composed(template_id: str, tid: str, names: object) -> Notice:
    if not isinstance(names, list) or not 1 <= len(names) <= MOST_KEYWORDS:
        raise PlatformError(40246)
    keywords = LIBRARY[tid].by_name(names)
    if keywords is None:
        raise PlatformError(40246)
    return composed(template_id, LIBRARY[tid].title, keywords)


@endpoint("GET", "/cgi-bin/template/get_all_private_template", right="template")
def private_templates(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    return {"template_list": [_listed(one) for one in desk.world.room(Templates).notices.values()]}


def _listed(notice: Notice) -> Fields:
    """Category templates belong to no industry."""
    first, second = INDUSTRIES.get(notice.industry, ("", ""))
    return {
        "template_id": notice.id,
        "title": notice.title,
        "primary_industry": first,
        "deputy_industry": second,
        "content": notice.content,
        "example": notice.example,
    }


@endpoint("POST", "/cgi-bin/template/del_private_template", right="template")
def delete_template(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    if desk.world.room(Templates).notices.pop(str(body.get("template_id")), None) is None:
        raise PlatformError(40037)
    return ok()


# --- sending -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Message:
    person: Person
    notice: Notice
    values: Mapping[str, str]
    url: str
    page: str  # a mini-program's: then the tap leads there, and to `url` on old clients
    client_id: str

    @property
    def text(self) -> str:
        return f"{self.notice.title}\n{self.notice.rendered(self.values)}".rstrip("\n")


@endpoint("POST", "/cgi-bin/message/template/send", 100_000, right="template")
def template_send(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """A repeated client_msg_id within ten minutes gets the first msgid and delivers nothing."""
    world = desk.world
    message = _checked(world, body)
    key, now = (message.person.openid, message.client_id), world.clock()
    known = world.room(Templates).client_ids.get(key)
    if message.client_id and known is not None and now - known[1] < SAME_CLIENT_ID:
        world.ledger.add("template_repeat", now, openid=key[0], client_id=key[1])
        return ok(msgid=known[0])
    msgid = world.next_msgid()
    if message.client_id:
        _remember(world.room(Templates), key, msgid, now)
    _note(world, message, mapping(body["data"]))
    _deliver_later(desk, message, msgid)
    return ok(msgid=msgid)


def _remember(room: Templates, key: tuple[str, str], msgid: int, now: datetime) -> None:
    """Keeps the newest last and forgets those whose ten minutes are over."""
    room.client_ids.pop(key, None)
    room.client_ids[key] = (msgid, now)
    while now - next(iter(room.client_ids.values()))[1] >= SAME_CLIENT_ID:
        del room.client_ids[next(iter(room.client_ids))]


def _checked(world: World, body: Fields) -> _Message:
    """40037 or 43116 for the template, 40003, 43004, 43019 for the person, 47003 for a value."""
    notice = _sendable(world, body.get("template_id"))
    person = world.follower(body.get("touser"))
    if person.blacklisted:
        raise PlatformError(43019)
    values = notice.check(body.get("data"))
    appid, page = mini_program(world, body.get("miniprogram"))
    return _Message(
        person,
        notice,
        values,
        str(body.get("url") or ""),
        f"{appid} {page}".strip(),
        str(body.get("client_msg_id") or ""),
    )


def _sendable(world: World, template_id: object) -> Notice:
    room = world.room(Templates)
    notice = room.notices.get(str(template_id))
    if notice is None:
        raise PlatformError(40037)
    if notice.id in room.banned:
        raise PlatformError(43116)
    # On a test account nothing is checked and nothing is taken away: it proves no rule.
    return replace(notice, mode=FREE) if world.config.kind == "test" else notice


def _note(world: World, message: _Message, data: Fields) -> None:
    """What the platform keeps to itself: values that it cut, words that a reviewer would mind."""
    now, openid, template_id = world.clock(), message.person.openid, message.notice.id
    if lost := message.notice.lost(data, message.values):
        world.ledger.add(
            "template_stripped", now, openid=openid, template_id=template_id, fields=lost
        )
    if words := marketing(message.text):
        world.ledger.add(
            "template_marketing", now, openid=openid, template_id=template_id, words=words
        )


def marketing(text: str) -> list[str]:
    """The words of advertising in a text, the longest where one holds another."""
    found = [word for word in MARKETING if word in text]
    return [w for w in found if not any(w in longer for longer in found if longer != w)]


def _deliver_later(desk: Desk, message: _Message, msgid: int) -> None:
    world, person, text = desk.world, message.person, message.text
    whole = f"{text} {message.url}".strip()
    world.accepted(
        person.openid, message.notice.id, "template", str(msgid), whole, message.client_id
    )
    told = f"{text}\n小程序：{message.page}" if message.page else text

    def finish() -> None:
        with world.lock:
            status = _status(world, person)
            if status == "success":
                world.show(
                    person,
                    Bubble("account", "template", told, world.clock(), "template", message.url),
                )
            event = {"Event": "TEMPLATESENDJOBFINISH", "MsgID": msgid, "Status": status}
            desk.acts.job_finished(person, event)

    desk.timeline.later(world.config.limits.job_delay, finish)


def _status(world: World, person: Person) -> str:
    """What became of it, in the platform's spelling: one space after one of the colons."""
    if not person.subscribed or refuses(world, person):
        return "failed:user block"
    if world.faults.push("template_failed", person.openid, "TEMPLATESENDJOBFINISH"):
        return "failed: system failed"
    return "success"
