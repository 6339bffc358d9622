"""Drafts: what becomes an article (4.14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.sandbox.api.material import Material, page
from bot.sandbox.article_html import kept, plain
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, mapping, number, ok
from bot.sandbox.penalties import review
from bot.sandbox.world import World

MOST_ARTICLES = 8
TITLE_CHARS = 64
DIGEST_CHARS = 120
DIGEST_MADE = 54  # characters of the content where a draft brings no digest
URL_BYTES = 1024
CONTENT_CHARS, CONTENT_BYTES = 20_000, 1 << 20


@dataclass(slots=True)
class Draft:
    news: list[Fields]
    created_at: datetime
    updated_at: datetime

    def as_json(self, with_content: bool = True) -> Fields:
        return news_json(self.news, self.created_at, self.updated_at, with_content)


@dataclass
class Drafts:
    """The draft box by media_id, oldest first."""

    box: dict[str, Draft] = field(default_factory=dict)


def news_json(
    news: list[Fields], created_at: datetime, updated_at: datetime, with_content: bool
) -> Fields:
    items = [
        {name: value for name, value in one.items() if with_content or name != "content"}
        for one in news
    ]
    return {
        "news_item": items,
        "create_time": int(created_at.timestamp()),
        "update_time": int(updated_at.timestamp()),
    }


def draft(world: World, media_id: object) -> Draft:
    """41006 where none is named, 40007 where the box has none such."""
    if not media_id:
        raise PlatformError(41006)
    found = world.room(Drafts).box.get(str(media_id))
    if found is None:
        raise PlatformError(40007)
    return found


def leave(world: World, media_id: str) -> None:
    """A draft that was sent or published leaves the box."""
    if world.config.switches.sent_drafts_leave:
        _drop(world, media_id)


def _drop(world: World, media_id: str) -> None:
    if world.room(Drafts).box.pop(media_id, None) is not None:
        world.media.pop(media_id, None)


# --- one article -------------------------------------------------------------------------------


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise PlatformError(47001)
    return value or ""


def _flag(given: Mapping[str, Any], name: str) -> int:
    value = number(given.get(name, 0))
    if value not in (0, 1):
        raise PlatformError(40035)
    return value


def _content(world: World, given: Mapping[str, Any]) -> str:
    """What stays of the content. 44004 none, 45002 too long."""
    content = _text(given, "content")
    if not content:
        raise PlatformError(44004)
    if len(content) >= CONTENT_CHARS or len(content.encode()) > CONTENT_BYTES:
        raise PlatformError(45002)
    return kept(content, world.room(Material).urls)


def article(world: World, value: object) -> Fields:
    """The article as the platform keeps it.

    40227 no title, 45003 title, 45004 digest, 45005 address too long, 44004 no content, 45002
    content too long, 40007 for a thumb_media_id that is no permanent picture, 45166 for what is
    illegal.
    """
    given = mapping(value, 47001)
    title, digest = _text(given, "title"), _text(given, "digest")
    source = _text(given, "content_source_url")
    if not title.strip():
        raise PlatformError(40227)
    if len(title) > TITLE_CHARS:
        raise PlatformError(45003)
    if len(digest) > DIGEST_CHARS:
        raise PlatformError(45004)
    if len(source.encode()) > URL_BYTES:
        raise PlatformError(45005)
    content = _content(world, given)
    thumb = _text(given, "thumb_media_id")
    picture = world.room(Material).kept.get(thumb)
    if picture is None or picture.kind != "image":
        raise PlatformError(40007, "thumb_media_id")
    review(world, title, digest, content)
    return {
        "title": title,
        "author": _text(given, "author"),
        "digest": digest or plain(content)[:DIGEST_MADE],
        "content": content,
        "content_source_url": source,
        "thumb_media_id": thumb,
        "thumb_url": picture.url,
        "need_open_comment": _flag(given, "need_open_comment"),
        "only_fans_can_comment": _flag(given, "only_fans_can_comment"),
    }


# --- the calls ---------------------------------------------------------------------------------


@endpoint("POST", "/cgi-bin/draft/add", 1000, right="material")
def draft_add(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """One to eight articles: 44003 for none, 45008 for more."""
    world, given = desk.world, body.get("articles")
    if not isinstance(given, list) or not given:
        raise PlatformError(44003)
    if len(given) > MOST_ARTICLES:
        raise PlatformError(45008)
    news = [article(world, one) for one in given]
    media_id, now = world.add_media("news", permanent=True), world.clock()
    world.room(Drafts).box[media_id] = Draft(news, now, now)
    return {"media_id": media_id}


@endpoint("POST", "/cgi-bin/draft/update", 1000, right="material")
def draft_update(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """`index` counts from 0; 40114 where the draft has no such article."""
    found = draft(desk.world, body.get("media_id"))
    index = number(body.get("index", 0), 40114)
    if not 0 <= index < len(found.news):
        raise PlatformError(40114)
    found.news[index] = article(desk.world, body.get("articles"))
    found.updated_at = desk.world.clock()
    return ok()


@endpoint("POST", "/cgi-bin/draft/get", 500, right="material")
def draft_get(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    return draft(desk.world, body.get("media_id")).as_json()


@endpoint("POST", "/cgi-bin/draft/delete", 1000, right="material")
def draft_delete(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    draft(desk.world, body.get("media_id"))
    _drop(desk.world, str(body["media_id"]))
    return ok()


@endpoint("POST", "/cgi-bin/draft/batchget", 1000, right="material")
def draft_list(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """A page of 1..20 (40097), newest first; no_content 1 leaves the contents out."""
    offset, count = page(body)
    with_content = not _flag(body, "no_content")
    drafts = list(desk.world.room(Drafts).box.items())[::-1]
    items = [
        {
            "media_id": media_id,
            "content": one.as_json(with_content),
            "update_time": int(one.updated_at.timestamp()),
        }
        for media_id, one in drafts[offset : offset + count]
    ]
    return {"total_count": len(drafts), "item_count": len(items), "item": items}


@endpoint("GET", "/cgi-bin/draft/count", 1000, right="material")
def draft_count(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    return {"total_count": len(desk.world.room(Drafts).box)}
