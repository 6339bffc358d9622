"""What the pages about followers share: whom a page is about, the tabs, faults of the platform."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import abort, request, url_for

from bot.console.gate import RIGHTS, account, asker
from bot.console.shell import Link, language, words
from bot.errors import GatewayError, HongyanError, NotFound
from bot.i18n import t
from bot.i18n.refusals import said
from bot.store import followers
from bot.store.follower_list import Line
from bot.store.follower_rows import Mark
from bot.values.audience import FollowerState
from bot.wechat.errcodes import advice

_MARK = re.compile(r"(\d{1,18})-(\d{1,18})")
# The tabs of 粉丝: (words, endpoint); what is not allowed is not shown.
_TABS = (
    ("con.followers.list", "followers_list"),
    ("con.tags.title", "follower_tags"),
    ("con.imports.title", "imports_page"),
    ("con.syncs.title", "syncs_page"),
)


@dataclass(frozen=True)
class Standing:
    """Whether somebody follows and may be written to, as a badge."""

    said: str
    colour: str


def tabs(here: str) -> list[Link]:
    """The pages of 粉丝 that this person may open; `here`: the endpoint of this one."""
    say, slug = words(), account().slug
    return [
        Link(say(title), url_for(f"console.{name}", slug=slug), name == here)
        for title, name in _TABS
        if (right := RIGHTS.get(f"console.{name}")) is not None and asker().may(right)
    ]


def found(follower_id: int) -> FollowerState:
    """A follower of the account who has not been erased; 404 for everybody else."""
    try:
        one = followers.get(follower_id) if follower_id < 1 << 63 else None
    except NotFound:
        one = None
    if one is None or one.account_id != account().id or one.erased_at is not None:
        abort(404)
    return one


def standing(one: Line | FollowerState) -> Standing:
    """In a word: blacklisted before gone, gone before opted out."""
    opted_out = one.opted_out if isinstance(one, Line) else one.opted_out_at is not None
    if one.blacklisted:
        name, colour = "blacklisted", "red"
    elif not one.subscribed:
        name, colour = "left", "secondary"
    elif opted_out:
        name, colour = "opted_out", "yellow"
    else:
        name, colour = "following", "green"
    return Standing(words()(f"con.followers.state.{name}"), colour)


def mark() -> Mark:
    """Behind which row the page begins that was asked for."""
    given = _MARK.fullmatch(request.args.get("before", ""))
    return Mark(int(given[1]), int(given[2])) if given else Mark()


def written(more: Mark | None) -> str:
    """The same for an address; "" for no further page."""
    return f"{more.at}-{more.id}" if more else ""


def fault(error: HongyanError, lang: str = "") -> str:
    """What went wrong, for people; of the platform with what to do about it."""
    lang = lang or language()
    if not isinstance(error, GatewayError):
        return said(str(error), lang)
    if error.errcode is None:
        return t("con.platform.silent", lang)
    return f"{error.errcode}: {advice(error.errcode, lang)}"
