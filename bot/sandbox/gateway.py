"""The API's door: every call passes faults, method, token and quota before its endpoint.

Errors are HTTP 200 with errcode, errmsg and a rid, as the platform's are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.sandbox.acts import Acts
from bot.sandbox.codes import PlatformError
from bot.sandbox.faults import ApiFault
from bot.sandbox.rights import RIGHTS, may
from bot.sandbox.stepper import SteppedTimeline
from bot.sandbox.timeline import Timeline
from bot.sandbox.world import RIDS_KEPT, World

Fields = dict[str, Any]
UNLIMITED = 1 << 60
SECRET = frozenset({"access_token", "secret"})  # kept out of the log of refused calls
# 40033: the platform does not read \uXXXX; an escaped backslash before a `u` is fine.
_OPENID = re.compile(rb'"(?:touser|openid)"\s*:\s*"([^"]+)"')
_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")


@dataclass(frozen=True)
class Upload:
    """One file of a multipart form."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True)
class Raw:
    """An answer that is not JSON: a picture, a file."""

    body: bytes
    content_type: str
    name: str = ""  # the file's, for Content-disposition


@dataclass(frozen=True)
class Call:
    """One call: its query, its JSON or form, its uploaded files by field name."""

    path: str
    method: str
    query: Mapping[str, str]
    raw: bytes = b""
    files: Mapping[str, Upload] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    client_ip: str = "127.0.0.1"


@dataclass(frozen=True)
class Desk:
    """What endpoints work with; `call` is the one being answered."""

    world: World
    acts: Acts
    timeline: Timeline | SteppedTimeline
    call: Call = field(default_factory=lambda: Call("", "GET", {}))


Handler = Callable[[Desk, Mapping[str, str], Fields], "Fields | Raw"]


@dataclass(frozen=True)
class Endpoint:
    method: str
    handler: Handler
    limit: int  # calls a day
    token: bool
    upload: bool
    right: str
    a_minute: int


ENDPOINTS: dict[str, Endpoint] = {}


def endpoint(
    method: str,
    path: str,
    limit: int = UNLIMITED,
    token: bool = True,
    upload: bool = False,
    right: str = "",
    a_minute: int = UNLIMITED,
) -> Callable[[Handler], Handler]:
    """Registers the function that answers `path`.

    limit     calls a day, then 45009 (接口调用额度说明)
    a_minute  calls a minute, then 45011
    upload    the body handed to the handler is the form's fields and its files as Upload
    right     what the kind of account must be allowed (bot.sandbox.rights), else 48001
    """
    if right not in RIGHTS:
        raise KeyError(right)

    def register(handler: Handler) -> Handler:
        ENDPOINTS[path] = Endpoint(method, handler, limit, token, upload, right, a_minute)
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
    name: str = ""

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
            return self._outcome(call)
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
            return Outcome(_dumped(self._refusal(call, PlatformError(fault.errcode))))
        if fault.kind == "hang":
            return replace(self._outcome(call), hang=fault.seconds)
        return replace(self._outcome(call), cut=True)

    def _outcome(self, call: Call) -> Outcome:
        """Does the call and writes it down."""
        world = self._desk.world
        try:
            with world.lock:
                answer = self._perform(call)
            errcode = 0
        except PlatformError as error:
            answer, errcode = self._refusal(call, error), error.errcode
        world.ledger.add("api", world.clock(), path=call.path, errcode=errcode)
        if isinstance(answer, Raw):
            self._note(call, f"[{answer.content_type}]", errcode, "")
            return Outcome(answer.body, content_type=answer.content_type, name=answer.name)
        outcome = Outcome(_dumped(answer))
        self._note(call, outcome.body.decode(), errcode, str(answer.get("errmsg", "")))
        return outcome

    def _note(self, call: Call, answered: str, errcode: int, rule: str) -> None:
        world = self._desk.world
        if world.traffic.on:
            sent = call.raw.decode("utf-8", "replace")
            world.traffic.note(
                world.clock(),
                "call",
                call.path,
                _about(call.raw),
                sent,
                answered,
                str(errcode),
                rule,
            )

    def _refusal(self, call: Call, error: PlatformError) -> Fields:
        """The error's JSON; the call is remembered under its rid."""
        world = self._desk.world
        rid = world.ids.rid()
        answer = {"errcode": error.errcode, "errmsg": f"{error.errmsg} rid: {rid}", **error.extra}
        shown = {name: text for name, text in call.query.items() if name not in SECRET}
        with world.lock:
            world.rids[rid] = {
                "invoke_time": int(world.clock().timestamp()),
                "cost_in_ms": 1,
                "request_url": f"{call.path}?{'&'.join(f'{k}={v}' for k, v in shown.items())}",
                "request_body": call.raw.decode("utf-8", "replace")[:2000],
                "response_body": json.dumps(answer, ensure_ascii=False),
                "client_ip": call.client_ip,
            }
            if len(world.rids) > RIDS_KEPT:
                world.rids.popitem(last=False)
        return answer

    def _perform(self, call: Call) -> Fields | Raw:
        world, found = self._desk.world, ENDPOINTS.get(call.path)
        if found is None:
            raise PlatformError(40066)
        if call.method != found.method:
            raise PlatformError(43001 if found.method == "GET" else 43002)
        if found.token:
            world.tokens.check(call.query.get("access_token"), world.clock())
        if not may(world.config.kind, found.right):
            raise PlatformError(48001)
        if found.upload:
            body: Fields = {**call.form, **call.files}
        else:
            body = _body(call.raw) if found.method == "POST" else {}
        if found.limit < UNLIMITED:
            world.spend(call.path, found.limit)
        if found.a_minute < UNLIMITED:
            world.spend_minute(call.path, found.a_minute)
        return found.handler(replace(self._desk, call=call), call.query, body)


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


def _about(raw: bytes) -> str:
    """The openid that a call is about: its `touser` or `openid`."""
    found = _OPENID.search(raw)
    return found[1].decode() if found else ""


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
