"""Subscription notices and one-time subscriptions: the rights, and the sending (4.4, 4.5, 5).

A right is given by a person in one place and spent there: an official account's notice through
`bizsend`, a mini-program's through `subscribe/send`, a one-time subscription through
`template/subscribe`. Through any other call, or once it is spent, the answer is 43101.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bot.sandbox.acts import Acts
from bot.sandbox.api.newtmpl import Notices
from bot.sandbox.api.notices import Notice, is_page, mini_program
from bot.sandbox.api.notices_library import LONG_TERM
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, mapping, number, ok
from bot.sandbox.people import Bubble, Person
from bot.sandbox.world import World

WEB, ARTICLE, MINI_PROGRAM = 1, 2, 0  # PopupScene
MOST_AT_ONCE = {WEB: 5, ARTICLE: 5, MINI_PROGRAM: 3}
ONE_TIME_TEMPLATE = "SBXO1_one_time_subscription_000000000000000"  # the account has just this one
LAST_SCENE = 10_000
TITLE_LENGTH = 15
CONTENT_LENGTH = 200
STATES = ("formal", "trial", "developer")
LANGUAGES = ("zh_CN", "en_US", "zh_HK", "zh_TW")

Right = tuple[str, str, str]  # openid, template, "biz" | "mini"


@dataclass
class Rights:
    """How many messages may go by each right, those without end, and one-time scenes."""

    left: dict[Right, int] = field(default_factory=dict)
    for_good: set[Right] = field(default_factory=set)
    scenes: set[tuple[str, int]] = field(default_factory=set)  # openid, scene


# --- what people do ------------------------------------------------------------------------------


def accept_notice(
    world: World,
    acts: Acts,
    person: Person,
    template_ids: Sequence[str],
    accepted: bool | Collection[str] = True,
    scene: int = WEB,
) -> dict[str, str]:
    """Answers the pop-up of these notices: all, none, or those ticked. "accept" or "reject" each.

    scene  WEB (an H5 page), ARTICLE, or MINI_PROGRAM; who does not follow may answer too.
    Raises ValueError where the platform would show no such pop-up.
    """
    with world.lock:
        notices = _offered(world, template_ids, scene)
        ticked = set(template_ids if accepted is True else accepted or ())
        told = {n.id: "accept" if n.id in ticked else "reject" for n in notices}
        for notice in notices:
            if notice.id in ticked:
                _give(world, person, notice, "mini" if scene == MINI_PROGRAM else "biz")
        items = [
            {"TemplateId": one, "SubscribeStatusString": said, "PopupScene": str(scene)}
            for one, said in told.items()
        ]
        _show(world, person, "回复了订阅请求", [n.title for n in notices if n.id in ticked])
        _tell(world, acts, person, "subscribe_msg_popup_event", "SubscribeMsgPopupEvent", items)
        return told


def stop_notice(world: World, acts: Acts, person: Person, template_id: str) -> bool:
    """Turns a notice off in the settings: its rights are gone. False: there were none.

    Only refusals are pushed; the documents' sample of it is wrapped as a pop-up's once, which
    the switch `change_as_popup` plays.
    """
    with world.lock:
        room = world.room(Rights)
        gone = [(person.openid, template_id, side) for side in ("biz", "mini")]
        had = any(right in room.left or right in room.for_good for right in gone)
        for right in gone:
            room.left.pop(right, None)
            room.for_good.discard(right)
        if had:
            item = {"TemplateId": template_id, "SubscribeStatusString": "reject"}
            as_popup = world.config.switches.change_as_popup
            wrapper = "SubscribeMsgPopupEvent" if as_popup else "SubscribeMsgChangeEvent"
            _show(world, person, "关闭了订阅通知", [])
            _tell(world, acts, person, "subscribe_msg_change_event", wrapper, [item])
        return had


def rights_of(world: World, person: Person, side: str = "biz") -> dict[str, int]:
    """Messages that may go to the person, by template; -1 where there is no end.

    side  "biz": the account's notices; "mini": a mini-program's
    """
    with world.lock:
        room, openid = world.room(Rights), person.openid
        left = {
            template: count
            for (whose, template, of), count in room.left.items()
            if (whose, of) == (openid, side)
        }
        return left | {
            template: -1 for whose, template, of in room.for_good if (whose, of) == (openid, side)
        }


def subscribe_once(world: World, person: Person, scene: int, confirmed: bool = True) -> bool:
    """Answers the page of a one-time subscription. Twice in one scene is once.

    Raises ValueError for a scene outside 0..10000.
    """
    if not 0 <= scene <= LAST_SCENE:
        raise ValueError(f"scene: wants 0 to {LAST_SCENE}")
    with world.lock:
        if confirmed:
            world.room(Rights).scenes.add((person.openid, scene))
        world.ledger.add(
            "subscribe_once", world.clock(), openid=person.openid, scene=scene, confirmed=confirmed
        )
    return confirmed


def _offered(world: World, template_ids: Sequence[str], scene: int) -> list[Notice]:
    known = world.room(Notices).notices
    if scene not in MOST_AT_ONCE:
        raise ValueError("scene: wants 0 mini-program, 1 web page or 2 article")
    if not 1 <= len(set(template_ids)) == len(template_ids) <= MOST_AT_ONCE[scene]:
        raise ValueError(f"template_ids: wants 1 to {MOST_AT_ONCE[scene]} different ones")
    if not set(template_ids) <= set(known):
        raise ValueError("template_ids: one is not the account's")
    notices = [known[one] for one in template_ids]
    if len({notice.type for notice in notices}) > 1:
        raise ValueError("template_ids: one-time and long-term notices are never mixed")
    return notices


def _show(world: World, person: Person, did: str, titles: Sequence[str]) -> None:
    """A line of the platform's on the phone: what was done, and what was agreed to."""
    agreed = f"，同意：{'、'.join(titles)}" if titles else ""
    world.show(person, Bubble("notice", "event", f"{did}{agreed}", world.clock()))


