"""WeChat Pay v3 over HTTP: coupons (代金券), at the same port as the rest of the platform.

Every request is signed by the merchant, every answer by the platform. Errors are {"code",
"message"} with an HTTP status.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from flask import Blueprint, Request, Response, request

from bot.sandbox import pay
from bot.sandbox.pay import Fields, Pay, PayError, parameter, wanted
from bot.sandbox.pay_keys import (
    MCHID,
    PLATFORM_SERIAL,
    BadSignature,
    certificate,
    check_authorization,
    sealed,
    signature_headers,
    valid,
)
from bot.sandbox.platform import Platform
from bot.sandbox.world import World

FAVOR = "/v3/marketing/favor"
LOCAL = ("127.0.0.1", "localhost", "::1")  # where a callback may go by plain HTTP
MOST = 20  # coupons of a page
CLOSED = "商家券自2025-12-15起不再对新商户开放，请使用商品券"


@dataclass(frozen=True)
class Ask:
    """One request that the merchant has signed."""

    world: World
    query: Mapping[str, str]
    body: Fields
    ids: Mapping[str, str]  # what stands in the path


Handler = Callable[[Ask], Fields]


def _create_stock(ask: Ask) -> Fields:
    stock = pay.create_stock(ask.world, ask.body)
    return {"stock_id": stock.id, "create_time": pay.iso(stock.created_at)}


def _moving(told: str, to: str, since: str) -> Handler:
    """start, pause and restart: `told` names the time in the answer."""

    def handler(ask: Ask) -> Fields:
        creator = ask.body.get("stock_creator_mchid")
        stock = pay.stock_of(ask.world, ask.ids["stock_id"], creator)
        pay.move(ask.world, stock, to, since=since)
        return {told: pay.iso(ask.world.clock()), "stock_id": stock.id}

    return handler


def _get_stock(ask: Ask) -> Fields:
    creator = ask.query.get("stock_creator_mchid")
    stock = pay.stock_of(ask.world, ask.ids["stock_id"], creator)
    return pay.stock_json(stock, ask.world.clock())


def _issue(ask: Ask) -> Fields:
    return {"coupon_id": pay.issue(ask.world, ask.ids["openid"], ask.body).id}


def _appid(ask: Ask) -> None:
    if ask.query.get("appid") != ask.world.config.appid:
        raise PayError(400, "APPID_MCHID_NOT_MATCH", "商户号与AppID不匹配")


def _get_coupon(ask: Ask) -> Fields:
    _appid(ask)
    coupon = pay.coupon_of(ask.world, ask.ids["openid"], ask.ids["coupon_id"])
    return pay.coupon_json(coupon, ask.world.clock())


def _list_coupons(ask: Ask) -> Fields:
    _appid(ask)
    now, query = ask.world.clock(), ask.query
    offset, limit = _whole(query.get("offset", "0")), _whole(query.get("limit", str(MOST)))
    if not 1 <= limit <= MOST:
        raise parameter(f"参数错误：limit 最大为{MOST}")
    status, stock_id = query.get("status", ""), query.get("stock_id", "")
    if status not in ("", "SENDED", "USED"):
        raise parameter("参数错误：status")
    held = ask.world.room(Pay).wallets.get(ask.ids["openid"], [])
    found = [
        one
        for one in held
        if status in ("", one.status(now))
        and stock_id in ("", one.stock.id)
        and all(query.get(name, MCHID) == MCHID for name in ("creator_mchid", "sender_mchid"))
    ]
    page = [pay.coupon_json(one, now) for one in found[offset : offset + limit]]
    return {"data": page, "total_count": len(found), "limit": limit, "offset": offset}


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise parameter("参数错误：offset、limit 须为数字")
    return int(text)


def _set_callback(ask: Ask) -> Fields:
    """An https address without a query; on this machine plain http will do."""
    if wanted(ask.body, "mchid", str) != MCHID:
        raise PayError(403, "NO_AUTH", "商户号不正确")
    url, switch = wanted(ask.body, "notify_url", str), ask.body.get("switch", True)
    parts = urlsplit(url)
    plain = parts.scheme == "http" and parts.hostname in LOCAL
    if not (parts.scheme == "https" or plain) or not parts.hostname or parts.query:
        raise parameter("参数错误：notify_url 须为https，且不能携带参数")
    if not isinstance(switch, bool):
        raise parameter("参数错误：switch")
    room = ask.world.room(Pay)
    room.notify_url, room.switch = url, switch
    return {"update_time": pay.iso(ask.world.clock()), "notify_url": url}


def _certificates(ask: Ask) -> Fields:
    begins, ends = valid(ask.world)
    one = {
        "serial_no": PLATFORM_SERIAL,
        "effective_time": pay.iso(begins),
        "expire_time": pay.iso(ends),
        "encrypt_certificate": sealed(ask.world, certificate(ask.world), "certificate"),
    }
    return {"data": [one]}


def _closed(_ask: Ask) -> Fields:
    raise PayError(403, "NO_AUTH", CLOSED)


STOCK, USER = rf"{FAVOR}/stocks/(?P<stock_id>[0-9]+)", rf"{FAVOR}/users/(?P<openid>[^/]+)/coupons"
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", rf"{FAVOR}/coupon-stocks", _create_stock),
    ("POST", rf"{STOCK}/start", _moving("start_time", "running", "unactivated")),
    ("POST", rf"{STOCK}/pause", _moving("pause_time", "paused", "running")),
    ("POST", rf"{STOCK}/restart", _moving("restart_time", "running", "paused")),
    ("GET", STOCK, _get_stock),
    ("POST", USER, _issue),
    ("GET", USER, _list_coupons),
    ("GET", rf"{USER}/(?P<coupon_id>[0-9]+)", _get_coupon),
    ("POST", rf"{FAVOR}/callbacks", _set_callback),
    ("GET", r"/v3/certificates", _certificates),
    ("POST", r"/v3/marketing/busifavor/stocks", _closed),
)


def pages(platform: Platform) -> Blueprint:
    blueprint = Blueprint("pay", __name__)
    world = platform.world

    def asked(rest: str) -> Response:
        began, code, status = time.monotonic(), "", 200
        with world.lock:
            try:
                answer = _answer(world, request)
            except PayError as error:
                code, status = error.code, error.status
                answer = {"code": code, "message": error.message}
            body = json.dumps(answer, ensure_ascii=False).encode()
            headers = signature_headers(world, body)
            request_id = world.ids.hex(16)
        facts = {"method": request.method, "path": request.path}
        world.ledger.add("pay", world.clock(), **facts, status=status, code=code)
        _note(world, body, code, answer.get("message", ""), began)
        made = Response(body, status, headers, content_type="application/json; charset=utf-8")
        made.headers["Request-ID"] = request_id
        return made

    for prefix in ("v3", "brand"):
        rule, name = f"/{prefix}/<path:rest>", f"pay_{prefix}"
        blueprint.add_url_rule(rule, name, asked, methods=["GET", "POST"])
    return blueprint


def _note(world: World, body: bytes, code: str, message: str, began: float) -> None:
    """For the page that shows the traffic."""
    if world.traffic.on:
        sent = request.get_data().decode("utf-8", "replace")
        query = request.query_string.decode("latin-1")
        ms = round((time.monotonic() - began) * 1000, 1)
        world.traffic.note(
            world.clock(),
            "call",
            request.path,
            "",
            sent,
            body.decode(),
            code or "0",
            message,
            ms,
            method=request.method,
            query=query,
        )


def _answer(world: World, asked: Request) -> Fields:
    raw, target = asked.get_data(), quote(asked.path, safe="/:@!$&'()*+,;=~")
    if asked.query_string:
        target += f"?{asked.query_string.decode('latin-1')}"
    header = asked.headers.get("Authorization", "")
    try:
        check_authorization(header, asked.method, target, raw, world.clock.signing())
    except BadSignature as error:
        raise PayError(401, "SIGN_ERROR", str(error)) from None
    for method, pattern, handler in ROUTES:
        if method == asked.method and (found := re.fullmatch(pattern, asked.path)):
            body = _object(raw) if method == "POST" else {}
            return handler(Ask(world, asked.args, body, found.groupdict()))
    raise PayError(404, "RESOURCE_NOT_EXISTS", "请求的接口不存在")


def _object(raw: bytes) -> Fields:
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise parameter("请求内容不是JSON对象")
    return body
