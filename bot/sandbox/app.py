"""The sandbox over HTTP: the platform's API, the control plane, the pages."""

from __future__ import annotations

import time
from pathlib import Path

from flask import Flask, Response, request

import bot
from bot.sandbox import api_base, api_mass, api_menu, api_messages, api_people
from bot.sandbox.control import control
from bot.sandbox.gateway import Call
from bot.sandbox.pages import pages
from bot.sandbox.platform import Platform

API = (api_base, api_mass, api_menu, api_messages, api_people)  # importing them registers them
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
    app.register_blueprint(control(platform))
    app.register_blueprint(pages(platform))

    @app.route("/cgi-bin/<path:rest>", methods=["GET", "POST"])
    def api(rest: str) -> Response:
        if platform.config.latency_ms:
            time.sleep(platform.config.latency_ms / 1000)
        call = Call(
            path=f"/cgi-bin/{rest}",
            method=request.method,
            query=request.args,
            raw=b"" if request.mimetype.startswith("multipart/") else request.get_data(),
            files={name: file.mimetype for name, file in request.files.items()},
        )
        outcome = platform.gateway.answer(call)
        if outcome.hang:
            time.sleep(outcome.hang)
        response = Response(outcome.chunks(), outcome.status, content_type=outcome.content_type)
        response.content_length = len(outcome.body)
        return response

    return app
