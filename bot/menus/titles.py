"""What a tapped button was called: its title in the menu that followers saw then.

The platform tells a button by its key, address or page; which title that had is known from the
versions that went out. A button keeps its title while phones still show a menu that is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.menus.buttons import Button, acting, at
from bot.store import menus
from bot.store.menus import Version


def key_of(one: Mapping[str, Any]) -> str:
    """By which its taps are counted: what the platform's event carries."""
    name = {"view": "url", "miniprogram": "pagepath"}.get(str(one.get("type")), "key")
    return str(one.get(name, ""))


class Titles:
    """The menus of an account that went out, the latest first."""

    def __init__(self, versions: Sequence[Version]) -> None:
        self._versions = [(one.at, one.menu_id, _titles(one.buttons)) for one in versions]

    def of(self, key: str, when: datetime) -> str:
        """The title at an instant; of several menus' each. "": no menu of ours had the button."""
        found: dict[int, str] = {}
        for since, menu_id, titles in self._versions:
            if since <= when and key in titles and menu_id not in found:
                found[menu_id] = titles[key]
        return "／".join(dict.fromkeys(found[menu_id] for menu_id in sorted(found)))


def titles_of(account_id: int, until: datetime) -> Titles:
    """Of the versions that went out before `until`."""
    return Titles(menus.gone_out(account_id, until))


def _titles(buttons: Sequence[Button]) -> dict[str, str]:
    """Key -> title, behind that of the menu it stands in; of a key with several, each."""
    found: dict[str, dict[str, None]] = {}
    for place, one in acting(buttons):
        names = [str(at(buttons, place[: n + 1])["name"]) for n in range(len(place))]
        found.setdefault(key_of(one), {})[" › ".join(names)] = None
    return {key: "／".join(names) for key, names in found.items() if key}
