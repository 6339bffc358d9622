"""A small program for an account: welcomes, answers, claims and redeems; a WSGI application."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from bot.sandbox.crowd.offers import TOPICS
from bot.sandbox.xml import parse, render

URL = "http://shop.example"
WELCOME = "欢迎！回复数字告诉我们您喜欢什么：\n" + "\n".join(
    f"{number} {topic}" for number, topic in enumerate(TOPICS, 1)
)
FORM = '<form method="post" action="/claim" data-claim><input type="hidden" name="t" value="1">'
Start = Callable[[str, list[tuple[str, str]]], object]


class Shop:
    """Deterministic: what it says depends on what it was asked, and how manyth it was."""

    def __init__(self) -> None:
        self.given = 0
        self.redeemed: set[str] = set()
        self.pushes = 0

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path, body = environ["PATH_INFO"], b""
        if environ["REQUEST_METHOD"] == "POST":
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if path.startswith("/wechat"):
            status, kind, answer = 200, "text/xml", self.callback(environ, body)
        elif path == "/claim":
            self.given += 1
            status, kind, answer = 200, "text/html", f'<p data-coupon-code="C{self.given:07d}">'
        elif path == "/api/v1/coupons/redeem":
            status, kind, answer = self.redeem(json.loads(body)), "application/json", "{}"
        else:
            status, kind, answer = 200, "text/html", FORM
        start(f"{status} -", [("Content-Type", kind)])
        return [answer.encode()]

    def callback(self, environ: dict[str, Any], body: bytes) -> str:
        if environ["REQUEST_METHOD"] == "GET":
            return str(parse_qs(environ["QUERY_STRING"])["echostr"][0])
        self.pushes += 1
        fields = parse(body)
        if fields.get("Event") == "subscribe":
            return self.text(fields, WELCOME)
        if fields["MsgType"] == "text":
            said = str(fields["Content"])
            topic = next((topic for topic in TOPICS if topic in said), "")
            return self.text(fields, f"{topic}券，满50减10元：{URL}/t/reply" if topic else "您好")
        return "success"

    def text(self, fields: dict[str, str], content: str) -> str:
        answer = {
            "ToUserName": fields["FromUserName"],
            "FromUserName": fields["ToUserName"],
            "CreateTime": fields["CreateTime"],
            "MsgType": "text",
            "Content": content,
        }
        return str(render(answer))

    def redeem(self, order: dict[str, Any]) -> int:
        if order["code"] in self.redeemed:
            return 409
        self.redeemed.add(order["code"])
        return 200
