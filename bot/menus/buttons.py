"""The buttons of a menu as values of the platform's own form, and steps of editing them. Pure.

A button is {name, type, ...} or {name, sub_button: [...]}. A place is (top,) or (top, below),
counted from 0; people read and addresses say it from 1: "2", "2-1".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from bot.errors import InvalidInput

Button = dict[str, Any]
Place = tuple[int, ...]
MOST_TOP, MOST_BELOW = 3, 5
# type -> the fields that it has besides its name, all of them wanted
FIELDS: dict[str, tuple[str, ...]] = {
    "click": ("key",),
    "view": ("url",),
    "miniprogram": ("url", "appid", "pagepath"),
    "scancode_push": ("key",),
    "scancode_waitmsg": ("key",),
    "pic_sysphoto": ("key",),
    "pic_photo_or_album": ("key",),
    "pic_weixin": ("key",),
    "location_select": ("key",),
    "media_id": ("media_id",),
    "view_limited": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
}


def cleaned(given: Any) -> list[Button]:
    """Buttons as we keep them, of a list as anybody may send it. Raises InvalidInput.

    Empty sub_button lists, which the platform sends along, are left out; so are a type and fields
    beside sub-buttons, which never count.
    """
    if not isinstance(given, list):
        raise InvalidInput("button: wants a list of buttons", "button")
    return [_cleaned(one, f"button[{at}]") for at, one in enumerate(given)]


def _cleaned(one: Any, place: str) -> Button:
    if not isinstance(one, Mapping):
        raise InvalidInput(f"{place}: wants a button: name and what it does", place)
    below = one.get("sub_button")
    if isinstance(below, Mapping):  # as get_current_selfmenu_info has it
        below = below.get("list")
    found: Button = {"name": _text(one, "name", place).strip()}
    if below:
        if not isinstance(below, list):
            raise InvalidInput(f"{place}.sub_button: wants a list", place)
        found["sub_button"] = [
            _cleaned(each, f"{place}.sub_button[{at}]") for at, each in enumerate(below)
        ]
        return found
    found["type"] = _text(one, "type", place)
    for name in FIELDS.get(found["type"], ("key", "url")):
        found[name] = _text(one, name, place).strip()
    return found


def _text(one: Mapping[str, Any], name: str, place: str) -> str:
    value = one.get(name, "")
    if not isinstance(value, str):
        raise InvalidInput(f"{place}.{name}: wants a text", f"{place}.{name}")
    return value


def walk(buttons: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Every button with its place, those below behind the one above them."""
    for top, one in enumerate(buttons):
        yield (top,), one
        for below, each in enumerate(one.get("sub_button") or ()):
            yield (top, below), each


def acting(
    buttons: Sequence[Mapping[str, Any]],
) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """The buttons that do something."""
    return ((place, one) for place, one in walk(buttons) if not one.get("sub_button"))


def written(place: Place) -> str:
    """(1, 0) as "2-1"."""
    return "-".join(str(one + 1) for one in place)


def read_place(text: str) -> Place:
    """Raises InvalidInput for what names no place that a menu could have."""
    parts = text.split("-")
    if not 1 <= len(parts) <= 2 or not all(one in "12345" and len(one) == 1 for one in parts):
        raise InvalidInput(f"{text[:20]}: a place in a menu is written as 2 or 2-1", "place")
    return tuple(int(one) - 1 for one in parts)


def at(buttons: Sequence[Button], place: Place) -> Button:
    """Raises InvalidInput where there is no button."""
    found = _row(buttons, place)
    if place[-1] >= len(found):
        raise InvalidInput(f"there is no button {written(place)}", "place")
    return found[place[-1]]


def _row(buttons: Sequence[Button], place: Place) -> list[Button]:
    """The list that a place is in."""
    if len(place) == 1:
        return list(buttons)
    below: list[Button] = at(buttons, place[:1]).get("sub_button") or []
    return below


def _changed(buttons: Sequence[Button], place: Place) -> tuple[list[Button], list[Button]]:
    """A copy of all, and the list in it that the place is in."""
    new = deepcopy(list(buttons))
    if len(place) == 1:
        return new, new
    above = at(new, place[:1])
    row: list[Button] = above.setdefault("sub_button", [])
    return new, row


# --- editing ------------------------------------------------------------------------------------


def put(buttons: Sequence[Button], place: Place, button: Button) -> list[Button]:
    """A button in place of the one there, or at the end. One that gets its first button below
    keeps its name and does nothing itself any more. Raises InvalidInput."""
    new, row = _changed(buttons, place)
    if place[-1] < len(row):
        old = row[place[-1]]
        if old.get("sub_button") and len(place) == 1:  # its buttons stay; it has but a name
            row[place[-1]] = {"name": button["name"], "sub_button": old["sub_button"]}
        else:
            row[place[-1]] = button
        return new
    most = MOST_TOP if len(place) == 1 else MOST_BELOW
    if place[-1] > len(row) or len(row) >= most:
        raise InvalidInput(f"there is no room for a button {written(place)}", "place")
    row.append(button)
    if len(place) == 2:
        above = new[place[0]]
        new[place[0]] = {"name": above["name"], "sub_button": row}
    return new


def remove(buttons: Sequence[Button], place: Place) -> list[Button]:
    """Without this button; one that loses the last below it is left without an act."""
    new, row = _changed(buttons, place)
    at(new, place)
    del row[place[-1]]
    if len(place) == 2 and not row:
        new[place[0]] = {"name": new[place[0]]["name"], "type": "click", "key": ""}
    return new


def move(buttons: Sequence[Button], place: Place, by: int) -> list[Button]:
    """One step earlier (-1) or later (1) in its row; at its end it stays."""
    new, row = _changed(buttons, place)
    at(new, place)
    other = place[-1] + by
    if 0 <= other < len(row):
        row[place[-1]], row[other] = row[other], row[place[-1]]
    return new


# --- comparing ----------------------------------------------------------------------------------


def differences(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]
) -> list[tuple[str, str, str]]:
    """(added, changed or removed; place; name) on the way from one menu to another, by place."""
    before, after = (
        {place: {**one, "sub_button": bool(one.get("sub_button"))} for place, one in walk(each)}
        for each in (old, new)
    )
    found = []
    for place in sorted({*before, *after}):
        if place not in before:
            found.append(("added", written(place), str(after[place]["name"])))
        elif place not in after:
            found.append(("removed", written(place), str(before[place]["name"])))
        elif before[place] != after[place]:
            found.append(("changed", written(place), str(after[place]["name"])))
    return found
