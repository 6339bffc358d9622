"""发放记录 and 核销记录: by time, a page at a time; the whole of it as a file in the background."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.background.coupon_files import GIVEN, REDEEMED
from bot.console.gate import account, asker, page
from bot.console.parts import spot, written
from bot.console.rights import Right
from bot.console.shell import Words, render, shown_at, words, zone_of
from bot.console.work import begin
from bot.store import audit, coupon_batches, coupon_list, pseudonyms
from bot.store.coupon_list import SOURCES, Given, Redeemed
from bot.store.spots import Spot
from bot.values.money import yuan

PAGE = 50
STATES = ("issued", "redeemed", "expired", "void")


@page("/a/<slug>/coupons/given", Right.LOOK)
def coupons_given(slug: str) -> Response:
    """Who has which code since when, and what became of it; the newest first."""
    asked = _asked("batch", "state")
    state = asked["state"] if asked["state"] in STATES else ""
    rows, more = coupon_list.given(account().id, spot(), PAGE, batch=asked["batch"], state=state)
    say = words()
    return render(
        "coupons_given.html",
        rows=[_given(one, say) for one in rows],
        states=[(one, say(f"con.code.{one}")) for one in STATES],
        **_around(asked, more),
    )


@page("/a/<slug>/coupons/used", Right.LOOK)
def coupons_used(slug: str) -> Response:
    """What was redeemed where, the newest first; those taken back as well."""
    asked = _asked("batch", "source", "shop")
    source = asked["source"] if asked["source"] in SOURCES else ""
    rows, more = coupon_list.redeemed(
        account().id, spot(), PAGE, batch=asked["batch"], source=source, shop=asked["shop"]
    )
    say = words()
    return render(
        "coupons_used.html",
        rows=[_redeemed(one, say) for one in rows],
        sources=[(one, say(f"con.coupon.source.{one}")) for one in SOURCES],
        **_around(asked, more),
    )


@page("/a/<slug>/coupons/given/export", Right.EXPORT, ("POST",))
def coupons_given_export(slug: str) -> Response:
    """The whole list as a file, by what is asked for."""
    given = request.form
    return _file(GIVEN, {name: given.get(name, "")[:64] for name in ("batch", "state")})


@page("/a/<slug>/coupons/used/export", Right.EXPORT, ("POST",))
def coupons_used_export(slug: str) -> Response:
    """The same of redemptions."""
    given = request.form
    return _file(REDEEMED, {name: given.get(name, "")[:64] for name in ("batch", "source", "shop")})


def _file(kind: str, asked: dict[str, str]) -> Response:
    who = asker()
    task = begin(kind, asked)
    audit.record(who.actor, "coupon_export", who.now, detail={"what": kind, **asked})
    return redirect(url_for("console.work_one", slug=account().slug, task_id=task))


def _asked(*names: str) -> dict[str, str]:
    return {name: request.args.get(name, "").strip()[:64] for name in names}


def _around(asked: dict[str, str], more: Spot | None) -> dict[str, Any]:
    return {
        "asked": asked,
        "batches": [(one.slug, one.title) for one in coupon_batches.batches(account().id)],
        "more": written(more),
        "may_export": asker().may(Right.EXPORT),
        "may_look": asker().may(Right.PEOPLE),
        "slug": account().slug,
    }


def _given(one: Given, say: Words) -> dict[str, Any]:
    zone = zone_of(account())
    return {
        **_of(one),
        "state": say(f"con.code.{one.state}"),
        "at": shown_at(one.issued_at, zone),
        "claimed": shown_at(one.claimed_at, zone),
        "redeemed": shown_at(one.redeemed_at, zone),
        "expires": shown_at(one.expires_at, zone),
    }


def _redeemed(one: Redeemed, say: Words) -> dict[str, Any]:
    zone = zone_of(account())
    source = f"con.coupon.source.{one.source}" if one.source in SOURCES else "con.coupon.source.api"
    return {
        **_of(one),
        "at": shown_at(one.at, zone),
        "source": say(source),
        "shop": one.shop,
        "basket": "–" if one.basket_fen is None else f"¥{yuan(one.basket_fen)}",
        "discount": f"¥{yuan(one.discount_fen)}",
        "undone": shown_at(one.undone_at, zone) if one.undone_at else "",
    }


def _of(one: Given | Redeemed) -> dict[str, Any]:
    """Which coupon, and whose."""
    name = pseudonyms.of(one.follower_id) if one.follower_id is not None else "–"
    return {"title": one.title, "batch": one.batch, "follower": one.follower_id, "name": name}
