"""One campaign through the real client and a real connection."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot import campaign
from bot.clock import utc_now
from bot.store import tokens
from bot.store.db import Store
from bot.wechat.client import connect
from tests.bot.campaign.world import SLUG, found_world


class Api(BaseHTTPRequestHandler):
    """The platform's side: a token, and an answer for each send by the follower's number."""

    protocol_version = "HTTP/1.1"
    received: Counter[str] = Counter()
    answers = {7: {"errcode": 45015, "errmsg": "response out of time limit"},
               8: {"errcode": 43004, "errmsg": "require subscribe"}}  # fmt: skip

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "touser" not in body:
            return self._say({"access_token": "T", "expires_in": 7200})
        who = body["touser"]
        answer = self.answers.get(int(who.removeprefix("o-")), {"errcode": 0, "errmsg": "ok"})
        if not answer["errcode"]:
            self.received[who] += 1
        if who == "o-9":  # accepted, and the line goes dead
            self.close_connection = True
            return None
        return self._say(answer)

    def _say(self, document: dict[str, object]) -> None:
        data = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def api() -> Iterator[str]:
    Api.received = Counter()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_every_answer_finds_its_row(store: Store, api: str):
    world = found_world(store, followers=30)
    client = connect("wxdevelopment0000", "s", api, tokens.SharedTokens(), utc_now)
    world.services = replace(world.services, client_of=lambda account: client)
    world.begin(concurrency=4)
    world.push()
    client.close()
    assert world.states() == {"sent": 27, "failed": 2, "unknown": 1}
    assert Api.received == Counter({f"o-{i}": 1 for i in range(1, 31) if i not in (7, 8)})
    closing = campaign.close_now(world.services, world.account_id, SLUG, world.now)["offer"]
    assert closing.failed == {"43004": 1, "45015": 1}
    assert world.stock() == {"available": 72, "reserved": 1, "issued": 27}
