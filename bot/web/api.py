"""The JSON API, first part: redeeming, segments, campaign reports. Bearer keys, one error shape."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from bot import campaign, coupon
from bot.errors import InvalidInput
from bot.store import accounts, segments
from bot.web import metrics
from bot.web.services import services

views = Blueprint("api", __name__, url_prefix="/api/v1")
_REFUSED = {
    "unknown": 404,
    "already_redeemed": 409,
    "expired": 409,
    "void": 409,
    "not_issued": 409,
    "not_yet_valid": 409,
}


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
    account_id = accounts.account_of_key(key.strip()) if scheme.lower() == "bearer" else None
    if account_id is None:
        return json_error("unauthorized", "a live bearer key is needed"), 401
    g.account_id = account_id
    return None


@views.post("/coupons/redeem")
def redeem() -> tuple[Response, int]:
    """{code, order_number, amount_fen} -> the redemption. Repeating an order's call is harmless."""
    document = _document()
    code = _text(document, "code", 64)
    order_number = _text(document, "order_number", 64)
    amount_fen = document.get("amount_fen", 0)
    if not isinstance(amount_fen, int) or isinstance(amount_fen, bool) or amount_fen < 0:
        raise InvalidInput("a whole number of fen, 0 or more", "amount_fen")
    result = coupon.redeem(
        code,
        order_number=order_number,
        amount_fen=amount_fen,
        now=services().clock(),
        account_id=g.account_id,
    )
    metrics.redemptions.labels(result.outcome).inc()
    if result.outcome in _REFUSED:
        return json_error(result.outcome, f"not redeemed: {result.outcome}", "code"), _REFUSED[
            result.outcome
        ]
    return jsonify(result.to_json()), 200


@views.get("/segments")
def list_segments() -> Response:
    """Every segment with its size and when it was refreshed."""
    return jsonify({"segments": [row.to_json() for row in segments.of_account(g.account_id)]})


@views.get("/reports/<slug>")
def report(slug: str) -> Response:
    """The report of a campaign by its slug."""
    return jsonify(campaign.report_of(g.account_id, slug).to_json())


def _document() -> dict[str, Any]:
    document = request.get_json(silent=True)
    if not isinstance(document, dict):
        raise InvalidInput("the body is a JSON object")
    return document


def _text(document: dict[str, Any], field: str, longest: int) -> str:
    value = document.get(field)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise InvalidInput(f"a text of 1..{longest} characters", field)
    return value.strip()
