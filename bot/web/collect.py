"""The page snippet of the owner's own sites, and what it reports.

Public, and open only to the origins of COLLECT_ORIGINS; without any there is nothing here. Floods
end at the limits below, which count for all processes.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, jsonify, request, send_from_directory

from bot.collect import visiting
from bot.errors import InvalidInput
from bot.store import accounts, rates
from bot.store.db import available
from bot.tracking import hashed_address
from bot.web.services import services

views = Blueprint("collect", __name__, url_prefix="/h5")
MOST_BYTES = 16 * 1024
# A carrier's gateway shows many phones under one address; of what has no public address (a proxy
# that hides it) nobody can be told from another, so only the account's own limit is left.
A_MINUTE, OF_ALL = 300, 6000


@views.get("/hongyan.js")
def snippet() -> Response:
    """The script that a page includes."""
    _origins()
    folder = Path(current_app.template_folder or "") / "h5" / "static"
    return send_from_directory(folder, "hongyan.js", max_age=3600)


@views.route("/collect", methods=["OPTIONS"])
def ask() -> Response:
    """A browser asks whether a page of that origin may report."""
    answer = _for(_origin(), Response(status=204))
    answer.headers["Access-Control-Allow-Methods"] = "POST"
    answer.headers["Access-Control-Allow-Headers"] = "Content-Type"
    answer.headers["Access-Control-Max-Age"] = "600"
    return answer


@views.post("/collect")
def collect() -> Response:
    """{account, visitor, events, link} -> {accepted, rejected}; how a link ended is not said."""
    origin = _origin()
    document = _document()
    slug = document.pop("account", "default")
    now = services().clock()
    with available():
        account_id = accounts.by_slug(slug if isinstance(slug, str) else "").id
        wait = _too_often(account_id)
        if wait is not None:
            refused = _for(origin, Response(status=429))
            refused.headers["Retry-After"] = str(math.ceil(wait))
            return refused
        done = visiting.take(account_id, document, now)
    answer = jsonify({"accepted": done.accepted, "rejected": done.rejected})
    return _for(origin, answer)


def _origins() -> tuple[str, ...]:
    found = services().settings.collect_origins
    if not found:
        abort(404)
    return found


def _origin() -> str:
    """The page's origin, which browsers say and pages cannot change; 403 for any other."""
    origin = request.headers.get("Origin", "")
    if origin not in _origins():
        abort(403)
    return origin


def _document() -> dict[str, object]:
    """The body, whatever its content type: beacons are text/plain. Raises InvalidInput."""
    body = request.stream.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        abort(413)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidInput("not JSON") from None
    if not isinstance(found, dict):
        raise InvalidInput("a JSON object")
    return found


def _too_often(account_id: int) -> float | None:
    now, address = services().clock(), hashed_address(request.remote_addr or "")
    if address and (wait := rates.take(f"collect:{address}", now, 60, A_MINUTE)) is not None:
        return wait
    return rates.take(f"collect:account:{account_id}", now, 60, OF_ALL)


def _for(origin: str, answer: Response) -> Response:
    answer.headers["Access-Control-Allow-Origin"] = origin
    answer.headers["Vary"] = "Origin"
    answer.headers["Cache-Control"] = "no-store"
    return answer
