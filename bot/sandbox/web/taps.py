"""What happens on a tap on the account's menu, for every kind of button (自定义菜单)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.acts import MENU_ID, Acts
from bot.sandbox.api.message_types import TYPES
from bot.sandbox.codes import PlatformError
from bot.sandbox.menus import menu_for
from bot.sandbox.people import Bubble, Person
from bot.sandbox.web.pieces import opened, web_address
from bot.sandbox.world import World

Fields = dict[str, Any]
# What a button asks before it does something: the dialogue's words and what is proposed.
ASKS = {
    "scancode_push": ("扫到的内容", "https://e.example/qr"),
    "scancode_waitmsg": ("扫到的内容", "6901234567892"),
    "location_select": ("选择的地点", "人民广场"),
}


class NoButton(ValueError):
    """The menu has changed meanwhile: there is no such button."""


@dataclass(frozen=True)
class Button:
    """path: its place, "0" or "1.2"; url: where it leads; below: its sub-buttons."""

    path: str
    name: str
    kind: str
    key: str
    url: str
    asks: str
    proposed: str
    below: tuple[Button, ...]

    @classmethod
    def of(cls, path: str, fields: Mapping[str, Any], me: str, here: str) -> Button:
        kind = str(fields.get("type", ""))
        below = fields.get("sub_button") or []
        asks, proposed = ASKS.get(kind, ("", ""))
        return cls(
            path,
            str(fields.get("name", "")),
            kind,
            str(fields.get("key") or ""),
            opened(str(fields.get("url") or ""), me, here),
            asks,
            proposed,
            tuple(cls.of(f"{path}.{at}", one, me, here) for at, one in enumerate(below)),
        )


@dataclass(frozen=True)
class Menu:
    buttons: tuple[Button, ...]

    @classmethod
    def of(cls, menu: list[Fields], me: str, here: str) -> Menu:
        """me: whose phone it is; here: this sandbox's host."""
        return cls(tuple(Button.of(str(at), one, me, here) for at, one in enumerate(menu)))


def menu_of(world: World, person: Person) -> list[Fields]:
    """The menu that this person sees: the conditional one that fits, else the default."""
    return menu_for(world, person)


def tap(acts: Acts, world: World, person: Person, body: Mapping[str, Any]) -> Fields:
    """Does what the button at `path` does. `url`: what the phone is to open.

    result  what was scanned, or the place that was chosen, of buttons that ask

    Raises NoButton, and NotFollowing as every act.
    """
    with world.lock:
        button = _found(menu_of(world, person), str(body.get("path", "")))
        kind, result = str(button.get("type", "")), str(body.get("result") or "")[:600]
        if kind not in _TAPS:
            raise NoButton("the button does nothing")
        return _TAPS[kind](acts, world, person, button, result) or {}


def _found(menu: list[Fields], path: str) -> Fields:
    below, found = menu, None
    for step in path.split("."):
        if not step.isdecimal() or int(step) >= len(below):
            raise NoButton("path: there is no such button")
        found = below[int(step)]
        below = found.get("sub_button") or []
    if found is None:
        raise NoButton("path: there is no such button")
    return found


def _click(acts: Acts, _w: World, person: Person, button: Fields, _result: str) -> None:
    acts.click(person, str(button.get("key", "")))


def _view(acts: Acts, _w: World, person: Person, button: Fields, _result: str) -> Fields:
    url = str(button.get("url", ""))
    acts.view(person, url)
    return {"url": web_address(url)}


def _scan(acts: Acts, _w: World, person: Person, button: Fields, result: str) -> Fields:
    """scancode_push opens what it scanned, scancode_waitmsg leaves that to the program."""
    kind = str(button["type"])
    kind_of = "qrcode" if web_address(result) else "barcode"
    fields = {"ScanCodeInfo": {"ScanType": kind_of, "ScanResult": result}}
    acts.menu_event(person, kind, str(button.get("key", "")), fields, "扫码", opens="click")
    return {"url": web_address(result) if kind == "scancode_push" else ""}


def _picture(acts: Acts, world: World, person: Person, button: Fields, _result: str) -> None:
    """First the event, then the picture as a message of its own."""
    item = {"item": {"PicMd5Sum": world.ids.hex(16)}}
    fields = {"SendPicsInfo": {"Count": 1, "PicList": item}}
    acts.menu_event(person, str(button["type"]), str(button.get("key", "")), fields, "选择图片")
    acts.send_picture(person)


def _place(acts: Acts, _w: World, person: Person, button: Fields, result: str) -> None:
    label = result or ASKS["location_select"][1]
    place = {
        "Location_X": "31.230400",
        "Location_Y": "121.473700",
        "Scale": 15,
        "Label": label,
        "Poiname": "",
    }
    fields = {"SendLocationInfo": place}
    acts.menu_event(person, "location_select", str(button.get("key", "")), fields, "选择位置")


def _mini(acts: Acts, _w: World, person: Person, button: Fields, _result: str) -> Fields:
    page = str(button.get("pagepath", ""))
    told = f"打开小程序 {button.get('appid', '')} {page}".rstrip()
    acts.menu_event(person, "view_miniprogram", page, {"MenuId": MENU_ID}, told)
    return {"url": web_address(str(button.get("url", "")))}  # what old clients open instead


def _material(_a: Acts, world: World, person: Person, button: Fields, _result: str) -> None:
    """The platform itself sends what the button names; the program hears nothing."""
    kind = _kind_of(world, button)
    named = {name: button.get(name) for name in ("media_id", "article_id")}
    try:
        shown = TYPES[kind](world, named)
    except PlatformError as error:
        raise NoButton(f"the button's material is gone: {error}") from None
    now, picture = world.clock(), shown.picture
    world.show(person, Bubble("account", kind, shown.text, now, "menu", shown.url, picture=picture))


def _kind_of(world: World, button: Fields) -> str:
    if "article_id" in button:
        return "mpnewsarticle"
    known = world.media.get(str(button.get("media_id")))
    return known.kind if known and known.kind in ("image", "voice") else "mpnews"


_TAPS: dict[str, Callable[[Acts, World, Person, Fields, str], Fields | None]] = {
    "click": _click,
    "view": _view,
    "scancode_push": _scan,
    "scancode_waitmsg": _scan,
    "pic_sysphoto": _picture,
    "pic_photo_or_album": _picture,
    "pic_weixin": _picture,
    "location_select": _place,
    "miniprogram": _mini,
    "media_id": _material,
    "view_limited": _material,
    "article_id": _material,
    "article_view_limited": _material,
}
