"""A program in this process that is always the same: it welcomes, offers, claims and redeems."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from bot.sandbox.crowd import phrases
from bot.sandbox.xml import parse, render

URL = "http://shop.example"
WELCOME = "欢迎！回复数字告诉我们您喜欢什么：\n" + "\n".join(
    f"{number} {topic}" for number, topic in enumerate(phrases.TOPICS, 1)
)
FORM = '<form method="post" action="/claim" data-claim><input type="hidden" name="t" value="1">'
OFFER = f"满50减10元：{URL}/t/1"
Start = Callable[[str, list[tuple[str, str]]], object]


class Shop:
    """`said`: all texts and events that it was told, in order."""

    def __init__(self) -> None:
        self.given = 0
        self.redeemed: dict[str, int] = {}  # code -> fen
        self.said: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if echo := echoed(environ):
            start("200 OK", [("Content-Type", "text/plain")])
            return [echo]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        status, kind, answer = self.answer(environ["PATH_INFO"], body)
        start(f"{status} -", [("Content-Type", kind)])
        return [answer.encode()]

    def answer(self, path: str, body: bytes) -> tuple[int, str, str]:
        if path.startswith("/wechat"):
            return 200, "text/xml", self.callback(parse(body))
        if path == "/t/1":
            return 200, "text/html", FORM
        if path == "/claim":
            self.given += 1
            return 200, "text/html", f'<p data-coupon-code="C{self.given:04d}">'
        if path == "/api/v1/coupons/redeem":
            order = json.loads(body)
            fresh = order["code"] not in self.redeemed
            self.redeemed.setdefault(order["code"], order["amount_fen"])
            return (200 if fresh else 409), "application/json", "{}"
        return 404, "text/html", "<html>gone</html>"

    def callback(self, fields: dict[str, str]) -> str:
        said = fields.get("Content") or fields.get("Event") or fields["MsgType"]
        self.said.append(said)
        if said == "subscribe":
            return text(fields, WELCOME)
        if fields["MsgType"] == "text":
            return text(fields, f"{said}，{OFFER}")
        return "success"


def echoed(environ: dict[str, Any]) -> bytes:
    """What the verification wants to hear; b"" for any other request."""
    query = parse_qs(environ["QUERY_STRING"])
    return query.get("echostr", [""])[0].encode() if environ["REQUEST_METHOD"] == "GET" else b""


def text(fields: dict[str, str], content: str) -> str:
    """A passive reply."""
    return render(
        {
            "ToUserName": fields["FromUserName"],
            "FromUserName": fields["ToUserName"],
            "CreateTime": fields["CreateTime"],
            "MsgType": "text",
            "Content": content,
        }
    )
