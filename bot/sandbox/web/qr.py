"""What the picture of a parametric QR code leads to: the account, by this code's scene.

The address in the picture is http://weixin.qq.com/q/<short>; here it is /q/<short>. GET shows the
code, POST with `application/json` {"openid"} scans it with that person's phone.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request

from bot.sandbox import qrcodes
from bot.sandbox.acts import AccountClosed
from bot.sandbox.people import ME
from bot.sandbox.platform import Platform

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'"


def pages(platform: Platform) -> Blueprint:
    blueprint = Blueprint("qr", __name__, url_prefix="/q")
    world = platform.world

    @blueprint.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.get("/<short>")
    def show(short: str) -> tuple[str, int]:
        try:
            code = qrcodes.by_short(world, short)
        except qrcodes.UnknownTicket:
            return render_template("qr.html", code=None, told="没有这个二维码"), 404
        except qrcodes.ExpiredTicket:
            return render_template("qr.html", code=None, told="二维码已过期"), 410
        return render_template("qr.html", code=code, told="用微信扫一扫，关注公众号"), 200

    @blueprint.post("/<short>")
    def scan(short: str) -> tuple[Response, int]:
        body = request.get_json(silent=True) if request.is_json else None
        if not isinstance(body, dict):
            return jsonify({"error": "wants an application/json object"}), 415
        person = world.people.get(str(body.get("openid") or ME))
        if person is None:
            return jsonify({"error": "openid: nobody has it"}), 404
        try:
            with world.lock:
                known = person.subscribed
                code = qrcodes.by_short(world, short)
                qrcodes.scan_ticket(world, platform.acts, person, code.ticket)
        except qrcodes.UnknownTicket:
            return jsonify({"error": "there is no such code"}), 404
        except qrcodes.ExpiredTicket:
            return jsonify({"error": "the code has expired"}), 410
        except AccountClosed:
            return jsonify({"error": "openid: has closed the WeChat account"}), 409
        return jsonify({"openid": person.openid, "scene": code.scene, "followed": not known}), 200

    return blueprint
