"""Alive, ready, and measured."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from bot.errors import HongyanError
from bot.store import leases, tokens
from bot.store.db import available, run
from bot.web import metrics
from bot.web.services import services

views = Blueprint("health", __name__)


@views.get("/healthz")
def alive() -> Response:
    """200 while the process answers at all."""
    return jsonify({"alive": True})


@views.get("/readyz")
def ready() -> tuple[Response, int]:
    """200 when a callback would be stored now; says of each part how it is.

    Only the database decides: without a token or a scheduler callbacks are still to be taken.
    """
    parts = {"database": _database(), "token": _token(), "scheduler": _scheduler()}
    status = 200 if parts["database"] == "ok" else 503
    return jsonify({"ready": status == 200, **parts}), status


@views.get("/metrics")
def scrape() -> Response:
    """Prometheus text."""
    body, content_type = metrics.exposition()
    return Response(body, content_type=content_type)


def _database() -> str:
    """By a write that changes nothing: a full or locked database still reads."""
    try:
        with available():
            run("UPDATE lease SET fence = fence WHERE name = ?", ("scheduler",))
    except HongyanError as error:
        return str(error)
    return "ok"


def _token() -> str:
    house = services()
    try:
        with available():
            held = tokens.SharedTokens().load(house.settings.appid)
    except HongyanError:
        return "unknown"
    if held.token and held.expires_at > house.clock():
        return "ok"
    return held.failure or "none yet"


def _scheduler() -> str:
    try:
        with available():
            return "ok" if leases.holder("scheduler") else "none seen lately"
    except HongyanError:
        return "unknown"
