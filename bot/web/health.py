"""Alive, ready, and measured."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from bot.errors import HongyanError
from bot.store import leases
from bot.store.db import available, fetch
from bot.web import metrics

views = Blueprint("health", __name__)


@views.get("/healthz")
def alive() -> Response:
    """200 while the process answers at all."""
    return jsonify({"alive": True})


@views.get("/readyz")
def ready() -> tuple[Response, int]:
    """200 when a callback would be stored now; says which part is not ready."""
    parts = {"database": _database(), "scheduler": _scheduler()}
    status = 200 if parts["database"] == "ok" else 503
    return jsonify({"ready": status == 200, **parts}), status


@views.get("/metrics")
def scrape() -> Response:
    """Prometheus text."""
    body, content_type = metrics.exposition()
    return Response(body, content_type=content_type)


def _database() -> str:
    try:
        with available():
            fetch("SELECT 1")
    except HongyanError as error:
        return str(error)
    return "ok"


def _scheduler() -> str:
    try:
        with available():
            return "ok" if leases.holder("scheduler") else "none seen lately"
    except HongyanError:
        return "unknown"
