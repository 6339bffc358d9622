"""What is refused before any page or call is reached: as JSON to programs, as a page to people."""

from __future__ import annotations

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from bot.sandbox.gateway import ENDPOINTS, Call
from bot.sandbox.platform import Platform

Answer = Response | tuple[Response, int] | HTTPException
REFUSED = (404, 405, 413)
UNKNOWN, WANTS_GET, WANTS_POST, TOO_LARGE = 40066, 43001, 43002, 45001
CONTROL = "/sandbox"


class Readable(Response):
    """Text that UTF-8 cannot carry is shown with a `?`: no answer fails because of it."""

    def set_data(self, value: bytes | str) -> None:
        super().set_data(value.encode("utf-8", "replace") if isinstance(value, str) else value)


def answering(app: Flask, platform: Platform) -> None:
    """The status stays; the body is the control plane's {"error"}, or the API's errcode."""
    app.response_class = Readable

    def refused(error: HTTPException) -> Answer:
        status = error.code or 404
        if request.path.startswith(f"{CONTROL}/"):
            told = f"{request.method} {request.path}: {str(error.name).lower()}"
            return jsonify({"error": told}), status
        if _of_a_page(status):
            return error
        call = Call(request.path, request.method, request.args, client_ip=request.remote_addr or "")
        outcome = platform.gateway.refuse(call, _errcode(status))
        return Response(outcome.body, status, content_type=outcome.content_type)

    for code in REFUSED:
        app.register_error_handler(code, refused)


def _of_a_page(status: int) -> bool:
    """A page's own 404, or somebody with a browser."""
    asked = request.headers.get("Accept", "")
    own = status == 404 and request.routing_exception is None
    return own or "text/html" in asked or "image/" in asked


def _errcode(status: int) -> int:
    if status == 413:
        return TOO_LARGE
    known = ENDPOINTS.get(request.path)
    if status == 404 or known is None:
        return UNKNOWN
    return WANTS_GET if known.method == "GET" else WANTS_POST
