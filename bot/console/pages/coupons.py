"""优惠券: batches with their stock, a new batch, more codes, withdrawing; redeeming at the desk."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from bot import coupon
from bot.console import kept_figures
from bot.console.fields import fen, number, whole
from bot.console.gate import account, asker, page
from bot.console.journey_lacks import address_back, way_back
from bot.console.newer import Held, Newer, newer_of
from bot.console.rights import Right
from bot.console.shell import language, render, shown_at, words, zone_of
from bot.content.batches import MOST_CODES as MOST_STOCK
from bot.coupon import words as said
from bot.coupon.stocks import Stock
from bot.errors import HongyanError, InvalidInput, NotFound
from bot.store import audit, coupon_batches
from bot.store.coupon_batches import BatchState
from bot.store.coupon_redeem import Use
from bot.store.db import transaction
from bot.values.coupons import CodeState, Kind
from bot.values.money import yuan

MOST_CODES = 100_000  # at once in the browser; more by the command
_STATES = tuple(state.value for state in CodeState)


@page("/a/<slug>/coupons", Right.LOOK)
def coupons_list(slug: str) -> Response:
    """Every batch: what it is, its codes by state, how long the stock lasts."""
    return _page()


def _asked() -> dict[str, str]:
    """What a new batch's form begins with, where somebody comes from a journey that lacks it."""
    asked = request.args
    if not way_back(asked):
        return {}
    return {"slug": asked.get("ref", "")[:63], "title": asked.get("title", "")[:64]}


@page("/a/<slug>/coupons/<ref>", Right.LOOK)
def coupon_batch(slug: str, ref: str) -> Response:
    """Where one batch stands in the list."""
    try:
        found = coupon_batches.batch_by_slug(account().id, ref)
    except NotFound:
        abort(404)
    return redirect(url_for("console.coupons_list", slug=slug, _anchor=f"batch-{found.slug}"))


@page("/a/<slug>/coupons/new", Right.EDIT, ("POST",))
def new_batch(slug: str) -> Response:
    """A batch with its codes."""
    try:
        made = coupon.make_batch(
            account().id, document_of(request.form), asker().now, zone_of(account())
        )
    except HongyanError as error:
        return _page(422, str(error), "new")
    _note("coupon_batch", made.slug)
    back = address_back(request.form)
    return redirect(back) if back else _back()


@page("/a/<slug>/coupons/<ref>/more", Right.EDIT, ("POST",))
def more_codes(slug: str, ref: str) -> Response:
    """More codes for a batch, as far as its limit and budget allow."""
    try:
        count = whole(request.form, "count", MOST_CODES)
        coupon.restock(coupon_batches.batch_by_slug(account().id, ref).id, count)
    except HongyanError as error:
        return _page(_status(error), str(error))
    _note("coupon_restock", ref, codes=count)
    kept_figures.stock_changed(account().id, asker().now)
    return _back()


@page("/a/<slug>/coupons/<ref>/low", Right.EDIT, ("POST",))
def coupon_low(slug: str, ref: str) -> Response:
    """Below which share of its codes, and which number, a batch's stock is told to be low."""
    given = request.form
    try:
        share, count = number(given, "share"), whole(given, "count", MOST_STOCK)
        if not 0 <= share <= 100:
            raise InvalidInput(words()("con.coupon.share"), "share")
        say, wanted = words(), {"low_share": f"{share:g}", "low_count": count}
        with transaction():
            batch = coupon_batches.batch_by_slug(account().id, ref)
            _low_of(batch).must_be_seen(
                wanted,
                lambda name: say(f"con.coupon.{name}"),
                url_for("console.coupons_list", slug=slug),
            )
            coupon_batches.set_low(batch.id, round(10 * share), count)
            _low_of(coupon_batches.batch_by_slug(account().id, ref)).mark()
            _note("coupon_low", ref, share=share, count=count)
    except HongyanError as error:
        return _page(_status(error), str(error), low=ref, newer=newer_of(error))
    return _back()


def _low_of(batch: BatchState) -> Held:
    """When its stock is told to be low, as it is edited."""
    told = {"low_share": f"{batch.low_permille / 10:g}", "low_count": batch.low_count}
    return Held("coupon_low", batch.slug, told)


@page("/a/<slug>/coupons/<ref>/withdraw", Right.EDIT, ("POST",))
def withdraw_batch(slug: str, ref: str) -> Response:
    """Take a whole batch out of use for good, followers' codes as well."""
    why = request.form.get("why", "").strip()[:190]
    try:
        if not why:
            raise InvalidInput(words()("con.coupon.why_needed"), "why")
        done = coupon.withdraw(account().id, ref, why, asker().now)
    except HongyanError as error:
        return _page(_status(error), str(error))
    _note("coupon_withdraw", ref, why=why, codes=done)
    kept_figures.stock_changed(account().id, asker().now)
    return _back()


