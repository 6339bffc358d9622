"""What a menu may be: every button type's needs and lengths, and match rules (4.8)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.api.notices import MiniPrograms
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Fields, mapping
from bot.sandbox.menus import PLATFORMS, Button, flat
from bot.sandbox.rights import may
from bot.sandbox.world import World

TOP, SUB = 3, 5
NAME_BYTES, SUB_NAME_BYTES, KEY_BYTES, URL_BYTES = 16, 60, 128, 1024
OUTSIDE_HOSTS = 3
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
_APPID = re.compile(r"wx[0-9a-z]{6,30}")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_AREAS = re.compile(
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南"
    "|广东|海南|四川|贵州|云南|陕西|甘肃|青海|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|台湾"
)


# --- buttons -----------------------------------------------------------------------------------


def check_buttons(world: World, buttons: Any) -> list[Button]:
    """The top buttons as they are kept. Raises the code of what is wrong."""
    if not isinstance(buttons, list):
        raise PlatformError(40015)
    if not 1 <= len(buttons) <= TOP:
        raise PlatformError(40016)
    return [_button(world, button, sub=False) for button in buttons]


def _button(world: World, button: Any, sub: bool) -> Button:
    """A sub-button's codes stand seven above a button's."""
    more = 7 if sub else 0
    fields = mapping(button, 40016 + more)
    name = fields.get("name")
    longest = SUB_NAME_BYTES if sub else NAME_BYTES
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= longest:
        raise PlatformError(40018 + more)
    below = fields.get("sub_button")
    if below and sub:
        raise PlatformError(40022)
    if below:
        if not isinstance(below, list) or len(below) > SUB:
            raise PlatformError(40023)
        return {"name": name, "sub_button": [_button(world, one, sub=True) for one in below]}
    kind = fields.get("type")
    if not isinstance(kind, str) or kind not in NEEDS:
        raise PlatformError(40017 + more)
    _check_lengths(fields, NEEDS[kind], more)
    _CHECKS[NEEDS[kind]](world, fields, sub)
    return {**fields, "sub_button": []}


def _check_lengths(fields: Fields, needed: str, more: int) -> None:
    if len(str(fields.get("key", "")).encode()) > KEY_BYTES:
        raise PlatformError(40019 + more)
    if len(str(fields.get("url", "")).encode()) > URL_BYTES:
        raise PlatformError(40020 + more)
    if not fields.get(needed):
        raise PlatformError((40020 if needed == "url" else 40019) + more)


def _key(_world: World, _fields: Fields, _sub: bool) -> None:
    """Any text will do."""


def _url(world: World, fields: Fields, sub: bool) -> None:
    if not host_of(fields["url"]):
        raise PlatformError(40054 if sub else 40055)
    if fields["type"] == "miniprogram":
        _mini_program(world, fields)


def _mini_program(world: World, fields: Fields) -> None:
    """40013 a malformed appid, 45064 one that is not linked, 41030 no page."""
    appid = fields.get("appid")
    if not isinstance(appid, str) or not _APPID.fullmatch(appid):
        raise PlatformError(40013)
    if appid not in world.room(MiniPrograms).linked:
        raise PlatformError(45064)
    if not fields.get("pagepath"):
        raise PlatformError(41030)


def _media(world: World, fields: Fields, _sub: bool) -> None:
    """Permanent material only: temporary would be gone in three days."""
    if world.require_media(fields["media_id"]).until is not None:
        raise PlatformError(40007)


def _article(world: World, _fields: Fields, sub: bool) -> None:
    """Only who may publish has articles to show."""
    if not may(world.config.kind, "publish"):
        raise PlatformError(40120 if sub else 40119)


_CHECKS = {"key": _key, "url": _url, "media_id": _media, "article_id": _article}


def host_of(url: object) -> str:
    """The name in an http(s) address; "" for what is none."""
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        return ""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


# --- conditional menus -------------------------------------------------------------------------


def check_conditional(world: World, buttons: Any, elsewhere: list[Button]) -> list[Button]:
    """The buttons of a conditional menu; `elsewhere` are those of the others there are."""
    if not buttons:
        raise PlatformError(65307)
    if isinstance(buttons, list):
        for button in flat([one for one in buttons if isinstance(one, dict)]):
            if isinstance(button, dict) and not button.get("type"):
                raise PlatformError(65308)
            if isinstance(button, dict) and button.get("url") and not host_of(button["url"]):
                raise PlatformError(65317)
    checked = check_buttons(world, buttons)
    views = [one for one in (*flat(checked), *flat(elsewhere)) if one["type"] == "view"]
    if len({host_of(one["url"]) for one in views}) > OUTSIDE_HOSTS:
        raise PlatformError(65316)
    return checked


def check_rule(world: World, given: Any) -> dict[str, str]:
    """A match rule as it is kept: texts, none of them empty."""
    rule = {name: str(value) for name, value in _rule(given).items() if value not in ("", None)}
    if not rule:
        raise PlatformError(65304)
    tag, platform = rule.get("tag_id", ""), rule.get("client_platform_type", "")
    if tag and not (tag.isdecimal() and int(tag) in world.tags):
        raise PlatformError(45159)
    if platform and platform not in PLATFORMS:
        raise PlatformError(40035)
    _check_area(rule.get("country", ""), rule.get("province", ""), rule.get("city", ""))
    return rule


def _rule(given: Any) -> Fields:
    return given if isinstance(given, dict) else {}


def _check_area(country: str, province: str, city: str) -> None:
    """Areas match nobody any more, but their rules still hold: Chinese names, largest first."""
    if (province or city) and not country:
        raise PlatformError(65310)
    if city and not province:
        raise PlatformError(65311)
    if country and not _HAN.fullmatch(country):
        raise PlatformError(65312)
    if province and not (_AREAS if country == "中国" else _HAN).fullmatch(province):
        raise PlatformError(65313)
    if city and not _HAN.fullmatch(city):
        raise PlatformError(65314)
