"""The sandbox over HTTP: the platform's API, the control plane, the pages."""

from __future__ import annotations

import time
from pathlib import Path

from flask import Flask, Response, request

import bot
from bot.sandbox import api as _registers_the_calls  # noqa: F401
from bot.sandbox.gateway import Call, Upload
from bot.sandbox.platform import Platform
from bot.sandbox.web import articles, delivery, oauth, outside, pay, qr
from bot.sandbox.web.control import control
from bot.sandbox.web.pages import pages

PREFIXES = ("cgi-bin", "sns", "datacube", "customservice", "wxaapi", "wxa", "card", "shakearound")
# Parts of the API that nobody plays here: known addresses, refused as any unknown one (40066).
UNPLAYED = ("bizwifi", "device", "marketing", "merchant", "scan", "semantic", "tcb")
LARGEST_BODY = 12_000_000  # an uploaded picture


def templates() -> Path:
    """In the installed package, or beside it in a checkout."""
    inside = Path(bot.__file__).parent / "templates" / "sandbox"
    return inside if inside.is_dir() else Path(bot.__file__).parents[1] / "templates" / "sandbox"


def create_app(platform: Platform) -> Flask:
    """The WSGI application of a platform, which the caller starts."""
    folder = templates()
    app = Flask("bot.sandbox", template_folder=folder, static_folder=folder / "static")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    outside.answering(app, platform)
    app.register_blueprint(control(platform))
    app.register_blueprint(pages(platform))
    for more in (oauth, articles, pay, qr):
        app.register_blueprint(more.pages(platform))

    def called(rest: str) -> Response:
        if platform.config.latency_ms and not platform.config.stepped:
            time.sleep(platform.config.latency_ms / 1000)
        call = Call(
            path=request.path,
            method=request.method,
            query=request.args,
            raw=b"" if request.mimetype.startswith("multipart/") else request.get_data(),
            files={
                name: Upload(file.filename or "", file.mimetype, file.read())
                for name, file in request.files.items()
            },
            form=request.form,
            client_ip=request.remote_addr or "",
        )
        return delivery.response(platform.gateway.answer(call), request.environ)

    for prefix in (*PREFIXES, *UNPLAYED):
        app.add_url_rule(f"/{prefix}/<path:rest>", f"api_{prefix}", called, methods=["GET", "POST"])
    return app
