"""A platform served over HTTP, and a program under test that speaks safe mode and does as told."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.serving import WSGIRequestHandler, make_server

from bot.sandbox.config import Limits
from bot.sandbox.crypto import Box, sign
from bot.sandbox.people import ME, Person
from bot.sandbox.platform import Platform
from bot.sandbox.web.app import create_app
from bot.sandbox.xml import parse, render
from tests.bot.sandbox.conftest import SUCCESS, Answer, Asked, a_config

ANSWER_SECONDS = 0.8  # instead of five; a busy machine answers in less

Says = Callable[[dict[str, Any], int], "Answer | str"]


class Program:
    """Opens each push and answers what `says` says: a text, or a whole HTTP answer.

    says   gets the push's fields and how often it came (0 the first time)
    heard  the fields of every delivery
    """

    def __init__(self) -> None:
        self.config = a_config()
        self.box = Box(self.config.aes_key, self.config.appid)
        self.says: Says = lambda _fields, _tries: SUCCESS
        self.heard: list[dict[str, Any]] = []

    def __call__(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            query = parse_qs(urlsplit(asked.path).query)
            return 200, "text/plain", query["echostr"][0].encode()
        fields = parse(self.box.open(str(parse(asked.body)["Encrypt"])))
        tries = self.heard.count(fields)
        self.heard.append(fields)
        said = self.says(fields, tries)
        return self.text(fields, said) if isinstance(said, str) else said

    def text(self, fields: dict[str, Any], words: str, **changes: str) -> Answer:
        """A passive reply of words, sealed."""
        reply: dict[str, Any] = {
            "ToUserName": fields["FromUserName"],
            "FromUserName": fields["ToUserName"],
            "CreateTime": 1,
            "MsgType": "text",
            "Content": words,
        }
        return 200, "application/xml", self.sealed({**reply, **changes})

    def sealed(self, fields: dict[str, Any]) -> bytes:
        cipher = self.box.seal(render(fields))
        stamp, nonce = "1760000000", "415670741"
        signature = sign(self.config.token, stamp, nonce, cipher)
        envelope = {"Encrypt": cipher, "MsgSignature": signature, "TimeStamp": stamp}
        return render({**envelope, "Nonce": nonce}).encode()


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:  # type: ignore[override]
        """Nothing."""


class Stage:
    """The platform at `url`, the program behind its callback, and my phone's page."""

    def __init__(self, program: Program, callback: str) -> None:
        self.program = program
        limits = Limits(answer=ANSWER_SECONDS, retry_gap=0.0, job_delay=0.0)
        self.platform = Platform(a_config(callback_url=f"{callback}/wechat", limits=limits))
        self.platform.timeline.start()
        self.platform.pusher.start()
        self.world = self.platform.world
        self.me: Person = self.world.person(ME)
        app = create_app(self.platform)
        self._server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.phone = f"{self.url}/phone/{ME}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.platform.stop()

    def follow(self, person: Person | None = None) -> Person:
        person = person or self.me
        self.platform.acts.follow(person)
        self.settle()
        return person

    def settle(self) -> None:
        assert self.platform.pusher.drain(10)

    def api(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """A call of the platform's API as a program makes it."""
        with self.world.lock:
            token = self.world.tokens.stable(self.world.clock())[0]
        request = urllib.request.Request(
            f"{self.url}/cgi-bin/{path}?access_token={token}",
            json.dumps(body, ensure_ascii=False).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def custom(self, kind: str, content: dict[str, Any], openid: str = ME) -> dict[str, Any]:
        return self.api("message/custom/send", {"touser": openid, "msgtype": kind, kind: content})

    def events(self) -> list[str]:
        """What the program heard: MsgType, or Event, once each push."""
        self.settle()
        return [str(fields.get("Event") or fields["MsgType"]) for fields in self.program.heard]
