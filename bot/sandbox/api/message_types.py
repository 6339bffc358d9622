"""What a customer-service message of each type must hold, and what the phone shows of it (4.6)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from urllib.parse import parse_qs, urlsplit

from bot.sandbox.api.drafts import draft
from bot.sandbox.api.notices import MiniPrograms, is_page
from bot.sandbox.api.publishing import OK, Publications
from bot.sandbox.articles import compose, release
from bot.sandbox.cards import OPEN, UNREVIEWED, card_of
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Fields, mapping
from bot.sandbox.world import World

_MENU_LINK = re.compile(r"""href\s*=\s*["'](weixin://bizmsgmenu\?[^"']*)["']""")
PICTURES = ("thumb", "image")  # what may stand where a message wants a small picture


@dataclass(frozen=True)
class Shown:
    """text, where a tap leads, and the items that can be tapped: (id, what the tap says).

    picture  its address, or media:<media_id>
    """

    text: str
    url: str = ""
    items: tuple[tuple[str, str], ...] = ()
    picture: str = ""


Type = Callable[[World, Fields], Shown]


def _text(world: World, body: Fields) -> Shown:
    content = body.get("content")
    if not isinstance(content, str) or not content:
        raise PlatformError(44004)
    if len(content.encode()) > world.config.switches.text_bytes:
        raise PlatformError(45002)
    links = (_menu_item(unescape(link)) for link in _MENU_LINK.findall(content))
    return Shown(content, items=tuple(item for item in links if item[1]))


def _menu_item(link: str) -> tuple[str, str]:
    """Id and content of a link `weixin://bizmsgmenu?msgmenucontent=…&msgmenuid=…`."""
    given = parse_qs(urlsplit(link).query)
    return given.get("msgmenuid", [""])[0], given.get("msgmenucontent", [""])[0]


def _require(world: World, media_id: object, *kinds: str) -> None:
    """41006 none named, 40007 unknown, over its three days, or of another kind."""
    if world.require_media(media_id).kind not in kinds:
        raise PlatformError(40007, f"hint: wants {' or '.join(kinds)}")


def _media(kind: str) -> Type:
    def check(world: World, body: Fields) -> Shown:
        _require(world, body.get("media_id"), kind)
        picture = _picture(body["media_id"]) if kind == "image" else ""
        return Shown(f"[{kind}]", picture=picture)

    return check


def _picture(media_id: object) -> str:
    return f"media:{media_id}"


def _titled(body: Fields, otherwise: str) -> str:
    lines = (str(body[name]) for name in ("title", "description") if body.get(name))
    return "\n".join(lines) or otherwise


def _video(world: World, body: Fields) -> Shown:
    _require(world, body.get("media_id"), "video")
    _require(world, body.get("thumb_media_id"), *PICTURES)
    return Shown(_titled(body, "[video]"), picture=_picture(body["thumb_media_id"]))


def _music(world: World, body: Fields) -> Shown:
    _named(body, "musicurl", "hqmusicurl")
    _require(world, body.get("thumb_media_id"), *PICTURES)
    picture = _picture(body["thumb_media_id"])
    return Shown(_titled(body, "[music]"), str(body["musicurl"]), picture=picture)


def _named(body: Fields, *names: str) -> None:
    for name in names:
        if not isinstance(body.get(name), str) or not body[name]:
            raise PlatformError(40035, f"hint: {name} missing")


def _news(_world: World, body: Fields) -> Shown:
    articles = body.get("articles")
    if not isinstance(articles, list) or not articles:
        raise PlatformError(44003)
    if len(articles) > 1:
        raise PlatformError(45008)
    article = mapping(articles[0], 44003)
    url, picture = str(article.get("url") or ""), str(article.get("picurl") or "")
    return Shown(_titled(article, "[news]"), url, picture=picture)


def _menu(_world: World, body: Fields) -> Shown:
    given = body.get("list")
    if not isinstance(given, list) or not given or not all(isinstance(i, dict) for i in given):
        raise PlatformError(40035, "hint: list")
    for item in given:
        _named({**item, "id": str(item.get("id") or "")}, "id", "content")
    items = tuple((str(item["id"]), str(item["content"])) for item in given)
    head, tail = str(body.get("head_content") or ""), str(body.get("tail_content") or "")
    lines = [head, *(content for _, content in items), tail]
    return Shown("\n".join(lines).strip(), items=items)


def _mini_program(world: World, body: Fields) -> Shown:
    _named(body, "title", "appid", "pagepath")
    if body["appid"] not in world.room(MiniPrograms).linked:
        raise PlatformError(45064)
    if not is_page(body["pagepath"]):
        raise PlatformError(40035, "hint: pagepath")
    _require(world, body.get("thumb_media_id"), *PICTURES)
    return Shown(body["title"], picture=_picture(body["thumb_media_id"]))


@dataclass
class Pages:
    """Where the drafts can be read that went to single followers, by media_id and state."""

    urls: dict[tuple[str, datetime], str] = field(default_factory=dict)


def _mpnews(world: World, body: Fields) -> Shown:
    """A draft of one article: 45008 for more."""
    _require(world, body.get("media_id"), "news")
    found = draft(world, body["media_id"])
    if len(found.news) > 1:
        raise PlatformError(45008)
    urls, state = world.room(Pages).urls, (str(body["media_id"]), found.updated_at)
    if state not in urls:
        post = compose(world, found.news, "preview")  # no mass message: not in the statistics
        release(world, post)
        urls[state] = post.articles[0].url
    return Shown(f"{found.news[0]['title']}\n{found.news[0]['digest']}".strip(), urls[state])


def _published(world: World, body: Fields) -> Shown:
    """An article that freepublish made public and that is still there: else 53600."""
    _named(body, "article_id")
    job = world.room(Publications).public.get(body["article_id"])
    there = [] if job is None or job.status != OK else job.post.articles
    article = next((one for one in there if not one.deleted), None)
    if article is None:
        raise PlatformError(53600)
    return Shown(f"{article.title}\n{article.fields['digest']}".strip(), article.url)


def _card(world: World, body: Fields) -> Shown:
    """41012, 40073, 45030 no card of ours, 40078 one that is refused or withdrawn."""
    card = card_of(world, body.get("card_id"))
    if card.status not in (*OPEN, UNREVIEWED):  # testers may have one before its review
        raise PlatformError(40078)
    return Shown(card.title)


TYPES: dict[str, Type] = {
    "text": _text,
    "image": _media("image"),
    "voice": _media("voice"),
    "video": _video,
    "music": _music,
    "news": _news,
    "msgmenu": _menu,
    "mpnews": _mpnews,
    "mpnewsarticle": _published,
    "wxcard": _card,
    "miniprogrampage": _mini_program,
}
