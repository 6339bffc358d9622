"""Tracked links: record the tap, then redirect."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from bot.tracking import hashed_address, record_click
from bot.web import metrics
from bot.web.services import services

views = Blueprint("track", __name__)


@views.get("/t/<token>")
def follow(token: str) -> Response:
    """302 to the link's own target; 404 for a token that we did not make."""
    house = services()
    outcome = record_click(
        token,
        house.clock(),
        agent=request.user_agent.string[:300],
        method=request.method,
        address_hash=hashed_address(request.remote_addr or ""),
        public_url=house.settings.public,
        origins=house.settings.collect_origins,
    )
    if outcome is None:
        metrics.clicks.labels("unknown").inc()
        abort(404)
    metrics.clicks.labels("counted" if outcome.counted else "automatic").inc()
    answer = redirect(outcome.target, 302)
    answer.headers["Cache-Control"] = "no-store"
    return answer
