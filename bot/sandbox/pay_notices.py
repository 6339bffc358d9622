"""The use of a coupon at a till, and the callback COUPON.USE that tells the merchant of it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from bot.sandbox.pay import Coupon, Pay, coupon_json, iso, refused
from bot.sandbox.pay_keys import MCHID, sealed, signature_headers
from bot.sandbox.people import Bubble
from bot.sandbox.stepper import SteppedTimeline
from bot.sandbox.timeline import Timeline
from bot.sandbox.world import World

AnyTimeline = Timeline | SteppedTimeline
DONE = (200, 204)


def use_coupon(world: World, timeline: AnyTimeline, coupon_id: str) -> str:
    """The holder pays with it; the payment's transaction_id. The merchant is told by a callback.

    Raises KeyError for a coupon that is none, PayError where it is used, over or not begun.
    """
    with world.lock:
        now, coupon = world.clock(), world.room(Pay).coupons[coupon_id]
        if coupon.status(now) != "SENDED" or now < coupon.stock.begins_at:
            raise refused(f"券不可用，状态：{coupon.status(now)}")
        coupon.used_at = now
        coupon.transaction_id = f"42000{world.ids.below(10**23):023d}"
        facts = {"openid": coupon.openid, "coupon_id": coupon.id}
        world.ledger.add("coupon_used", now, **facts)
        told = Bubble("notice", "event", f"支付时使用了代金券「{coupon.stock.name}」", now)
        world.show(world.person(coupon.openid), told)
        if world.room(Pay).notify_url and world.room(Pay).switch:
            body = _notice(world, coupon)
            timeline.later(world.config.limits.job_delay, lambda: _push(world, timeline, body, 1))
        return coupon.transaction_id


def _notice(world: World, coupon: Coupon) -> bytes:
    now = coupon.used_at or world.clock()
    consumed = {
        "consume_time": iso(now),
        "consume_mchid": MCHID,
        "transaction_id": coupon.transaction_id,
    }
    resource = {**coupon_json(coupon, now), "consume_information": consumed}
    notice = {
        "id": f"EV-{world.ids.below(10**19):019d}",
        "create_time": iso(now),
        "resource_type": "encrypt-resource",
        "event_type": "COUPON.USE",
        "summary": "用券成功",
        "resource": {
            "original_type": "coupon",
            **sealed(world, json.dumps(resource, ensure_ascii=False), ""),
        },
    }
    return json.dumps(notice, ensure_ascii=False).encode()


def _push(world: World, timeline: AnyTimeline, body: bytes, number: int) -> None:
    """One delivery, signed afresh, without the world's lock; the next one a while after it failed.

    The timeline waits for the answer, for the five seconds that the merchant has at most.
    """
    with world.lock:
        pay = world.room(Pay)
        url = pay.notify_url
        headers = signature_headers(world, body)
    try:
        status = post(url, body, headers, world.config.limits.answer)
    except (OSError, http.client.HTTPException, ValueError):
        status = 0
    world.ledger.add("coupon_notice", world.clock(), number=number, status=status)
    if status not in DONE and number < pay.deliveries:
        timeline.later(pay.gap, lambda: _push(world, timeline, body, number + 1))


def post(url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> int:
    """The status of the answer. Redirects are not followed. Raises OSError, HTTPException."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=seconds)
    try:
        sent = {"Content-Type": "application/json", "User-Agent": "Mozilla/4.0", **headers}
        connection.request("POST", parts.path or "/", body, sent)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()
