"""Menu (4.8), parametric QR codes (4.9), temporary media (4.11)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, Upload, endpoint, mapping, number, ok

TOP, SUB = 3, 5
NEEDS = {
    "click": "key",
    "scancode_push": "key",
    "scancode_waitmsg": "key",
    "pic_sysphoto": "key",
    "pic_photo_or_album": "key",
    "pic_weixin": "key",
    "location_select": "key",
    "view": "url",
    "miniprogram": "url",
    "media_id": "media_id",
    "view_limited": "media_id",
    "article_id": "article_id",
    "article_view_limited": "article_id",
}
PERMANENT_SCENES = 100_000
LONGEST_SECONDS = 2_592_000


def _button(button: Any, sub: bool) -> None:
    """Raises the code of what is wrong; a sub-button's codes stand seven above a button's."""
    more = 7 if sub else 0
    fields = mapping(button, 40016 + more)
    name = fields.get("name")
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= (60 if sub else 16):
        raise PlatformError(40018 + more)
    below = fields.get("sub_button")
    if below and not sub:
        if not isinstance(below, list) or len(below) > SUB:
            raise PlatformError(40023)
        for one in below:
            _button(one, True)
        return
    kind = str(fields.get("type"))
    if kind not in NEEDS:
        raise PlatformError(40017 + more)
    if len(str(fields.get("key", "")).encode()) > 128:
        raise PlatformError(40019 + more)
    if len(str(fields.get("url", "")).encode()) > 1024:
        raise PlatformError(40020 + more)
    if not fields.get(NEEDS[kind]):
        raise PlatformError((40020 if NEEDS[kind] == "url" else 40019) + more)


@endpoint("POST", "/cgi-bin/menu/create", 1000)
def menu_create(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    buttons = body.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= TOP:
        raise PlatformError(40016)
    for button in buttons:
        _button(button, False)
    desk.world.menu = buttons
    return ok()


@endpoint("GET", "/cgi-bin/menu/get", 10_000)
def menu_get(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    if not desk.world.menu:
        raise PlatformError(46003)
    return {"menu": {"button": desk.world.menu}}


@endpoint("GET", "/cgi-bin/get_current_selfmenu_info")
def menu_info(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    return {
        "is_menu_open": int(bool(desk.world.menu)),
        "selfmenu_info": {"button": desk.world.menu},
    }


@endpoint("GET", "/cgi-bin/menu/delete", 1000)
def menu_delete(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    desk.world.menu = []
    return ok()


@endpoint("POST", "/cgi-bin/qrcode/create", 100_000)
def qrcode_create(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    world, action = desk.world, str(body.get("action_name"))
    scene = mapping(mapping(body.get("action_info"), 40053).get("scene"), 40053)
    if action in ("QR_STR_SCENE", "QR_LIMIT_STR_SCENE"):
        value = scene.get("scene_str")
        if not isinstance(value, str) or not 1 <= len(value) <= 64:
            raise PlatformError(40053)
    elif action in ("QR_SCENE", "QR_LIMIT_SCENE"):
        wanted = number(scene.get("scene_id"), 40053)
        most = PERMANENT_SCENES if action == "QR_LIMIT_SCENE" else 2**32 - 1
        if not 1 <= wanted <= most:
            raise PlatformError(40053)
        value = str(wanted)
    else:
        raise PlatformError(40053)
    ticket = f"gQ{world.ids.hex(40)}"
    answer = {"ticket": ticket, "url": f"http://weixin.qq.com/q/{world.ids.urlsafe(12)}"}
    if "LIMIT" in action:
        world.tickets[ticket] = (value, None)
        return answer
    seconds = number(body.get("expire_seconds", 60))
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise PlatformError(40035)
    world.tickets[ticket] = (value, world.clock() + timedelta(seconds=seconds))
    return {**answer, "expire_seconds": seconds}


@endpoint("POST", "/cgi-bin/media/upload", 100_000, upload=True)
def media_upload(desk: Desk, query: Mapping[str, str], body: Fields) -> Fields:
    """Multipart field `media`."""
    kind = query.get("type", "")
    if kind not in ("image", "voice", "video", "thumb"):
        raise PlatformError(40004)
    if "media" not in body:
        raise PlatformError(41005)
    name = "thumb_media_id" if kind == "thumb" else "media_id"
    created = int(desk.world.clock().timestamp())
    file = body["media"]
    if not isinstance(file, Upload):
        raise PlatformError(41005)
    media_id = desk.world.add_media(kind, file.data, file.content_type, file.name)
    return {"type": kind, name: media_id, "created_at": created}
