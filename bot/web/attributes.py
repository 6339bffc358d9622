"""The JSON API of an account's own attributes: declared, declared otherwise, declared no more."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, g, jsonify

from bot.collect.declaring import declare, declare_no_more
from bot.errors import InvalidInput
from bot.store import accounts, attribute_types
from bot.values.attributes import Declared
from bot.web.api import authenticate, document
from bot.web.services import services

views = Blueprint("attributes", __name__, url_prefix="/api/v1")
views.before_request(authenticate)
_MEMBERS = ("name", "kind", "choices", "title")


@views.get("/attributes")
def list_attributes() -> Response:
    """The declared ones, by name."""
    found = attribute_types.of_account(g.account_id).values()
    return jsonify({"attributes": [asdict(one) for one in found]})


@views.post("/attributes")
def define_attribute() -> tuple[Response, int]:
    """{name, kind, choices, title} -> declared: 201 where it was not, 200 changed."""
    declared = _declared(document())
    new = declare(g.account_id, declared, accounts.key_label(g.key), services().clock())
    return jsonify(asdict(declared)), 201 if new else 200


@views.delete("/attributes/<name>")
def remove_attribute(name: str) -> Response:
    """Any value fits again; what is held stays."""
    declare_no_more(g.account_id, name, accounts.key_label(g.key), services().clock())
    return jsonify({"name": name, "removed": True})


def _declared(sent: dict[str, Any]) -> Declared:
    """Raises InvalidInput."""
    for other in sorted(set(sent) - set(_MEMBERS)):
        raise InvalidInput(f"unknown; known are {', '.join(_MEMBERS)}", other[:64])
    for name in ("name", "kind", "title"):
        if not isinstance(sent.get(name, ""), str):
            raise InvalidInput("a text", name)
    choices = sent.get("choices", [])
    if not isinstance(choices, list) or not all(isinstance(one, str) for one in choices):
        raise InvalidInput("a list of texts", "choices")
    return Declared(
        sent.get("name", ""), sent.get("kind", ""), tuple(choices), sent.get("title", "")
    )