@page("/a/<slug>/redeem", Right.TALK, ("POST",))
def redeem_code(slug: str) -> Response:
    """Redeem a code that a follower reads out, once for an order."""
    given = request.form
    try:
        found = coupon.redeem(
            given.get("code", ""),
            order_number=given.get("order", "").strip(),
            amount_fen=fen(given, "amount"),
            now=asker().now,
            account_id=account().id,
            use=Use("console", asker().person.name),
        )
    except HongyanError as error:
        return _page(422, str(error))
    follower_id = found.coupon.follower_id if found.coupon else None
    audit.record(
        asker().actor, "coupon_redeem", asker().now, follower_id=follower_id,
        detail={"outcome": str(found.outcome)},
    )  # fmt: skip
    told = said.outcome(found.outcome, language())
    return _page(200 if found.ok else 409, "" if found.ok else told, done=told if found.ok else "")


def document_of(given: MultiDict[str, str]) -> dict[str, Any]:
    """A batch's document from the form; what is empty is left out. Raises InvalidInput."""
    kind = given.get("kind", "")
    found: dict[str, Any] = {
        "slug": given.get("slug", "").strip(),
        "title": given.get("title", "").strip(),
        "kind": kind,
        "codes": whole(given, "codes", MOST_CODES),
        "per_person": whole(given, "per_person", 1000),
        "topics": [one for one in given.get("topics", "").replace("，", ",").split(",") if one],
        "valid_days": whole(given, "valid_days", 3650),
    }
    wanted = {
        Kind.CUT: ("face_value", "threshold"),
        Kind.CASH: ("face_value",),
        Kind.DISCOUNT: ("threshold", "max_discount"),
        Kind.EXCHANGE: ("face_value", "threshold"),
    }
    for name in wanted.get(Kind(kind) if kind in list(Kind) else Kind.CASH, ()):
        if (amount := fen(given, name)) is not None:
            found[f"{name}_fen"] = amount
    if kind == Kind.DISCOUNT:
        # 8.5 折 leaves 85 %: 150 permille come off.
        found["discount_permille"] = round(1000 - 100 * number(given, "fold"))
    if kind == Kind.EXCHANGE:
        found["exchange"] = given.get("exchange", "").strip()
    return found


def _status(error: HongyanError) -> int:
    return 422 if isinstance(error, InvalidInput) else 409


def _back() -> Response:
    return redirect(url_for("console.coupons_list", slug=account().slug))


def _note(action: str, batch: str, **detail: Any) -> None:
    audit.record(asker().actor, action, asker().now, detail={"batch": batch, **detail})


def _page(
    status: int = 200,
    error: str = "",
    part: str = "",
    done: str = "",
    low: str = "",
    newer: Newer | None = None,
) -> Response:
    """low: the batch whose threshold was to be changed and was not."""
    of, who, zone = account(), asker(), zone_of(account())
    held, at = kept_figures.stock(of.id, who.now)
    asked = {} if part else _asked()
    return render(
        "coupons.html",
        status,
        rows=[_row(one, zone, known=at is not None) for one in held],
        counting=at is None,
        as_of=shown_at(at, zone) if at and at < who.now else "",
        states=_STATES,
        kinds=[kind.value for kind in Kind],
        given=request.form if part else asked,
        back=way_back(request.values),
        low={"slug": low, **request.form.to_dict()} if low else {},
        newer=newer,
        open=part or bool(asked),
        error=error,
        done=done,
        may_edit=who.may(Right.EDIT),
        may_redeem=who.may(Right.TALK),
    )


def _row(one: Stock, zone: ZoneInfo, *, known: bool) -> dict[str, Any]:
    """known: its codes have been counted."""
    say, left = words(), one.days_left
    return {
        "slug": one.of.slug,
        "title": one.of.title,
        "worth": said.in_one_line(one.of.terms, language()),
        "states": [f"{one.states[state]:,}" if known else "…" for state in _STATES],
        "left": "–" if left is None else say("con.home.days", days=f"{left:,.0f}"),
        "low": one.low and one.of.withdrawn_at is None,
        "share": f"{one.of.low_permille / 10:g}",
        "count": one.of.low_count,
        "seen": _low_of(one.of).stamp,
        "cost": f"¥{yuan(one.used.cost_fen)}" if one.used.times else "–",
        "withdrawn": shown_at(one.of.withdrawn_at, zone) if one.of.withdrawn_at else "",
    }
