"""One call to the platform: token, transport, breaker, errcode. Every way of calling meets here.

Platform rules: the token goes in the query of every call; a refused token is replaced once and the
call repeated once, for the platform did nothing; any other refusal is the caller's to judge.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from bot.clock import Clock
from bot.errors import GatewayDown, GatewayError, OutcomeUnknown, TokenRejected
from bot.wechat.breaker import Breaker
from bot.wechat.calls import encoded
from bot.wechat.errcodes import error_for, rid_of
from bot.wechat.token import Fetched, fetch_error
from bot.wechat.transport import JSON, TIMEOUT_S, Response, Transport, ailing, read_json

logger = logging.getLogger(__name__)

STABLE_TOKEN = "/cgi-bin/stable_token"


class Tokens(Protocol):
    """What is needed of bot.wechat.token.TokenProvider."""

    def get(self, now: datetime) -> str: ...
    def replace(self, rejected: str, now: datetime) -> str: ...


class Exchange:
    """Calls of one app. Safe for threads where its transport is."""

    def __init__(
        self,
        base_url: str,
        tokens: Tokens,
        transport: Transport,
        clock: Clock,
        breaker: Breaker | None = None,
        seconds: Callable[[], float] = time.monotonic,
        *,
        appid: str = "",
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.tokens = tokens
        self.clock = clock
        self.breaker = breaker or Breaker()
        self.transport = transport
        self.appid = appid
        self._seconds = seconds

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        form: tuple[bytes, str] | None = None,
        with_token: bool = True,
        deadline_s: float = TIMEOUT_S,
    ) -> dict[str, Any]:
        """The platform's document, whatever errcode it carries, but for a refused token.

        form        another body than JSON, with its content type
        deadline_s  for everything: replacing the token and the second try included
        Raises TokenRejected, GatewayDown, OutcomeUnknown, and what fetching the token raises.
        """
        try:
            return self._ask(method, path, params, json, form, with_token, deadline_s)
        except GatewayError as error:
            error.appid = self.appid
            raise

    def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        json: Mapping[str, Any] | None,
        form: tuple[bytes, str] | None,
        with_token: bool,
        deadline_s: float,
    ) -> dict[str, Any]:
        ends = self._seconds() + deadline_s
        body, content_type = form or (encoded(json) if json is not None else b"", JSON)
        token = self.tokens.get(self.clock()) if with_token else ""
        for last in (False, True):
            left = ends - self._seconds()
            if left <= 0:
                raise GatewayDown(None, "the deadline passed before the call was made")
            url = self.address(path, token, params)
            try:
                document = self._once(method, url, body, content_type, left)
                error = refusal(document)
            except GatewayError as lost:
                self.report(path, lost)
                raise
            if not isinstance(error, TokenRejected) or not with_token:
                return document
            self.report(path, error)
            if last:
                raise error
            token = self.tokens.replace(token, self.clock())
        raise AssertionError("unreachable")

    def call(self, method: str, path: str, **how: Any) -> dict[str, Any]:
        """Like `ask`, and every errcode but 0 raises its GatewayError."""
        document = self.ask(method, path, **how)
        error = refusal(document)
        if error is not None:
            error.appid = self.appid
            self.report(path, error)
            raise error
        return document

    def address(self, path: str, token: str, params: Mapping[str, str] | None = None) -> str:
        query = dict(params or {})
        if token:
            query["access_token"] = token
        return f"{self.base_url}{path}?{urlencode(query)}" if query else f"{self.base_url}{path}"

    def note(self, error: GatewayError | None) -> None:
        """Tell the breaker what became of an allowed call."""
        self.breaker.note(error is None or not ailing(error))

    def report(self, path: str, error: GatewayError) -> None:
        """One line for each failure; nothing personal, nothing secret."""
        logger.warning(
            "wechat.call path=%s outcome=%s errcode=%s rid=%s",
            path,
            type(error).__name__,
            error.errcode,
            rid_of(error.errmsg),
        )

    def _once(
        self, method: str, url: str, body: bytes, content_type: str, left_s: float
    ) -> dict[str, Any]:
        if not self.breaker.allows():
            raise circuit_open()
        error: GatewayError | None = None
        try:
            document = read_json(self._carried(method, url, body, content_type, left_s))
            error = refusal(document)
        except GatewayError as lost:
            error = lost
            raise
        finally:
            self.note(error)
        return document

    def _carried(
        self, method: str, url: str, body: bytes, content_type: str, left_s: float
    ) -> Response:
        timeout = min(left_s, TIMEOUT_S)
        if method.upper() == "GET":
            return self.transport.get(url, timeout)
        return self.transport.post(url, body, timeout, content_type)


def refusal(document: Mapping[str, Any]) -> GatewayError | None:
    """The error that an answer stands for; None where errcode is 0 or missing."""
    errcode = document.get("errcode", 0)
    return error_for(errcode, str(document.get("errmsg", ""))) if errcode else None


def circuit_open() -> GatewayDown:
    return GatewayDown(None, "the platform failed repeatedly: calls pause for some seconds")


def fetch_stable_token(transport: Transport, base_url: str, appid: str, appsecret: str) -> Fetched:
    """Ask once for the app's stable token, normal mode. Raises GatewayError."""
    body = {"grant_type": "client_credential", "appid": appid, "secret": appsecret}
    url = f"{base_url.rstrip('/')}{STABLE_TOKEN}"
    try:
        document = read_json(transport.post(url, encoded({**body, "force_refresh": False})))
    except OutcomeUnknown as lost:
        # Unknown is only whether a token was made; the call that wanted one was certainly not.
        raise GatewayDown(None, f"no access token: {lost.errmsg}") from None
    if document.get("errcode"):
        raise fetch_error(document["errcode"], str(document.get("errmsg", "")))
    token, lives = document.get("access_token"), document.get("expires_in", 7200)
    if not isinstance(token, str) or not token or not isinstance(lives, int) or lives < 1:
        raise GatewayDown(None, "the platform's answer holds no access token")
    return Fetched(token, lives)
