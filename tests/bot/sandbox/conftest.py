"""A platform at noon, a bot that is as dumb as each test wants it, and ways to call them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bot.sandbox.acts import Acts
from bot.sandbox.clock import MovableClock
from bot.sandbox.config import Limits, SandboxConfig
from bot.sandbox.gateway import Call, Desk, Gateway, Upload
from bot.sandbox.people import Person
from bot.sandbox.timeline import Timeline
from bot.sandbox.web import app as _registers_the_api  # noqa: F401
from bot.sandbox.world import World
from tests.conftest import NOON

PICTURE = Upload("a.png", "image/png", b"png")
QUICK = Limits(answer=5.0, retry_gap=0.0, job_delay=0.0)
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


def a_config(**changes: Any) -> SandboxConfig:
    values: dict[str, Any] = {
        "appid": "wxsandbox00000001",
        "appsecret": "secret-of-the-sandbox",
        "token": "tokentoken",
        "aes_key": AES_KEY,
        "callback_url": "http://127.0.0.1:9/wechat/default",
        "limits": QUICK,
    }
    return SandboxConfig(**{**values, **changes})


class Desktop:
    """The platform's API without a network: pushes are noted down instead of delivered."""

    def __init__(self, config: SandboxConfig) -> None:
        self.clock = MovableClock(lambda: NOON)
        self.world = World(config, self.clock)
        self.pushed: list[dict[str, Any]] = []
        self.acts = Acts(self.world, lambda _person, fields, _label: self.pushed.append(fields))
        self.timeline = Timeline()
        self.timeline.start()
        self.gateway = Gateway(Desk(self.world, self.acts, self.timeline))
        self.token = self.world.tokens.plain(self.clock())[0]

    def get(self, path: str, **query: str) -> dict[str, Any]:
        return self.call("GET", path, b"", **query)

    def post(self, path: str, body: Any, **query: str) -> dict[str, Any]:
        return self.call("POST", path, json.dumps(body, ensure_ascii=False).encode(), **query)

    def call(self, method: str, path: str, raw: bytes, **query: str) -> dict[str, Any]:
        """`path` is one of /cgi-bin/, or with a leading slash one of all."""
        path = path if path.startswith("/") else f"/cgi-bin/{path}"
        asked = Call(path, method, {"access_token": self.token, **query}, raw)
        answer: dict[str, Any] = json.loads(self.gateway.answer(asked).body)
        return answer

    def follower(self, openid: str = "o-lin") -> Person:
        person = self.world.person(openid)
        self.acts.follow(person)
        return person

    def chatting(self, openid: str = "o-lin") -> Person:
        """A follower who has just written: five messages may go."""
        person = self.follower(openid)
        self.acts.say(person, "你好")
        return person

    def finished(self) -> list[dict[str, Any]]:
        """What was pushed, once nothing waits any more."""
        assert self.timeline.drain(5)
        return self.pushed


@pytest.fixture
def desk() -> Iterator[Desktop]:
    desktop = Desktop(a_config())
    yield desktop
    desktop.timeline.stop()


@dataclass
class Asked:
    method: str
    path: str
    body: bytes
    headers: dict[str, str]


Answer = tuple[int, str, bytes]  # status, content type, body
SUCCESS: Answer = (200, "text/plain", b"success")


@dataclass
class DumbBot:
    """A real HTTP server on a free port; `answer` decides what it says to each request."""

    answer: Callable[[Asked], Answer]
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    def start(self) -> ThreadingHTTPServer:
        bot = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def respond(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                asked = Asked(
                    self.command, self.path, self.rfile.read(length), dict(self.headers.items())
                )
                bot.asked.append(asked)
                status, kind, body = bot.answer(asked)
                with suppress(OSError):  # the platform has hung up meanwhile
                    self.send_response(status)
                    if kind.startswith("/"):
                        self.send_header("Location", kind)
                    self.send_header("Content-Type", "text/html" if kind[0] == "/" else kind)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            do_GET = do_POST = respond

            def log_message(self, *_: object) -> None:
                """Quiet."""

        class Server(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

        server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return server


@pytest.fixture
def dumb_bot() -> Iterator[Callable[[Callable[[Asked], Answer]], DumbBot]]:
    """Starts bots; all end with the test."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Callable[[Asked], Answer]) -> DumbBot:
        bot = DumbBot(answer)
        servers.append(bot.start())
        return bot

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
