"""The JSON API: redeeming, segments, followers, campaign reports. Bearer keys, one error shape.

What other systems report (events, orders) stands in bot.web.intake; what the API is, in
bot.web.openapi. A key may call so often a minute (CALLS_A_MINUTE), counted for all processes.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from bot import campaign, coupon
from bot.collect import about, judging
from bot.coupon import words
from bot.errors import InvalidInput, NotFound
from bot.profile.picture import picture_of
from bot.profile.showing import page_link
from bot.segment import catalogue
from bot.store import accounts, audit, followers, pseudonyms, rates, segments
from bot.store.coupons import Use
from bot.store.db import available
from bot.values.coupons import RedeemOutcome
from bot.web import metrics
from bot.web.services import services

views = Blueprint("api", __name__, url_prefix="/api/v1")
CALLS_A_MINUTE = 600
MOST_DEEP = 20
_NO_SUCH = (RedeemOutcome.UNKNOWN, RedeemOutcome.MISTYPED)


def json_error(code: str, message: str, field: str = "") -> Response:
    """The one error shape of the API."""
    return jsonify({"error": {"code": snake(code), "message": message, "field": field}})


def snake(name: str) -> str:
    """InvalidInput -> invalid_input, "Not Found" -> not_found."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|\s+", "_", name).lower()


@views.before_request
def authenticate() -> tuple[Response, int] | None:
    """Every call needs a live key; the account is the key's."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    with available():
        account_id = accounts.account_of_key(key.strip()) if scheme.lower() == "bearer" else None
        if account_id is None:
            return json_error("unauthorized", "a live bearer key is needed"), 401
        g.account_id, g.key = account_id, key.strip()
        return _too_often(key.strip())


def _too_often(key: str) -> tuple[Response, int] | None:
    name = f"api:{hashlib.sha256(key.encode()).hexdigest()[:32]}"
    wait = rates.take(name, services().clock(), 60, CALLS_A_MINUTE)
    if wait is None:
        return None
    refused = json_error("too_many_requests", f"at most {CALLS_A_MINUTE} calls a minute")
    refused.headers["Retry-After"] = str(math.ceil(wait))
    return refused, 429


@views.post("/coupons/redeem")
def redeem() -> tuple[Response, int]:
    """{code, order_number, amount_fen, basket_fen, shop} -> the redemption; repeated: the same."""
    sent = document()
    code = _text(sent, "code", 64)
    order_number = _text(sent, "order_number", 64)
    basket = None if sent.get("basket_fen") is None else _fen(sent, "basket_fen")
    paid = (
        None if basket is not None and sent.get("amount_fen") is None else _fen(sent, "amount_fen")
    )
    shop = "" if sent.get("shop") in (None, "") else _text(sent, "shop", 32)
    result = coupon.redeem(
        code,
        order_number=order_number,
        amount_fen=paid,
        now=services().clock(),
        account_id=g.account_id,
        use=Use("api", shop, basket_fen=basket),
    )
    metrics.redemptions.labels(result.outcome).inc()
    said = words.outcome(result.outcome, _language())
    if result.ok:
        return jsonify({**result.to_json(), "message": said}), 200
    status = 404 if result.outcome in _NO_SUCH else 409
    return json_error(result.outcome, said, "code"), status


@views.post("/coupons/undo")
def undo() -> tuple[Response, int]:
    """{code, order_number} -> whether this call took it back; within two minutes."""
    sent = document()
    code, order_number = _text(sent, "code", 64), _text(sent, "order_number", 64)
    done = coupon.undo_by_code(code, order_number, g.account_id, services().clock())
    return jsonify({"undone": done}), 200


def _fen(sent: Mapping[str, Any], field: str) -> int:
    value = sent.get(field, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= coupon.MOST_FEN:
        raise InvalidInput("a whole number of fen, 0 or more", field)
    return value


def _language() -> str:
    """The caller's, Chinese where it names none of ours."""
    return request.accept_languages.best_match(["zh", "en"], "zh") or "zh"


@views.get("/segments")
def list_segments() -> Response:
    """Every segment with its size and when it was refreshed."""
    return jsonify({"segments": [row.to_json() for row in segments.of_account(g.account_id)]})


@views.post("/segments")
def define_segment() -> tuple[Response, int]:
    """{slug, name, rule} -> the segment, made or changed; its members follow with the refresh."""
    sent = document()
    known = {row.slug for row in segments.of_account(g.account_id)}
    slug = str(sent.get("slug", ""))
    made = catalogue.define(
        g.account_id, slug, sent.get("name", ""), sent.get("rule"), services().clock()
    )
    return jsonify(made.to_json()), 200 if slug in known else 201


@views.get("/followers/<name>")
def follower(name: str) -> Response:
    """One follower's profile without personal data, by id or pseudonym."""
    follower_id, now = _follower_id(name), services().clock()
    _looked(follower_id, "profile", now)
    return jsonify(about.profile(g.account_id, follower_id, now))


@views.get("/followers/<name>/picture")
def picture(name: str) -> Response:
    """The figures behind the follower's charts. Nothing personal stands among them."""
    follower_id, now = _follower_id(name), services().clock()
    _looked(follower_id, "picture", now)
    seen = picture_of(follower_id, now)
    return jsonify({"follower": pseudonyms.of(follower_id), **seen.to_json()})


@views.post("/followers/<name>/page")
def page(name: str) -> Response:
    """A link to the marketer's page of the follower, for half an hour, without personal data."""
    of, actor = services(), accounts.key_label(g.key)
    link = page_link(of.settings.public, _follower_id(name), actor, of.clock())
    return jsonify(link.to_json())


def _looked(follower_id: int, what: str, now: datetime) -> None:
    """Another program saw what is held of somebody: into the audit log, under its key's name."""
    label = accounts.key_label(g.key)
    audit.record(label, "show", now, follower_id=follower_id, detail={"what": what})


def _follower_id(name: str) -> int:
    """Whom an id or pseudonym names. Raises NotFound: also for another account's follower."""
    try:
        person = judging.person(int(name) if name.isascii() and name.isdecimal() else name)
        known = followers.get(person.id or 0)
    except (InvalidInput, NotFound):
        raise NotFound("there is no such follower") from None
    if known.account_id != g.account_id or known.erased_at is not None:
        raise NotFound("there is no such follower")
    return known.id


@views.get("/reports/<slug>")
def report(slug: str) -> Response:
    """The report of a campaign by its slug."""
    return jsonify(campaign.report_of(g.account_id, slug, services().clock()).to_json())


def document() -> dict[str, Any]:
    """The body of this call. Raises InvalidInput."""
    try:
        found = request.get_json(silent=True)
    except RecursionError:
        found = None
    if not isinstance(found, dict):
        raise InvalidInput("the body is a JSON object")
    if judging.is_deep(found, MOST_DEEP):
        raise InvalidInput(f"the body is nested at most {MOST_DEEP} deep")
    return found


def _text(sent: Mapping[str, Any], field: str, longest: int) -> str:
    value = sent.get(field)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise InvalidInput(f"a text of 1..{longest} characters", field)
    return value.strip()
