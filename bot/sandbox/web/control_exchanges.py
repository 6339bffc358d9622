"""What went between the platform and the program: API calls and deliveries, as they came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from bot.clock import to_ms
from bot.sandbox import bodies
from bot.sandbox.traffic import Exchange
from bot.sandbox.web.control_books import MOST, Fields, Query, number
from bot.sandbox.world import World
from bot.sandbox.xml import BadXml, parse

DUPLICATE_IDS = ("client_msg_id", "clientmsgid", "out_request_no")


def calls(world: World, query: Query) -> Fields:
    """API calls as they came. `path`, `openid`, `errcode` choose; the rest as in `_page`."""

    def wanted(one: Exchange) -> bool:
        code = query.get("errcode")
        return query.get("path", one.what) == one.what and code in (None, str(errcode_of(one)))

    seen: Counter[tuple[str, str, str]] = Counter()

    def shown(one: Exchange) -> Fields:
        duplicate = duplicate_id(one.sent)
        key = (one.what, one.openid, duplicate)
        seen[key] += bool(duplicate)
        return {
            "number": one.number,
            "at": to_ms(one.at),
            "path": one.what,
            "openid": one.openid,
            "outcome": one.outcome,
            "errcode": errcode_of(one),
            "errmsg": one.rule,
            "duplicate_id": duplicate,
            "repeats": max(0, seen[key] - 1),  # calls before it with the same duplicate id
            "sent": one.sent,
            "answered": one.answered,
        }

    return _page(world, query, "call", shown, wanted, "calls")


def errcode_of(call: Exchange) -> int | None:
    """Of a call's answer, 0 where all went well; None where there was no such answer."""
    if call.outcome.lstrip("-").isdecimal():
        return int(call.outcome)
    try:
        answer = bodies.read(call.answered.encode("utf-8", "replace"))
    except ValueError:
        return None
    return answer.get("errcode") if isinstance(answer, dict) else None


def pushes(world: World, query: Query) -> Fields:
    """Deliveries as they went, each try by itself. `label` chooses a MsgType or Event."""

    def wanted(one: Exchange) -> bool:
        return query.get("label", one.what) == one.what

    def shown(one: Exchange) -> Fields:
        return {
            "number": one.number,
            "at": to_ms(one.at),
            "label": one.what,
            "openid": one.openid,
            "key": push_key(one.sent),
            "outcome": one.outcome,
            "rule": one.rule,
            "ms": one.ms,
            "sent": one.sent,
            "answered": one.answered,
        }

    return _page(world, query, "push", shown, wanted, "pushes")


def duplicate_id(sent: str) -> str:
    """By which the platform knows a repeated call: client_msg_id, clientmsgid ...; "" none."""
    try:
        body = bodies.read(sent.encode("utf-8", "replace"))
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    given = (body.get(name) for name in DUPLICATE_IDS)
    return next((str(one) for one in given if one and isinstance(one, str | int)), "")


def push_key(sent: str) -> str:
    """What tells a repeated delivery: the MsgId; an event's sender and time."""
    try:
        fields = parse(sent.encode("utf-8", "replace"))
    except BadXml:
        return ""
    name = fields.get("MsgId") or fields.get("MsgID")
    return str(name) if name else f"{fields.get('FromUserName')}+{fields.get('CreateTime')}"


def _page(
    world: World,
    query: Query,
    way: str,
    shown: Callable[[Exchange], Fields],
    wanted: Callable[[Exchange], bool],
    name: str,
) -> Fields:
    """Exchanges after number `since`, oldest first, at most `limit` (the last of them).

    `kept`: false where this platform writes none down (its ledger is kept small).
    """
    since, limit = number(query, "since", 0), number(query, "limit", MOST)
    kept = world.traffic.since(since, query.get("openid", ""))
    found = [shown(one) for one in kept if one.way == way and wanted(one)]
    last = found[-limit:] if limit else []
    following = last[-1]["number"] if last else since
    return {name: last, "next": following, "kept": world.traffic.on}
