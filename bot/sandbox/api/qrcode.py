"""Parametric QR codes (4.9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.sandbox import qrcodes, qrimage
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, Raw, endpoint, mapping, number

LONGEST_SECONDS = 2_592_000
DEFAULT_SECONDS = 60
_ACTIONS = {  # action_name -> the scene's field, the largest number or longest text
    "QR_SCENE": ("scene_id", 2**32 - 1),
    "QR_STR_SCENE": ("scene_str", 64),
    "QR_LIMIT_SCENE": ("scene_id", 100_000),
    "QR_LIMIT_STR_SCENE": ("scene_str", 64),
}


def _scene(body: Fields) -> str:
    """The scene as events carry it. 40053 for what no code can have."""
    action = str(body.get("action_name"))
    if action not in _ACTIONS:
        raise PlatformError(40053)
    name, most = _ACTIONS[action]
    value = mapping(mapping(body.get("action_info"), 40053).get("scene"), 40053).get(name)
    if name == "scene_id":
        wanted = number(value, 40053)
        if not 1 <= wanted <= most:
            raise PlatformError(40053)
        return str(wanted)
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        raise PlatformError(40053)
    return value


@endpoint("POST", "/cgi-bin/qrcode/create")
def qrcode_create(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    world, scene = desk.world, _scene(body)
    action = str(body["action_name"])
    if "LIMIT" in action:
        code = qrcodes.create(world, scene, None, action)
        return {"ticket": code.ticket, "url": code.url}
    seconds = number(body.get("expire_seconds", DEFAULT_SECONDS))
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise PlatformError(40035)
    code = qrcodes.create(world, scene, world.clock() + timedelta(seconds=seconds))
    return {"ticket": code.ticket, "expire_seconds": seconds, "url": code.url}


@endpoint("GET", "/cgi-bin/showqrcode", token=False)
def showqrcode(desk: Desk, query: Mapping[str, str], _body: Fields) -> Raw:
    """The picture of a ticket's address; HTTP 404 for a ticket that is none, or over."""
    try:
        code = qrcodes.by_ticket(desk.world, query.get("ticket", ""))
    except (qrcodes.UnknownTicket, qrcodes.ExpiredTicket):
        return Raw(b"", "text/plain", status=404)
    return Raw(qrimage.png(code.url), "image/png")
