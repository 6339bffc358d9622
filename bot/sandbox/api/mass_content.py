"""What a mass message says: its kinds and what each must carry (4.7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.api.drafts import draft
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Fields, mapping
from bot.sandbox.judge import TEXT_BYTES
from bot.sandbox.penalties import review
from bot.sandbox.world import World

MOST_PICTURES = 20
READ = ("title", "digest", "content")  # of an article, for what is illegal


@dataclass(frozen=True, slots=True)
class Content:
    """`news` are the articles of an mpnews, which come from the draft `media_id`."""

    kind: str
    text: str
    news: tuple[Fields, ...] = ()
    media_id: str = ""


def content(world: World, body: Fields) -> Content:
    """Raises PlatformError: 40008 for an unknown msgtype, what the kind lacks, 45166 illegal."""
    kind = body.get("msgtype")
    if not isinstance(kind, str) or kind not in KINDS:
        raise PlatformError(40008)
    said = KINDS[kind](world, body)
    review(world, said.text, *(str(one[name]) for one in said.news for name in READ))
    return said


def _text(_world: World, body: Fields) -> Content:
    text = mapping(body.get("text"), 44004).get("content")
    if not isinstance(text, str) or not text:
        raise PlatformError(44004)
    if len(text.encode()) > TEXT_BYTES:
        raise PlatformError(45002)
    return Content("text", text)


def _news(world: World, body: Fields) -> Content:
    media_id = mapping(body.get("mpnews"), 41006).get("media_id")
    news = tuple(draft(world, media_id).news)
    first = news[0]
    lines = [first["digest"]] if len(news) == 1 else [one["title"] for one in news[1:]]
    text = "\n".join([first["title"], *filter(None, lines)])
    return Content("mpnews", text, news, str(media_id))


def _media(name: str, *kinds: str) -> Callable[[World, Fields], Content]:
    def check(world: World, body: Fields) -> Content:
        media_id = mapping(body.get(name), 41006).get("media_id")
        media = _of_kind(world, media_id, *kinds)
        title = f" {media.name}" if media.kind == "mpvideo" else ""
        return Content(name, f"[{name}]{title}", media_id=str(media_id))

    return check


def _images(world: World, body: Fields) -> Content:
    """`images` with its list, or `image` with one, as it was before."""
    given = mapping(body.get("images") or body.get("image"), 41006)
    ids = given.get("media_ids") or [given.get("media_id")]
    if not isinstance(ids, list) or len(ids) > MOST_PICTURES:
        raise PlatformError(40097, "images.media_ids")
    for media_id in ids:
        _of_kind(world, media_id, "image", "thumb")
    recommend = str(given.get("recommend") or "")
    text = " ".join(filter(None, [recommend, "[image]" * len(ids)]))
    return Content("image", text)


def _card(_world: World, body: Fields) -> Content:
    card_id = mapping(body.get("wxcard"), 41012).get("card_id")
    if not card_id:
        raise PlatformError(41012)
    return Content("wxcard", f"[wxcard] {card_id}")


def _of_kind(world: World, media_id: object, *kinds: str) -> Any:
    media = world.require_media(media_id)
    if media.kind not in kinds:
        raise PlatformError(40007)
    return media


KINDS: dict[str, Callable[[World, Fields], Content]] = {
    "text": _text,
    "mpnews": _news,
    "voice": _media("voice", "voice"),
    "image": _images,
    "mpvideo": _media("mpvideo", "video", "mpvideo"),
    "wxcard": _card,
}
