"""Tabs: pages that are one entry of the menu."""

from __future__ import annotations

from collections.abc import Iterable

from flask import url_for

from bot.console.gate import RIGHTS, account, asker
from bot.console.shell import TABS, Link, words


def tabs_of(pages: Iterable[tuple[str, str]], here: str) -> list[Link]:
    """Those that the one who asks may open.

    pages  (words, endpoint) of each, of the account's own pages
    here   the endpoint of this one
    """
    say, slug = words(), account().slug
    return [
        Link(say(title), url_for(f"console.{name}", slug=slug), name == here)
        for title, name in pages
        if (right := RIGHTS.get(f"console.{name}")) is not None and asker().may(right)
    ]


def settings_tabs(here: str) -> list[Link]:
    """Of the account's settings."""
    return tabs_of(((f"con.tab.{name}", name) for name in TABS["account_page"]), here)
