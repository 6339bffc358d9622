"""Temporary and permanent material, and pictures for articles (4.11)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

from bot.sandbox.articles import address
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, Raw, Upload, endpoint, number, ok
from bot.sandbox.voice import seconds
from bot.sandbox.world import Media, World

MB = 1 << 20
PAGE = 20
LONGEST_VOICE = 60  # seconds
CLOSED = "is closed, use draft/add"


@dataclass(frozen=True)
class Rule:
    """What a file of a kind must be, and the errcode where it is larger."""

    suffixes: tuple[str, ...]
    most: int  # bytes
    too_large: int


PICTURES = ("jpg", "jpeg", "png", "gif", "bmp")
RULES = {
    "image": Rule(PICTURES, 10 * MB, 40009),
    "voice": Rule(("amr", "mp3"), 2 * MB, 40010),
    "video": Rule(("mp4",), 10 * MB, 40011),
    "thumb": Rule(("jpg", "jpeg"), 64 << 10, 40012),
}
# What followers send has no bytes of its own: the smallest file of its kind stands for it.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mM4AwAAzgDNee7qPQAAAABJRU5ErkJggg=="
)
SENT = {"image": (PIXEL, "image/png"), "voice": (b"#!AMR\n", "audio/amr")}


@dataclass(frozen=True, slots=True)
class Permanent:
    """Permanent material; its bytes are in `World.media`."""

    kind: str  # image | voice | video
    name: str
    at: datetime
    url: str = ""
    title: str = ""
    introduction: str = ""


@dataclass
class Material:
    """Permanent material by media_id; pictures for articles by their page name."""

    kept: dict[str, Permanent] = field(default_factory=dict)
    pictures: dict[str, Upload] = field(default_factory=dict)
    urls: set[str] = field(default_factory=set)  # what articles may show


def _kind(query: Mapping[str, str]) -> str:
    kind = query.get("type", "")
    if kind not in RULES:
        raise PlatformError(40004)
    return kind


def suffix(file: Upload) -> str:
    """The file's kind by its name, or by its content type where the name has none."""
    named = PurePosixPath(file.name).suffix or f".{file.content_type.partition('/')[2]}"
    return named[1:].lower()


def checked(body: Fields, kind: str) -> Upload:
    """The form's `media`. 41005 none, 44001 empty, 40005 another type, 40009..40012 too large.

    45007 for a voice over a minute.
    """
    file, rule = body.get("media"), RULES[kind]
    if not isinstance(file, Upload):
        raise PlatformError(41005)
    if not file.data:
        raise PlatformError(44001)
    if suffix(file) not in rule.suffixes:
        raise PlatformError(40005)
    if len(file.data) > rule.most:
        raise PlatformError(rule.too_large)
    if kind == "voice" and seconds(file.data) > LONGEST_VOICE:
        raise PlatformError(45007)
    return file


def file_url(world: World, name: str) -> str:
    return f"{address(world)}/mmbiz/{name}"


# --- temporary ---------------------------------------------------------------------------------


@endpoint("POST", "/cgi-bin/media/upload", 100_000, upload=True, right="material")
def media_upload(desk: Desk, query: Mapping[str, str], body: Fields) -> Fields:
    """Multipart field `media`; it lives three days."""
    kind = _kind(query)
    file = checked(body, kind)
    media_id = desk.world.add_media(kind, file.data, file.content_type, file.name)
    name = "thumb_media_id" if kind == "thumb" else "media_id"
    return {"type": kind, name: media_id, "created_at": int(desk.world.clock().timestamp())}


