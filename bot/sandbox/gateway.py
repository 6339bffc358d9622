"""The API's door: every call passes faults, method, token and quota before its endpoint.

Errors are HTTP 200 with errcode, errmsg and a rid, as the platform's are.
"""

from __future__ import annotations

import codecs
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.sandbox import bodies, penalties
from bot.sandbox.acts import Acts
from bot.sandbox.codes import PlatformError
from bot.sandbox.fault_kinds import Fault
from bot.sandbox.faults import TOKEN_PATHS
from bot.sandbox.limits_table import counter, daily_limit
from bot.sandbox.rights import RIGHTS, may, right_of
from bot.sandbox.statistics import Statistics
from bot.sandbox.stepper import SteppedTimeline
from bot.sandbox.timeline import Timeline
from bot.sandbox.world import RIDS_KEPT, World

Fields = dict[str, Any]
UNLIMITED = 1 << 60
JSON_TYPE = "application/json; encoding=utf-8"
SECRET = frozenset({"access_token", "secret", "corpsecret"})  # kept out of the log of refused calls
# 40033: the platform does not read \uXXXX; an escaped backslash before a `u` is fine.
# What is posted with nothing in it: no parameters, or they are in the query.
BODILESS = frozenset({"/cgi-bin/message/mass/speed/get", "/cgi-bin/clear_quota/v2"})
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
    status: int = 200


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

    limit     calls a day, then 45009, for what bot.sandbox.limits_table does not name
    a_minute  calls a minute, then 45011
    upload    the body handed to the handler is the form's fields and its files as Upload
    right     what the kind of account must be allowed, else 48001; "": what the path takes by
              bot.sandbox.rights
    """
    if right not in RIGHTS:
        raise KeyError(right)
    right = right or right_of(path)

    def register(handler: Handler) -> Handler:
        ENDPOINTS[path] = Endpoint(method, handler, limit, token, upload, right, a_minute)
        return handler

    return register


@dataclass(frozen=True)
class Outcome:
    """The answer's bytes, and what happens to them on their way (bot.sandbox.web.delivery).

    hang     seconds before the answer
    way      "" as it should be, cut, drop, reset, silence, slow_drip, wrong_length
    seconds  of the silence or the drip
    """

    body: bytes
    status: int = 200
    content_type: str = JSON_TYPE
    hang: float = 0.0
    way: str = ""
    seconds: float = 0.0
    name: str = ""

    @property
    def cut(self) -> bool:
        return self.way == "cut"


HTML = "text/html; charset=utf-8"
HTML_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>502</body></html>"
ERROR_PAGE = b"<html><head><title>500</title></head><body>Internal Server Error</body></html>"
GARBAGE = b'{"errcode":0,"errmsg":"ok"'
PAGES = {
    "500": Outcome(ERROR_PAGE, 500, HTML),
    "502": Outcome(HTML_PAGE, 502, HTML),
    "html": Outcome(HTML_PAGE, 200, HTML),
    "garbage": Outcome(GARBAGE),
}
NOT_DONE = ("errcode", "token_storm", "drop", "reset", *PAGES)


class Gateway:
    """Answers calls; thread-safe."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def answer(self, call: Call) -> Outcome:
        faults = self._desk.world.faults
        if not faults.active:
            return self._outcome(call)
        late = faults.latency(call.path)
        found = ENDPOINTS.get(call.path)
        fault = faults.take(call.path, found is not None and found.token)
        outcome = self._faulty(call, fault) if fault else self._outcome(call)
        if call.path in TOKEN_PATHS and b'"access_token"' in outcome.body:
            faults.token_fetched()
        return self._in_time(replace(outcome, hang=outcome.hang + late))

    def _in_time(self, outcome: Outcome) -> Outcome:
        """On virtual time nobody waits: what would only be late is there at once."""
        if not self._desk.world.config.stepped:
            return outcome
        way = {"slow_drip": "", "silence": "cut"}.get(outcome.way, outcome.way)
        return replace(outcome, hang=0.0, way=way, seconds=0.0)

    def _faulty(self, call: Call, fault: Fault) -> Outcome:
        if fault.name in NOT_DONE:
            if fault.done:
                self._outcome(call)
            outcome = self._not_done(call, fault)
            answered = outcome.body.decode() or f"[{fault.name}]"
            self._note(call, answered, "fault", fault.name, time.monotonic())
            return outcome
        done = self._outcome(call)
        if fault.name == "hang":
            return replace(done, hang=fault.drawn())
        if fault.name == "bom":
            return replace(done, body=codecs.BOM_UTF8 + done.body)
        way = "silence" if fault.name == "timeout_after_accept" else fault.name
        return replace(done, way=way, seconds=fault.drawn())

    def _not_done(self, call: Call, fault: Fault) -> Outcome:
        if fault.name in PAGES:
            return PAGES[fault.name]
        if fault.name in ("drop", "reset"):
            return Outcome(b"", way=fault.name)
        errcode = 40001 if fault.name == "token_storm" else fault.errcode
        refusal = self._refusal(call, PlatformError(errcode))
        return Outcome(_dumped(refusal), content_type=_type_of(call.path))

    def refuse(self, call: Call, errcode: int) -> Outcome:
        """The answer to a call that does not get as far as its endpoint."""
        outcome = Outcome(_dumped(self._refusal(call, PlatformError(errcode))))
        self._note(call, outcome.body.decode(), errcode, "", time.monotonic())
        return outcome

    def _outcome(self, call: Call) -> Outcome:
        """Does the call and writes it down."""
        world, began = self._desk.world, time.monotonic()
        try:
            with world.lock:
                answer = self._perform(call)
                told = self._told(call, answer)
            errcode = 0
        except PlatformError as error:
            answer, errcode, told = self._refusal(call, error), error.errcode, ("", "")
        world.ledger.add("api", world.clock(), path=call.path, errcode=errcode)
        if isinstance(answer, Raw):
            self._note(call, f"[{answer.content_type}]", errcode, "", began, told)
            return Outcome(answer.body, answer.status, answer.content_type, name=answer.name)
        outcome = Outcome(_dumped(answer), content_type=_type_of(call.path))
        rule = str(answer.get("errmsg", ""))
        self._note(call, outcome.body.decode(), errcode, rule, began, told)
        return outcome

    def _told(self, call: Call, answer: Fields | Raw) -> tuple[str, str]:
        """The rule that a good call met, with the numbers of this moment."""
        if not self._desk.world.traffic.on:
            return "", ""
        from bot.sandbox.explain_done import told  # it knows the calls, and they this module

        return told(self._desk.world, call, answer)

    def _note(
        self,
        call: Call,
        answered: str,
        outcome: int | str,
        rule: str,
        began: float,
        told: tuple[str, str] = ("", ""),
    ) -> None:
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
                str(outcome),
                rule,
                round((time.monotonic() - began) * 1000, 1),
                method=call.method,
                query="&".join(f"{name}={text}" for name, text in call.query.items()),
                told=told,
            )

    def _refusal(self, call: Call, error: PlatformError) -> Fields:
        """The error's JSON; the call is remembered under its rid."""
        world = self._desk.world
        rid = world.ids.rid()
        answer = {"errcode": error.errcode, "errmsg": error.told(rid), **error.extra}
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
        penalties.check(world, call.path)
        if found.upload:
            body: Fields = {**call.form, **call.files}
        else:
            bare = call.path in BODILESS and not call.raw.strip()
            body = _body(call.raw) if found.method == "POST" and not bare else {}
        limit = limit_of(world, call.path)
        if limit < UNLIMITED:
            world.spend(counter(call.path), limit)
        if found.a_minute < UNLIMITED:
            world.spend_minute(counter(call.path), found.a_minute)
        return found.handler(replace(self._desk, call=call), call.query, body)


def limit_of(world: World, path: str) -> int:
    """Calls of a registered path that a day allows this account."""
    config, fans = world.config, world.room(Statistics).fans
    if path == "/cgi-bin/message/mass/preview":
        return config.switches.preview_a_day
    growth = config.switches.quota_growth
    return daily_limit(path, config.kind, fans, growth, ENDPOINTS[path].limit)


def _body(raw: bytes) -> Fields:
    """The JSON object. 44002 nothing, 47001 not JSON or too deep, 40033 \\uXXXX in it."""
    if not raw.strip():
        raise PlatformError(44002)
    if _ESCAPED.search(raw):
        raise PlatformError(40033)
    try:
        body = bodies.read(raw)
    except ValueError:
        raise PlatformError(47001) from None
    if not isinstance(body, dict):
        raise PlatformError(47001)
    return body


def _about(raw: bytes) -> str:
    """The openid that a call is about: its `touser` or `openid`."""
    found = _OPENID.search(raw)
    return found[1].decode("utf-8", "replace") if found else ""


def _type_of(path: str) -> str:
    """Web authorisation's JSON calls itself text (4.16)."""
    return "text/plain" if path.startswith("/sns/") else JSON_TYPE


def _dumped(answer: Fields) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")


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