def _give(world: World, person: Person, notice: Notice, side: str) -> None:
    room, right = world.room(Rights), (person.openid, notice.id, side)
    if notice.type == LONG_TERM:
        room.for_good.add(right)
    else:
        room.left[right] = room.left.get(right, 0) + 1


def _tell(
    world: World,
    acts: Acts,
    person: Person,
    event: str,
    wrapper: str,
    items: list[dict[str, str]],
) -> None:
    """Pushes the event; it opens no window for customer-service messages."""
    acts.job_finished(person, {"Event": event, wrapper: {"List": items}})
    for item in items:
        facts = {
            "template_id": item["TemplateId"],
            "status": item.get("SubscribeStatusString") or item.get("ErrorStatus"),
        }
        world.ledger.add(event, world.clock(), openid=person.openid, **facts)


# --- sending a notice ----------------------------------------------------------------------------


@endpoint("POST", "/cgi-bin/message/subscribe/bizsend", right="subscribe_notice")
def biz_send(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """To followers into the chat, to others into 服务通知. 43101 where no right is left."""
    world = desk.world
    page = str(body.get("page") or "")
    if page and not page.startswith(("http://", "https://")):
        raise PlatformError(41030)
    person, notice, text = _checked(world, body)
    _, mini_page = mini_program(world, body.get("miniprogram"))
    _spend(world, person, notice, "biz")
    _deliver_later(
        desk, person, notice, f"{text}\n小程序：{mini_page}" if mini_page else text, page
    )
    return ok()


@endpoint("POST", "/cgi-bin/message/subscribe/send")
def mini_program_send(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """A mini-program's subscription message. A right given to the account counts for nothing."""
    page = str(body.get("page") or "")
    if page and not is_page(page):
        raise PlatformError(41030)
    if body.get("miniprogram_state", STATES[0]) not in STATES:
        raise PlatformError(40097)
    if body.get("lang", LANGUAGES[0]) not in LANGUAGES:
        raise PlatformError(40097)
    person, notice, text = _checked(desk.world, body)
    _spend(desk.world, person, notice, "mini")
    _deliver_later(desk, person, notice, text, "")
    return ok()


def _checked(world: World, body: Fields) -> tuple[Person, Notice, str]:
    """40003 for the person, who need not follow; 40037 for the notice; 47003 for a value."""
    person = _person(world, body)
    notice = world.room(Notices).notices.get(str(body.get("template_id")))
    if notice is None:
        raise PlatformError(40037)
    return person, notice, f"{notice.title}\n{notice.rendered(notice.check(body.get('data')))}"


def _person(world: World, body: Fields) -> Person:
    person = world.people.get(str(body.get("touser") or ""))
    if person is None:
        raise PlatformError(40003)
    return person


def _spend(world: World, person: Person, notice: Notice, side: str) -> None:
    room, right = world.room(Rights), (person.openid, notice.id, side)
    if right in room.for_good:
        return
    left = room.left.get(right, 0)
    if not left:
        raise PlatformError(43101)
    if left > 1:
        room.left[right] = left - 1
    else:
        del room.left[right]


def _deliver_later(desk: Desk, person: Person, notice: Notice, text: str, url: str) -> None:
    world, msgid = desk.world, str(desk.world.next_msgid())
    world.accepted(person.openid, notice.id, "subscribe", msgid, f"{text} {url}".strip())

    def finish() -> None:
        with world.lock:
            kind = "subscribe" if person.subscribed else "service_notice"
            world.show(person, Bubble("account", kind, text, world.clock(), "subscribe", url))
            item = {
                "TemplateId": notice.id,
                "MsgID": msgid,
                "ErrorCode": "0",
                "ErrorStatus": "success",
            }
            event, wrapper = "subscribe_msg_sent_event", "SubscribeMsgSentEvent"
            _tell(world, desk.acts, person, event, wrapper, [item])

    desk.timeline.later(world.config.limits.job_delay, finish)


# --- sending by a one-time subscription ----------------------------------------------------------


@endpoint("POST", "/cgi-bin/message/template/subscribe", right="subscribe_once")
def once_send(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """One message for each confirmed scene; title up to 15, content up to 200 characters."""
    world, person = desk.world, _person(desk.world, body)
    template = str(body.get("template_id"))
    if template in world.room(Notices).notices:
        raise PlatformError(43101)  # another kind's template: the wrong call
    if template != ONE_TIME_TEMPLATE:
        raise PlatformError(40037)
    scene, text = number(body.get("scene")), _once_text(body)
    mini_program(world, body.get("miniprogram"))
    if (person.openid, scene) not in world.room(Rights).scenes:
        raise PlatformError(43101)
    world.room(Rights).scenes.discard((person.openid, scene))
    url = str(body.get("url") or "")
    msgid = str(world.next_msgid())
    world.accepted(person.openid, ONE_TIME_TEMPLATE, "subscribe_once", msgid, f"{text} {url}")
    kind = "subscribe" if person.subscribed else "service_notice"
    world.show(person, Bubble("account", kind, text, world.clock(), "subscribe", url))
    return ok()


def _once_text(body: Fields) -> str:
    title = body.get("title")
    if not isinstance(title, str) or not title:
        raise PlatformError(47003, "title is empty")
    if len(title) > TITLE_LENGTH:
        raise PlatformError(45003)
    given = mapping(mapping(body.get("data"), 47003).get("content"), 47003).get("value")
    if not isinstance(given, str) or not given:
        raise PlatformError(47003, "data.content.value is empty")
    if len(given) > CONTENT_LENGTH:
        raise PlatformError(45002)
    return f"{title}\n{given}"
