"""The program under test in our own process: a WSGI application is called instead of a server."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bot.sandbox.wire import REQUEST_LATE, Answer, NoAnswer, encoded

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class WsgiWire:
    """Calls `app` at `path`. An exception of the application is the server's HTTP 500.

    limit  seconds after which an answer is too late; 0: never, as virtual time wants it. The call
           itself cannot be broken off: the platform hears of the lateness when it returns
    """

    def __init__(self, app: WsgiApp, limit: float = 0.0, path: str = "/wechat/default") -> None:
        self._app = app
        self._limit = limit
        self._path = path

    def get(self, query: Mapping[str, str]) -> Answer:
        return self._exchange("GET", query, b"")

    def post(self, query: Mapping[str, str], body: bytes) -> Answer:
        return self._exchange("POST", query, body)

    def close(self) -> None:
        """Nothing is kept."""

    def _exchange(self, method: str, query: Mapping[str, str], body: bytes) -> Answer:
        began = time.monotonic() if self._limit else 0.0
        answer = self._called(self._environ(method, encoded(query), body))
        if self._limit and time.monotonic() - began > self._limit:
            raise NoAnswer("time-out", late=True, alarm=REQUEST_LATE)
        return answer

    def _called(self, environ: dict[str, Any]) -> Answer:
        told: list[str] = []
        written: list[bytes] = []

        def start(status: str, _headers: object, _error: object = None) -> Callable[..., object]:
            told.append(status)
            return written.append

        try:
            parts = self._app(environ, start)
            try:
                written.extend(parts)
            finally:
                if hasattr(parts, "close"):
                    parts.close()
        except Exception:
            return Answer(500, b"")
        return Answer(int(told[-1][:3]) if told else 500, b"".join(written))

    def _environ(self, method: str, query: str, body: bytes) -> dict[str, Any]:
        return {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": self._path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": "text/xml" if method == "POST" else "",
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "HTTP_USER_AGENT": "Mozilla/4.0",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
