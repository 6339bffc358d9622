"""A local platform that answers by script, over real sockets."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}
CUT = "cut"  # read the request, then close without an answer
HANG = "hang"  # read the request, answer after the test


class Platform:
    """`script[path]` is a list of answers, taken in turn; then OK. A dict is JSON, a pair is status
    and bytes. `requests` keeps (path, query, body) of all that arrived."""

    def __init__(self) -> None:
        self.script: dict[str, list[Any]] = defaultdict(list)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.stale_tokens: set[str] = set()
        self.tokens_given = 0
        self.connections = 0
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.platform = self
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def answer(self, path: str, query: dict[str, str], body: bytes) -> Any:
        with self.lock:
            self.requests.append((path, query, body))
            if query.get("access_token") in self.stale_tokens:
                return {"errcode": 40001, "errmsg": "invalid credential"}
            if self.script[path]:
                return self.script[path].pop(0)
            if path == "/cgi-bin/stable_token":
                self.tokens_given += 1
                return {"access_token": f"token-{self.tokens_given}", "expires_in": 7200}
            return OK

    def asked(self, path: str) -> list[tuple[dict[str, str], bytes]]:
        return [(query, body) for at, query, body in self.requests if at == path]

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True
    platform: Platform

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is part of the script."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one segment
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        with self.server.platform.lock:
            self.server.platform.connections += 1

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        platform = self.server.platform
        answer = platform.answer(parts.path, dict(parse_qsl(parts.query)), body)
        if answer == HANG:
            platform.released.wait(30)
        if answer in (CUT, HANG):
            self.close_connection = True
            return
        status, content = answer if isinstance(answer, tuple) else (200, _encoded(answer))
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = handle_any

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def _encoded(answer: Any) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode()


@pytest.fixture
def platform() -> Iterator[Platform]:
    running = Platform()
    yield running
    running.close()
