"""Customer-service messages (4.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, mapping, ok
from bot.sandbox.judge import TEXT_BYTES
from bot.sandbox.people import Bubble
from bot.sandbox.world import World

TYPING_AFTER_ACT = timedelta(seconds=30)

Shown = tuple[str, str]  # what the phone shows, and where a tap leads


def _text(_world: World, body: Fields) -> Shown:
    content = body.get("content")
    if not isinstance(content, str) or not content:
        raise PlatformError(44004)
    if len(content.encode()) > TEXT_BYTES:
        raise PlatformError(45002)
    return content, ""


def _media(*names: str) -> Callable[[World, Fields], Shown]:
    def check(world: World, body: Fields) -> Shown:
        for name in names:
            world.require_media(body.get(name))
        return str(body.get("title") or ""), ""

    return check


def _music(world: World, body: Fields) -> Shown:
    world.require_media(body.get("thumb_media_id"))
    return str(body.get("title") or "[音乐]"), str(body.get("musicurl") or "")


def _news(_world: World, body: Fields) -> Shown:
    articles = body.get("articles")
    if not isinstance(articles, list) or not articles:
        raise PlatformError(44003)
    if len(articles) > 1:
        raise PlatformError(45008)
    article = mapping(articles[0], 44003)
    text = "\n".join(str(article[name]) for name in ("title", "description") if article.get(name))
    return text, str(article.get("url") or "")


def _menu(_world: World, body: Fields) -> Shown:
    items = body.get("list")
    if not isinstance(items, list) or not items or not all(isinstance(i, dict) for i in items):
        raise PlatformError(40035)
    lines = [str(body.get("head_content") or ""), *(str(i.get("content")) for i in items)]
    return "\n".join([*lines, str(body.get("tail_content") or "")]).strip(), ""


def _named(name: str) -> Callable[[World, Fields], Shown]:
    def check(_world: World, body: Fields) -> Shown:
        if not body.get(name):
            raise PlatformError(40035)
        return str(body.get("title") or f"[{name}]"), ""

    return check


CUSTOM: dict[str, Callable[[World, Fields], Shown]] = {
    "text": _text,
    "image": _media("media_id"),
    "voice": _media("media_id"),
    "video": _media("media_id", "thumb_media_id"),
    "music": _music,
    "news": _news,
    "msgmenu": _menu,
    "mpnews": _media("media_id"),
    "mpnewsarticle": _named("article_id"),
    "wxcard": _named("card_id"),
    "miniprogrampage": _named("pagepath"),
}


@endpoint("POST", "/cgi-bin/message/custom/send", 500_000)
def custom_send(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    world, kind = desk.world, body.get("msgtype")
    if not isinstance(kind, str) or kind not in CUSTOM:
        raise PlatformError(40008)
    if "customservice" in body:
        raise PlatformError(61451)  # no human agents here
    person = world.follower(body.get("touser"))
    text, url = CUSTOM[kind](world, mapping(body.get(kind)))
    now = world.clock()
    if errcode := person.window.refusal(now):
        raise PlatformError(errcode)
    person.window = person.window.used()
    person.typing = False
    world.accepted(person.openid, kind, "custom", "", f"{text} {url}".strip())
    world.show(person, Bubble("account", kind, text or f"[{kind}]", now, "custom", url))
    return ok()


@endpoint("POST", "/cgi-bin/message/custom/typing", 500_000)
def typing(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    person = desk.world.follower(body.get("touser"))
    command = body.get("command")
    if command not in ("Typing", "CancelTyping"):
        raise PlatformError(45072)
    at = person.last_act_at
    if at is None or desk.world.clock() - at > TYPING_AFTER_ACT:
        raise PlatformError(45080)
    if command == "Typing" and person.typing:
        raise PlatformError(45081)
    person.typing = command == "Typing"
    return ok()
