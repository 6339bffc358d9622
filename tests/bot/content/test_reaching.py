"""Asking addresses whether they open, of a server of our own."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from bot.content.reaching import checker


class Site(BaseHTTPRequestHandler):
    """/here is there; /page is, but not for a HEAD; /moved leads to /here, /round to itself."""

    def do_HEAD(self) -> None:
        self._answer({"/here": 200, "/page": 405, "/moved": 302, "/round": 302, "/closed": 403})

    def do_GET(self) -> None:
        self._answer({"/page": 200, "/closed": 403})

    def _answer(self, known: dict[str, int]) -> None:
        self.send_response(known.get(self.path, 404))
        self.send_header("Location", "/round" if self.path == "/round" else "/here")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Site)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        pytest.param("/here", "", id="there"),
        pytest.param("/moved", "", id="moved, and there"),
        pytest.param("/page", "", id="there for who reads it"),
        pytest.param("/closed", "", id="closed to machines: nobody knows"),
        pytest.param("/gone", "404", id="gone"),
        pytest.param("/round", "TooManyRedirects", id="round and round"),
    ],
)
def test_an_address_is_asked(site, path, wrong):
    assert checker(timeout=2)(site + path) == wrong


def test_nobody_there_is_said_by_the_kind_of_error():
    assert checker(timeout=0.5)("http://127.0.0.1:9/") == "ConnectionError"
