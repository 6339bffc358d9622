"""A small Official Account program of another's making: Flask, wechatpy, and what is said back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, abort, request
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.utils import check_signature
from werkzeug.serving import make_server


def echo_program(token: str, aes_key: str, appid: str) -> Flask:
    """Answers at /wechat in all three modes: texts with themselves, followers with a welcome."""
    app = Flask("echo")
    crypto = WeChatCrypto(token, aes_key, appid)

    @app.route("/wechat", methods=["GET", "POST"])
    def callback() -> str:
        asked = request.args
        stamp, nonce = asked.get("timestamp", ""), asked.get("nonce", "")
        try:
            check_signature(token, asked.get("signature", ""), stamp, nonce)
        except InvalidSignatureException:
            abort(403)
        if request.method == "GET":
            return asked["echostr"]
        sealed = asked.get("encrypt_type") == "aes"
        body = request.get_data()
        if sealed:
            body = crypto.decrypt_message(body, asked["msg_signature"], stamp, nonce)
        message = parse_message(body)
        words = {"text": lambda: message.content, "event": lambda: welcome(message.event)}
        answer = words.get(message.type, lambda: "")()
        if not answer:
            return "success"
        reply: str = create_reply(answer, message).render()
        return crypto.encrypt_message(reply, nonce, stamp) if sealed else reply

    return app


def welcome(event: str) -> str:
    return "欢迎" if event in ("subscribe", "subscribe_scan") else ""


@contextmanager
def served(program: Flask) -> Iterator[str]:
    """On a free port of this machine; the address of its callback."""
    server = make_server("127.0.0.1", 0, program, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/wechat"
    server.shutdown()
    server.server_close()
    thread.join()
