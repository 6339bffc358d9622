"""The platform's side of a callback, by the sandbox's own reading of the rules."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from bot.sandbox import xml
from bot.sandbox.crypto import Box, sign
from bot.settings import DEVELOPMENT

GH = "gh_sandbox000001"
_ids = itertools.count(24_000_000_000_000_000)


class Platform:
    """Makes deliveries of one account and reads the answers."""

    def __init__(self, account: dict[str, str] = DEVELOPMENT) -> None:
        self.token = account["TOKEN"]
        self.box = Box(account["AES_KEY"].split(",")[0], account["APPID"])

    def fields(self, now: datetime, **fields: Any) -> dict[str, Any]:
        """A text message of Lin, changed as named; None takes a field out."""
        whole = {
            "ToUserName": GH,
            "FromUserName": "o-lin",
            "CreateTime": int(now.timestamp()),
            "MsgType": "text",
            "Content": "你好",
            "MsgId": next(_ids),
            **fields,
        }
        if whole["MsgType"] == "event":
            whole |= {"Content": None, "MsgId": None}
        return {name: value for name, value in whole.items() if value is not None}

    def delivery(self, fields: dict[str, Any], now: datetime) -> tuple[dict[str, str], bytes]:
        """Query and body of a safe-mode POST."""
        return self.sealed(xml.render(fields), now)

    def sealed(self, inner: str, now: datetime) -> tuple[dict[str, str], bytes]:
        """Any inner text, encrypted and signed as the platform would."""
        encrypted = self.box.seal(inner)
        timestamp, nonce = str(int(now.timestamp())), "415670741"
        query = {
            "signature": sign(self.token, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "encrypt_type": "aes",
            "msg_signature": sign(self.token, timestamp, nonce, encrypted),
        }
        body = xml.render({"ToUserName": GH, "Encrypt": encrypted}).encode()
        return query, body

    def url(self, fields: dict[str, Any], now: datetime, base: str = "") -> tuple[str, bytes]:
        query, body = self.delivery(fields, now)
        return f"{base}/wechat/default?{urlencode(query)}", body

    def opened(self, body: bytes) -> dict[str, Any]:
        """The fields of an encrypted answer; fails where the platform would show a fault."""
        envelope = xml.parse(body)
        signed = sign(self.token, envelope["TimeStamp"], envelope["Nonce"], envelope["Encrypt"])
        assert signed == envelope["MsgSignature"]
        reply = xml.parse(self.box.open(envelope["Encrypt"]))
        assert reply["MsgType"]
        return reply

    def said(self, body: bytes) -> str:
        """What the follower sees of an answer: the text, "" for silence."""
        if body in (b"success", b""):
            return ""
        reply = self.opened(body)
        assert reply["FromUserName"] == GH
        return str(reply.get("Content", f"<{reply['MsgType']}>"))
