"""Tabs of pages that are one entry of the menu: the account's settings."""

from __future__ import annotations

from flask import url_for

from bot.console.gate import RIGHTS, account, asker
from bot.console.shell import TABS, Link, words


def settings_tabs(here: str) -> list[Link]:
    """Those that one may open."""
    say, who = words(), asker()
    rights = ((name, RIGHTS.get(f"console.{name}")) for name in TABS["account_page"])
    return [
        Link(
            say(f"con.tab.{name}"),
            url_for(f"console.{name}", slug=account().slug),
            name == here,
        )
        for name, right in rights
        if right is not None and who.may(right)
    ]
