"""What other systems report: events and orders, in batches, each item judged alone."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, jsonify

from bot.collect import intake
from bot.errors import InvalidInput
from bot.store.db import available
from bot.web.api import authenticate, document, json_error
from bot.web.services import services

views = Blueprint("intake", __name__, url_prefix="/api/v1")
views.before_request(authenticate)


@views.post("/events")
def take_events() -> Response:
    """{events: [...]} -> {accepted, repeated, rejected: [{index, field, message}]}."""
    items = _listed(document(), "events")
    with available():
        return jsonify(intake.take_events(g.account_id, items, services().clock()).to_json())


@views.post("/orders")
def take_orders() -> tuple[Response, int] | Response:
    """{orders: [...]} as events; or one order by itself, whose refusal is the call's (422)."""
    sent = document()
    if "orders" in sent:
        items = _listed(sent, "orders")
        return jsonify(_orders(items).to_json())
    taken = _orders([sent])
    for refused in taken.rejected:
        return json_error("invalid_input", refused.message, refused.field), 422
    return jsonify({"outcome": "accepted" if taken.accepted else "repeated"})


def _orders(items: list[Any]) -> intake.Taken:
    with available():
        return intake.take_orders(g.account_id, items, services().clock())


def _listed(sent: dict[str, Any], name: str) -> list[Any]:
    """The only member `name`, a list. Raises InvalidInput."""
    for other in sorted(set(sent) - {name}):
        raise InvalidInput(f"unknown; the body is {{{name}: [...]}}", other[:64])
    if not isinstance(sent.get(name), list):
        raise InvalidInput("a list", name)
    return list(sent[name])
