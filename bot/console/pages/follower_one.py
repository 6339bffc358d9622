"""One follower inside the frame: picture, tags, timeline, coupons, messages, why, rights.

Every look is in the audit log under the name of who looks; too many at one person are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import abort, url_for
from werkzeug.wrappers import Response

from bot.console import follower_chat, follower_picture, follower_rights, follower_sends
from bot.console.follower_parts import found, standing
from bot.console.gate import account, asker, page
from bot.console.parts import spot, written
from bot.console.rights import Right
from bot.console.shell import Link, language, render, shown_at, words, zone_of
from bot.profile import showing
from bot.profile.words import MARKETER, Words
from bot.store import follower_rows, pseudonyms
from bot.store.spots import Spot
from bot.values.audience import FollowerState
from bot.web.me import assets

PAGE = 30


@page("/a/<slug>/followers/<int:follower_id>", Right.PEOPLE)
def follower(slug: str, follower_id: int) -> Response:
    """画像: what is known and reckoned, with charts and the segments that one is in."""
    return shown(found(follower_id), "picture")


@page("/a/<slug>/followers/<int:follower_id>/<tab>", Right.PEOPLE)
def follower_tab(slug: str, follower_id: int, tab: str) -> Response:
    """Another tab of the same."""
    one = found(follower_id)
    if tab not in TABS:
        abort(404)
    return shown(one, tab)


def shown(one: FollowerState, tab: str, status: int = 200, **more: Any) -> Response:
    """A tab of the page, with the look in the audit log. `more`: what an act has to say."""
    who = asker()
    detail = {"tab": tab, "personal": who.may(Right.EXPORT)}
    try:
        showing.look(one.id, who.actor, who.now, detail)
    except showing.TooManyLooks:
        abort(429, words()("con.follower.too_many"))
    said = Words(language(), zone_of(account()), MARKETER)
    values = TABS[tab](one, said)
    return render(
        f"follower_{tab}.html", status, one=_head(one, tab), f=said.t, **{**values, **more}
    )


def _head(one: FollowerState, tab: str) -> dict[str, Any]:
    """What stands above every tab."""
    say, slug = words(), account().slug
    state = standing(one)
    return {
        "id": one.id,
        "name": pseudonyms.of(one.id),
        "state": state.said,
        "colour": state.colour,
        "base": f"/console/a/{slug}/followers/{one.id}",
        "stage": state.stage,
        "tab": tab,
        "tabs": [
            Link(say(f"con.follower.tab.{name}"), _address(one.id, name), name == tab)
            for name in TABS
        ],
        "seen": shown_at(one.last_inbound_at, zone_of(account())),
        "chat": asker().may(Right.TALK),
        "slug": slug,
    }


def _address(follower_id: int, tab: str) -> str:
    slug = account().slug
    if tab == "picture":
        return url_for("console.follower", slug=slug, follower_id=follower_id)
    return url_for("console.follower_tab", slug=slug, follower_id=follower_id, tab=tab)


# --- the tabs that are a list ------------------------------------------------------------------


def _picture(one: FollowerState, said: Words) -> dict[str, Any]:
    return {**follower_picture.values(one), "files": assets()}


def _tags(one: FollowerState, said: Words) -> Mapping[str, Any]:
    rows = [
        (held.tag, said.t(f"source.{held.source}"), said.day(held.since),
         said.day(held.until) if held.until else "–")
        for held in follower_rows.tags(one.id, asker().now)
    ]  # fmt: skip
    return {"rows": rows, "may_edit": asker().may(Right.TALK)}


def _coupons(one: FollowerState, said: Words) -> Mapping[str, Any]:
    now = asker().now
    codes, more = follower_rows.coupons(one.id, spot(), PAGE)
    rows = []
    for code in codes:
        over = code.state == "issued" and code.expires_at is not None and code.expires_at <= now
        at = (code.issued_at, code.claimed_at, code.redeemed_at, code.expires_at)
        state = said.t(f"code.{'expired' if over else code.state}")
        rows.append((code.title, code.batch, state, *map(said.moment, at)))
    return {"rows": rows, "more": written(more), "older": spot() != Spot()}


Values = Callable[[FollowerState, Words], Mapping[str, Any]]
TABS: dict[str, Values] = {
    "picture": _picture,
    "tags": _tags,
    "timeline": follower_picture.timeline_values,
    "coupons": _coupons,
    "messages": follower_chat.values,
    "why": follower_sends.values,
    "rights": follower_rights.values,
}
