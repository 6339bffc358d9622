"""The Flask app: blueprints, headers, error pages; callbacks in front of it."""

from __future__ import annotations

import logging
from pathlib import Path

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from bot.console import gate, pages, shell
from bot.errors import Conflict, HongyanError, InvalidInput, NotFound, StoreUnavailable
from bot.inbox.context import Dispatch, Quick, never_quick
from bot.inbox.receive import Receiver
from bot.services import Services
from bot.web import (
    api,
    attributes,
    campaigning,
    collect,
    follower,
    h5,
    health,
    intake,
    live,
    me,
    once,
    openapi,
    pay,
    till,
    track,
)
from bot.web.api import json_error
from bot.web.callback import CallbackFirst
from bot.web.late_rule import LateRule

logger = logging.getLogger(__name__)
_STATUS = {NotFound: 404, InvalidInput: 422, Conflict: 409, StoreUnavailable: 503}
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}


def create_app(services: Services, dispatch: Dispatch, quick: Quick = never_quick) -> Flask:
    """The app of one process; `dispatch` and `quick` are the router's."""
    folder = templates_folder()
    app = Flask("bot", template_folder=str(folder), static_folder=None)
    app.url_rule_class = LateRule
    app.config["MAX_CONTENT_LENGTH"] = 1 << 20
    app.extensions["hongyan"] = services
    for room in (
        track,
        collect,
        h5,
        till,
        pay,
        me,
        once,
        follower,
        api,
        attributes,
        campaigning,
        intake,
        openapi,
        health,
        pages,
    ):
        app.register_blueprint(room.views)
    if services.settings.sandboxed:
        app.register_blueprint(live.views)
    app.after_request(_hardened)
    app.register_error_handler(HongyanError, _ours)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)
    app.wsgi_app = CallbackFirst(  # type: ignore[method-assign]
        app.wsgi_app, Receiver(services, dispatch, quick), services.clock
    )
    return app


def templates_folder() -> Path:
    """templates/ beside the packages in a source tree, inside bot/ when installed."""
    here = Path(__file__).resolve().parent
    beside = here.parent / "templates"
    return beside if beside.is_dir() else here / "templates"


def _hardened(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


Page = tuple[BaseResponse | str, int]


def _ours(error: HongyanError) -> Page:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    if status == 500:
        logger.error("request failed view=%s error=%s", request.endpoint, type(error).__name__)
    return _page(status, type(error).__name__, str(error), getattr(error, "field", ""))


def _http(error: HTTPException) -> Page:
    if error.code in (404, 405) and request.path.startswith("/console/"):
        gate.recognise()
    return _page(error.code or 500, error.name, error.description or "")


def _unexpected(error: Exception) -> Page:
    # Not the path: it holds the token of a coupon.
    logger.exception("request failed view=%s", request.endpoint)
    return _page(500, "InternalServerError", "出错了，请稍后再试 (something went wrong)")


def _page(status: int, code: str, message: str, field: str = "") -> Page:
    """JSON for the API, a page for people."""
    if request.path.startswith("/api/"):
        return json_error(code, message, field), status
    shown = message if status != 500 else ""
    if request.path.startswith("/console/"):
        shown = shell.refusal(shown)
        refused = shell.render("refused.html", status, code=status, message=shown)
        return gate.private(refused), status
    return render_template("error.html", status=status, message=shown), status
