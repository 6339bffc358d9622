"""What the pages about followers share: whom a page is about, and the tabs."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort

from bot.console.gate import account
from bot.console.shell import Link, words
from bot.console.tabs import tabs_of
from bot.errors import NotFound
from bot.store import followers, portrait
from bot.store.follower_list import Line
from bot.values.audience import FollowerState

# The tabs of 粉丝: (words, endpoint); what is not allowed is not shown.
TABS = (
    ("con.followers.list", "followers_list"),
    ("con.tags.title", "follower_tags"),
    ("con.tab.attributes_page", "attributes_page"),
    ("con.imports.title", "imports_page"),
    ("con.syncs.title", "syncs_page"),
)


@dataclass(frozen=True)
class Standing:
    """Whether somebody follows and may be written to, as a badge; `stage`: how far he came."""

    said: str
    colour: str
    stage: str


def tabs(here: str) -> list[Link]:
    """The pages of 粉丝 that this person may open; `here`: the endpoint of this one."""
    return tabs_of(TABS, here)


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
    """In a word: blacklisted before gone, gone before opted out. Whom an import brought and who
    never followed has not gone."""
    opted_out = one.opted_out if isinstance(one, Line) else one.opted_out_at is not None
    never = one.never if isinstance(one, Line) else _never_came(one)
    if one.blacklisted:
        name, colour = "blacklisted", "red"
    elif not one.subscribed:
        name, colour = "never" if never else "left", "secondary"
    elif opted_out:
        name, colour = "opted_out", "yellow"
    else:
        name, colour = "following", "green"
    said = words()(f"con.followers.state.{name}")
    return Standing(said, colour, words()(f"me.stage.{one.stage}") if not never else said)


def _never_came(one: FollowerState) -> bool:
    return not one.subscribed and portrait.since(one.id) == (None, None)
