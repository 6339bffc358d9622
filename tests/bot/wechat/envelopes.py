"""Callbacks as the platform makes them, by an implementation that is not ours (wechatpy's)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from xml.sax.saxutils import escape

from wechatpy.crypto import WeChatCrypto

from tests.conftest import NOON

TOKEN = "a-token"
APPID = "wx0123456789abcdef"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OLD_KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
ACCOUNT = "gh_a1b2c3d4e5f6"
OPENID = "oAbCdEfGhIjKlMnOpQrStUvWxYz12"
NONCE = "486452656"


def signed(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def push(fields: str, *, account: str = ACCOUNT, openid: str = OPENID) -> bytes:
    """A plain push with `fields` inside its envelope."""
    return (
        f"<xml><ToUserName><![CDATA[{account}]]></ToUserName>"
        f"<FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>1760000000</CreateTime>{fields}</xml>"
    ).encode()


def text_push(text: str = "我要退订") -> bytes:
    return push(
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content>"
        "<MsgId>24901234567890123</MsgId>"
    )


def plain_query(at: datetime = NOON, nonce: str = NONCE, token: str = TOKEN) -> dict[str, str]:
    timestamp = str(int(at.timestamp()))
    return {
        "signature": signed(token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
    }


def encrypted(
    body: bytes, *, key: str = KEY, appid: str = APPID, at: datetime = NOON, inside: str = ""
) -> tuple[dict[str, str], bytes]:
    """Query and body of a safe-mode push; `inside` adds compatible mode's plain fields."""
    query = plain_query(at)
    envelope = WeChatCrypto(TOKEN, key, appid).encrypt_message(
        body.decode(), query["nonce"], query["timestamp"]
    )
    secret = envelope.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    query["encrypt_type"] = "aes"
    query["msg_signature"] = signed(TOKEN, query["timestamp"], query["nonce"], secret)
    outer = f"<ToUserName>{escape(ACCOUNT)}</ToUserName>"
    return query, f"<xml>{outer}{inside}<Encrypt><![CDATA[{secret}]]></Encrypt></xml>".encode()
