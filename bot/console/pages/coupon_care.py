"""Coupons at the shops and on watch: tills with their QR codes, files of shops, the radar."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, BinaryIO, cast
from zoneinfo import ZoneInfo

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.background.coupon_files import CODES, REDEEM
from bot.background.coupon_radar import RADAR
from bot.console.attention import subject_said
from bot.console.fields import whole
from bot.console.gate import account, asker, page
from bot.console.newer import Held, Newer, Overtaken, newer_of
from bot.console.refusals import status_of
from bot.console.rights import Right
from bot.console.shell import Words, render, shown_at, words, zone_of
from bot.console.work import begin
from bot.coupon import patrol, radar, tills
from bot.errors import Conflict, HongyanError, InvalidInput, NotFound
from bot.store import audit, coupon_batches, coupon_notices, coupon_radar, coupon_tills
from bot.store.coupon_notices import LOW_STOCK, Notice
from bot.store.coupon_radar import RuleSetting
from bot.store.coupon_tills import Till
from bot.store.db import transaction
from bot.web import qr
from bot.web.services import services

MOST_BYTES = 64 * 1024 * 1024
NOTICE_DAYS = 30
MOST_NOTICES = 200
MOST_DAYS = 31  # that the radar looks back


# --- tills ---------------------------------------------------------------------------------------


@page("/a/<slug>/coupons/tills", Right.LOOK)
def coupon_tills_page(slug: str) -> Response:
    """The tills of all shops, the newest first; without their links."""
    return _tills()


@page("/a/<slug>/coupons/tills/new", Right.EDIT, ("POST",))
def till_new(slug: str) -> Response:
    """A till of a shop; its link and QR code are on its own page."""
    given = request.form
    try:
        days = whole(given, "days", tills.LONGEST_DAYS)
        public = services().settings.public
        made, _ = tills.open_till(account().id, given.get("shop", ""), days, asker().now, public)
    except HongyanError as error:
        return _tills(422, str(error))
    _note("till_make", till=made.id, shop=made.shop, days=days)
    return redirect(url_for("console.till_page", slug=slug, till_id=made.id))


@page("/a/<slug>/coupons/tills/<int:till_id>", Right.EDIT)
def till_page(slug: str, till_id: int) -> Response:
    """Its link and QR code: whoever has them can redeem, so looking is on record."""
    till = _till(till_id)
    link = tills.link(till, services().settings.public) if till.open_at(asker().now) else ""
    _note("till_show", till=till.id)
    return render(
        "till.html",
        row=_till_row(till, words(), zone_of(account()), asker().now),
        link=link,
        qr=qr.inline(link, words()("con.till.qr", shop=till.shop)) if link else "",
        slug=slug,
    )


@page("/a/<slug>/coupons/tills/<int:till_id>/revoke", Right.EDIT, ("POST",))
def till_revoke(slug: str, till_id: int) -> Response:
    """Close it: its link opens nothing any more."""
    till = _till(till_id)
    if not coupon_tills.revoke(account().id, till.id, asker().now):
        return _tills(409, words()("con.till.closed"))
    _note("till_revoke", till=till.id)
    return redirect(url_for("console.coupon_tills_page", slug=slug))


def _till(till_id: int) -> Till:
    try:
        found = coupon_tills.get(till_id)
    except NotFound:
        found = None
    if found is None or found.account_id != account().id:
        abort(404)
    return found


def _tills(status: int = 200, error: str = "") -> Response:
    say, zone, now = words(), zone_of(account()), asker().now
    rows = [_till_row(one, say, zone, now) for one in coupon_tills.of_account(account().id)]
    return render(
        "coupon_tills.html", status, rows=rows, error=error, slug=account().slug,
        given=request.form, may_edit=asker().may(Right.EDIT), longest=tills.LONGEST_DAYS,
    )  # fmt: skip


def _till_row(one: Till, say: Words, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    state = (
        "revoked" if one.revoked_at else "held" if one.held_at else
        "open" if one.open_at(now) else "over"
    )  # fmt: skip
    return {
        "id": one.id, "shop": one.shop, "until": shown_at(one.until, zone), "open": state == "open",
        "state": say(f"con.till.{state}"), "made": shown_at(one.made_at, zone),
    }  # fmt: skip


# --- files of shops ------------------------------------------------------------------------------


@page("/a/<slug>/coupons/files", Right.EDIT)
def coupon_files(slug: str) -> Response:
    """批量核销 and codes of a shop: both are uploaded here."""
    return _files()


@page("/a/<slug>/coupons/files/redeem", Right.EDIT, ("POST",), upload=MOST_BYTES)
def coupon_redeem_file(slug: str) -> Response:
    """Redeem the rows of a file, or try what would come of it."""
    given, who = request.form, asker()
    asked = {"shop": given.get("shop", "").strip()[:32], "dry": given.get("do") != "redeem",
             "author": who.actor}  # fmt: skip
    return _uploaded(REDEEM, asked)


@page("/a/<slug>/coupons/files/codes", Right.EDIT, ("POST",), upload=MOST_BYTES)
def coupon_codes_file(slug: str) -> Response:
    """Put a shop's own codes on stock of a batch."""
    ref = request.form.get("batch", "")
    try:
        batch = coupon_batches.batch_by_slug(account().id, ref)
    except NotFound:
        return _files(422, words()("con.coupon.no_batch"))
    return _uploaded(CODES, {"batch": batch.slug, "author": asker().actor})


def _uploaded(kind: str, asked: dict[str, Any]) -> Response:
    file = request.files.get("file")
    if file is None or not file.filename:
        return _files(422, words()("con.list.nothing"))
    upload = (file.filename[-64:], cast(BinaryIO, file.stream))
    try:
        task = begin(kind, asked, upload)
    except HongyanError as error:
        return _files(422, str(error))
    return redirect(url_for("console.work_one", slug=account().slug, task_id=task))


