"""What the pages about followers share: whom a page is about, the tabs, faults of the platform."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort

from bot.console.gate import account
from bot.console.shell import Link, language, words
from bot.console.tabs import tabs_of
from bot.errors import GatewayError, HongyanError, NotFound
from bot.i18n import t
from bot.i18n.refusals import said
from bot.store import followers
from bot.store.follower_list import Line
from bot.values.audience import FollowerState
from bot.wechat.errcodes import advice

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
    return tabs_of(_TABS, here)


def found(follower_id: int) -> FollowerState:
    """A follower of the account who has not been erased; 404 for everybody else."""
    try:
        one = followers.get(follower_id)
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


def fault(error: HongyanError, lang: str = "") -> str:
    """What went wrong, for people; of the platform with what to do about it."""
    lang = lang or language()
    if not isinstance(error, GatewayError):
        return said(str(error), lang)
    if error.errcode is None:
        return t("con.platform.silent", lang)
    return f"{error.errcode}: {advice(error.errcode, lang)}"
