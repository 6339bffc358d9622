"""The named peer of the callback: a bare Flask + wechatpy echo in safe mode. Stores nothing."""

from __future__ import annotations

from flask import Flask, request
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import TextReply

from bot.settings import DEVELOPMENT

app = Flask(__name__)
crypto = WeChatCrypto(DEVELOPMENT["TOKEN"], DEVELOPMENT["AES_KEY"], DEVELOPMENT["APPID"])


@app.post("/wechat/default")
def echo() -> str:
    args = request.args
    xml = crypto.decrypt_message(
        request.get_data(), args["msg_signature"], args["timestamp"], args["nonce"]
    )
    message = parse_message(xml)
    reply = TextReply(content=message.content, message=message)
    return str(crypto.encrypt_message(reply.render(), args["nonce"], args["timestamp"]))


@app.get("/healthz")
def alive() -> str:
    return "ok"