@endpoint("GET", "/cgi-bin/media/get", 200_000, right="material")
def media_get(desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields | Raw:
    """The bytes; of a video an address."""
    media = desk.world.require_media(query.get("media_id"))
    if media.kind in ("video", "mpvideo"):
        return {"video_url": file_url(desk.world, query["media_id"])}
    return _raw(media)


def _raw(media: Media) -> Raw:
    data, kind = SENT.get(media.kind, (b"", "application/octet-stream"))
    return Raw(media.data or data, media.content_type or kind, media.name or media.kind)


@endpoint("POST", "/cgi-bin/media/uploadvideo", right="material")
def upload_video(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """Makes a mass video (mpvideo) of an uploaded one."""
    media = desk.world.require_media(body.get("media_id"))
    if media.kind != "video":
        raise PlatformError(40007)
    title = str(body.get("title") or media.name)
    made = desk.world.add_media("mpvideo", media.data, media.content_type, title)
    now = int(desk.world.clock().timestamp())
    return {"type": "video", "media_id": made, "created_at": now}


@endpoint("POST", "/cgi-bin/media/uploadimg", upload=True, right="material")
def upload_image(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """A picture for articles: jpg or png under 1 MB; not counted as material."""
    file = checked(body, "image")
    if suffix(file) not in ("jpg", "jpeg", "png"):
        raise PlatformError(40137)
    if len(file.data) >= MB:
        raise PlatformError(40009)
    room, name = desk.world.room(Material), f"{desk.world.ids.hex(16)}.{suffix(file)}"
    room.pictures[name] = file
    url = file_url(desk.world, name)
    room.urls.add(url)
    return {"url": url}


def served(world: World, name: str) -> Raw | None:
    """The file behind an address that this platform gave out."""
    with world.lock:
        file = world.room(Material).pictures.get(name)
        if file is not None:
            kind = "png" if suffix(file) == "png" else "jpeg"
            return Raw(file.data, f"image/{kind}")
        media = world.media.get(name)
        if media is None or (media.until is not None and media.until <= world.clock()):
            return None
        kinds = {"image": "image/", "video": "video/", "mpvideo": "video/", "voice": "audio/"}
        safe = media.content_type.startswith(kinds.get(media.kind, "image/"))
        return _raw(media) if safe and "svg" not in media.content_type else None


# --- permanent ---------------------------------------------------------------------------------


@endpoint("POST", "/cgi-bin/material/add_material", upload=True, right="material")
def add_material(desk: Desk, query: Mapping[str, str], body: Fields) -> Fields:
    """Multipart `media`; a video wants a form field `description` too. An image gets a `url`."""
    world, kind = desk.world, _kind(query)
    file = checked(body, kind)
    title, introduction = _description(body) if kind == "video" else ("", "")
    media_id = world.add_media(kind, file.data, file.content_type, file.name, permanent=True)
    room, image = world.room(Material), kind in ("image", "thumb")
    url = file_url(world, media_id) if image else ""
    room.kept[media_id] = Permanent(
        "image" if image else kind, file.name, world.clock(), url, title, introduction
    )
    room.urls.update({url} - {""})
    return {"media_id": media_id, "url": url} if image else {"media_id": media_id}


def _description(body: Fields) -> tuple[str, str]:
    """A video's title and introduction. 47001 no JSON, 40035 without title."""
    try:
        given = json.loads(str(body.get("description") or ""))
    except ValueError:
        raise PlatformError(47001) from None
    if not isinstance(given, dict) or not given.get("title"):
        raise PlatformError(40035)
    return str(given["title"]), str(given.get("introduction") or "")


def _permanent(world: World, body: Fields) -> tuple[str, Permanent]:
    media_id = body.get("media_id")
    if not media_id:
        raise PlatformError(41006)
    known = world.room(Material).kept.get(str(media_id))
    if known is None:
        raise PlatformError(40007)
    return str(media_id), known


@endpoint("POST", "/cgi-bin/material/get_material", right="material")
def get_material(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields | Raw:
    """The bytes; of a video title, description and address."""
    media_id, known = _permanent(desk.world, body)
    if known.kind == "video":
        return {
            "title": known.title,
            "description": known.introduction,
            "down_url": file_url(desk.world, media_id),
        }
    return _raw(desk.world.media[media_id])


@endpoint("POST", "/cgi-bin/material/del_material", right="material")
def del_material(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """48005 while a menu button shows it."""
    world = desk.world
    media_id, known = _permanent(world, body)
    buttons = [b for top in world.menu for b in (top, *top.get("sub_button", []))]
    if any(button.get("media_id") == media_id for button in buttons):
        raise PlatformError(48005)
    room = world.room(Material)
    del room.kept[media_id], world.media[media_id]
    room.urls.discard(known.url)
    return ok()


@endpoint("POST", "/cgi-bin/material/batchget_material", right="material")
def list_material(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """A page, newest first. 40004 another type, 40097 a wrong page."""
    kind = body.get("type")
    if kind not in ("image", "voice", "video", "news"):
        raise PlatformError(40004)
    offset, count = page(body)
    kept = desk.world.room(Material).kept
    found = [(media_id, one) for media_id, one in reversed(kept.items()) if one.kind == kind]
    items = [
        {
            "media_id": media_id,
            "name": one.name,
            "update_time": int(one.at.timestamp()),
            **({"url": one.url} if one.url else {}),
        }
        for media_id, one in found[offset : offset + count]
    ]
    return {"total_count": len(found), "item_count": len(items), "item": items}


def page(body: Fields) -> tuple[int, int]:
    """offset from 0, count 1..20; else 40097."""
    offset, count = number(body.get("offset", 0), 40097), number(body.get("count", PAGE), 40097)
    if offset < 0 or not 1 <= count <= PAGE:
        raise PlatformError(40097)
    return offset, count


@endpoint("GET", "/cgi-bin/material/get_materialcount", right="material")
def count_material(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    kinds = [one.kind for one in desk.world.room(Material).kept.values()]
    return {f"{kind}_count": kinds.count(kind) for kind in ("voice", "video", "image", "news")}


# --- closed ------------------------------------------------------------------------------------


def _closed(path: str) -> None:
    @endpoint("POST", f"/cgi-bin/{path}", 10, right="material")
    def refuse(_desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
        raise PlatformError(48001, f"{path} {CLOSED}")


for _path in ("material/add_news", "material/update_news", "media/uploadnews"):
    _closed(_path)
