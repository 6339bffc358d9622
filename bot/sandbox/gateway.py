"""The API's door: every call passes faults, method, token and quota before its endpoint.

Errors are HTTP 200 with errcode, errmsg and a rid, as the platform's are.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.acts import Acts
from bot.sandbox.codes import PlatformError
from bot.sandbox.faults import ApiFault
from bot.sandbox.timeline import Timeline
from bot.sandbox.world import World

Fields = dict[str, Any]
UNLIMITED = 1 << 60
# 40033: the platform does not read \uXXXX; an escaped backslash before a `u` is fine.
_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")


@dataclass(frozen=True)
class Call:
    """One call: its query, its JSON, and the kinds of uploaded files by field name."""

    path: str
    method: str
    query: Mapping[str, str]
    raw: bytes = b""
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Desk:
    """What endpoints work with."""

    world: World
    acts: Acts
    timeline: Timeline


Handler = Callable[[Desk, Mapping[str, str], Fields], Fields]


@dataclass(frozen=True)
class Endpoint:
    method: str
    handler: Handler
    limit: int  # calls a day
    token: bool
    upload: bool


ENDPOINTS: dict[str, Endpoint] = {}


def endpoint(
    method: str, path: str, limit: int = UNLIMITED, token: bool = True, upload: bool = False
) -> Callable[[Handler], Handler]:
    """Registers the function that answers `path`; `limit` calls a day (接口调用额度说明)."""

    def register(handler: Handler) -> Handler:
        ENDPOINTS[path] = Endpoint(method, handler, limit, token, upload)
        return handler

    return register


@dataclass(frozen=True)
class Outcome:
    """The answer's bytes. `cut`: the connection ends before they are all there."""

    body: bytes
    status: int = 200
    content_type: str = "application/json; encoding=utf-8"
    hang: float = 0.0
    cut: bool = False

    def chunks(self) -> Iterator[bytes]:
        """The body; where it is cut the server gets an error halfway and drops the connection."""
        if not self.cut:
            yield self.body
            return
        yield self.body[:1]
        raise ConnectionAbortedError("fault: cut")


HTML_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>502</body></html>"


class Gateway:
    """Answers calls; thread-safe."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def answer(self, call: Call) -> Outcome:
        fault = self._desk.world.faults.take(call.path)
        if fault is None:
            return Outcome(self._json(call))
        self._desk.world.ledger.add(
            "api_fault", self._desk.world.clock(), path=call.path, fault=fault.kind
        )
        return self._faulty(call, fault)

    def _faulty(self, call: Call, fault: ApiFault) -> Outcome:
        if fault.kind == "500":
            return Outcome(b"Internal Server Error", 500, "text/plain")
        if fault.kind == "html":
            return Outcome(HTML_PAGE, 200, "text/html")
        if fault.kind == "errcode":
            return Outcome(_dumped(_refusal(PlatformError(fault.errcode))))
        if fault.kind == "hang":
            return Outcome(self._json(call), hang=fault.seconds)
        return Outcome(self._json(call), cut=True)

    def _json(self, call: Call) -> bytes:
        world = self._desk.world
        try:
            with world.lock:
                answer = self._perform(call)
            errcode = 0
        except PlatformError as error:
            answer, errcode = _refusal(error), error.errcode
        world.ledger.add("api", world.clock(), path=call.path, errcode=errcode)
        return _dumped(answer)

    def _perform(self, call: Call) -> Fields:
        world, found = self._desk.world, ENDPOINTS.get(call.path)
        if found is None:
            raise PlatformError(40066)
        if call.method != found.method:
            raise PlatformError(43001 if found.method == "GET" else 43002)
        if found.token:
            world.tokens.check(call.query.get("access_token"), world.clock())
        if found.upload:
            body: Fields = dict(call.files)
        else:
            body = _body(call.raw) if found.method == "POST" else {}
        if found.limit < UNLIMITED:
            world.spend(call.path, found.limit)
        return found.handler(self._desk, call.query, body)


def _body(raw: bytes) -> Fields:
    """The JSON object. 44002 nothing, 47001 not JSON, 40033 with \\uXXXX in it."""
    if not raw.strip():
        raise PlatformError(44002)
    if _ESCAPED.search(raw):
        raise PlatformError(40033)
    try:
        body = json.loads(raw)
    except ValueError:
        raise PlatformError(47001) from None
    if not isinstance(body, dict):
        raise PlatformError(47001)
    return body


def _refusal(error: PlatformError) -> Fields:
    rid = "-".join(secrets.token_hex(4) for _ in range(3))
    return {"errcode": error.errcode, "errmsg": f"{error.errmsg} rid: {rid}", **error.extra}


def _dumped(answer: Fields) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode()


def ok(**more: Any) -> Fields:
    return {"errcode": 0, "errmsg": "ok", **more}


def number(value: object, errcode: int = 40035) -> int:
    """A whole number, also written as text. Raises PlatformError(errcode)."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise PlatformError(errcode)
    try:
        return int(value)
    except ValueError:
        raise PlatformError(errcode) from None


def mapping(value: object, errcode: int = 40035) -> Fields:
    if not isinstance(value, dict):
        raise PlatformError(errcode)
    return value


def texts(value: object, most: int, errcode: int = 40032) -> list[str]:
    """A list of 1..most texts; 40031 for what is none, `errcode` for a wrong size."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise PlatformError(40031)
    if not 1 <= len(value) <= most:
        raise PlatformError(errcode)
    return value