def _files(status: int = 200, error: str = "") -> Response:
    held = coupon_batches.batches(account().id)
    batches = [(one.slug, one.title) for one in held if one.withdrawn_at is None]
    return render(
        "coupon_files.html", status, batches=batches, error=error, slug=account().slug,
        given=request.form,
    )  # fmt: skip


# --- radar ---------------------------------------------------------------------------------------


@page("/a/<slug>/coupons/radar", Right.LOOK)
def coupon_radar_page(slug: str) -> Response:
    """What was told in the last days, what is held, and the rules."""
    return _radar()


@page("/a/<slug>/coupons/radar/look", Right.EDIT, ("POST",))
def radar_look(slug: str) -> Response:
    """Look at the last days by all rules; nobody is held by it."""
    try:
        days = max(1, whole(request.form, "days", MOST_DAYS))
    except InvalidInput as error:
        return _radar(422, str(error))
    task = begin(RADAR, {"days": days})
    return redirect(url_for("console.work_one", slug=slug, task_id=task))


@page("/a/<slug>/coupons/radar/<rule>/rule", Right.EDIT, ("POST",))
def radar_rule(slug: str, rule: str) -> Response:
    """Change a rule: so many are honest within so long; hold what it finds, or only tell."""
    given, say = request.form, words()
    there = url_for("console.coupon_radar_page", slug=slug)
    try:
        wanted = RuleSetting(
            whole(given, "most", 10**6), 60 * whole(given, "minutes", 44_640),
            "hold" in given, "enabled" in given,
        )  # fmt: skip
        with transaction():
            if (held := _held(rule)) is not None:
                told = _told(wanted)
                held.must_be_seen(told, lambda name: say(f"con.radar.{name}"), there)
            now = patrol.set_rule(
                account().id, rule, most=wanted.most, within_seconds=wanted.within_seconds,
                hold=wanted.hold, enabled=wanted.enabled,
            )  # fmt: skip
            Held("radar", rule, _told(now)).mark()
            _note("radar_rule", rule=rule, most=now.most, within=now.within_seconds,
                  hold=now.hold, enabled=now.enabled)  # fmt: skip
    except (InvalidInput, Overtaken) as error:
        return _radar(status_of(error), str(error), rule, newer_of(error))
    return redirect(there)


def _held(name: str) -> Held | None:
    """A rule as it is edited; None: there is none of this name."""
    in_force = radar.in_force(coupon_radar.settings(account().id))
    known = {rule.name: one for rule, one in in_force}
    return Held("radar", name, _told(known[name])) if name in known else None


def _told(one: RuleSetting) -> dict[str, Any]:
    return {"most": one.most, "minutes": one.within_seconds // 60, "hold": one.hold,
            "on": one.enabled}  # fmt: skip


@page("/a/<slug>/coupons/radar/<int:notice_id>/release", Right.EDIT, ("POST",))
def radar_release(slug: str, notice_id: int) -> Response:
    """Somebody has looked: what it held is free, and what was before counts no more."""
    try:
        done = patrol.release(account().id, notice_id, asker().now)
    except NotFound:
        abort(404)
    except Conflict:
        return _radar(409, words()("con.radar.over"))
    _note("radar_release", notice=notice_id, rule=done.kind)
    return redirect(url_for("console.coupon_radar_page", slug=slug))


def _radar(
    status: int = 200, error: str = "", typed: str = "", newer: Newer | None = None
) -> Response:
    """typed: the rule whose form comes back as it was filled in."""
    say, of, now = words(), account().id, asker().now
    found = coupon_notices.since(of, now - timedelta(days=NOTICE_DAYS))
    still = coupon_notices.open_notices(of)
    notices = list({one.id: one for one in [*still, *found]}.values())[:MOST_NOTICES]
    return render(
        "coupon_radar.html",
        status,
        notices=[_notice(one, say) for one in notices],
        rules=[
            {"name": rule.name, "said": say(f"con.radar.{rule.name}"), "most": one.most,
             "minutes": one.within_seconds // 60, "hold": one.hold, "enabled": one.enabled,
             "seen": Held("radar", rule.name, _told(one)).stamp}
            | (_typed(newer) if rule.name == typed else {})
            for rule, one in radar.in_force(coupon_radar.settings(of))
        ],
        newer=newer,
        days=MOST_DAYS,
        error=error,
        slug=account().slug,
        may_edit=asker().may(Right.EDIT),
    )  # fmt: skip


def _typed(newer: Newer | None) -> dict[str, Any]:
    given = request.form
    seen = {} if newer else {"seen": given.get("seen", "")}
    return {"most": given.get("most", ""), "minutes": given.get("minutes", ""),
            "hold": "hold" in given, "enabled": "enabled" in given, **seen}  # fmt: skip


def _notice(one: Notice, say: Words) -> dict[str, Any]:
    zone = zone_of(account())
    return {
        "id": one.id,
        "kind": say(f"con.radar.{one.kind}"),
        "subject": subject_said(one.subject, say),
        "severity": say(f"con.radar.severity.{one.severity}"),
        "colour": "red" if one.severity == "high" else "yellow",
        "count": one.facts.get("count", one.facts.get("available", "–")),
        "at": shown_at(one.at, zone),
        "ended": shown_at(one.ended_at, zone) if one.ended_at else "",
        "holds": bool(one.facts.get("holds")),
        "can_release": one.kind != LOW_STOCK and one.ended_at is None,
    }


def _note(action: str, **detail: Any) -> None:
    audit.record(asker().actor, action, asker().now, detail=detail)
