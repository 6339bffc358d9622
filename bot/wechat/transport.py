"""Bytes to the platform and back, and what can be known when they do not come back.

Three outcomes: an answer; GatewayDown, when certainly nothing was sent; OutcomeUnknown, when it was
sent and the answer never came or cannot be read. Nothing here retries: a repeated message is worse
than a late one. Error texts never hold the address, for it carries the token. Proxies of the
environment are not used: the platform lists the address that calls come from.
"""

from __future__ import annotations

import json
import ssl
from typing import Any, NamedTuple, Protocol

from bot.errors import GatewayDown, GatewayError, OutcomeUnknown, Transient

CONNECT_S = 3.0
TIMEOUT_S = 10.0
MAX_RESPONSE = 8 << 20  # ten thousand openids are 0.4 MB
JSON = "application/json; charset=utf-8"


# A raw newline inside a string is seen in answers that quote a user. Kept, as one is made slowly.
_DECODER = json.JSONDecoder(strict=False)
_ACCEPTED = b'{"errcode":0,"errmsg":"ok"}'  # to nearly every message


class Response(NamedTuple):
    status: int
    body: bytes


class Transport(Protocol):
    """Carries one request at a time for each calling thread."""

    def post(
        self, url: str, body: bytes, timeout: float = TIMEOUT_S, content_type: str = JSON
    ) -> Response: ...
    def get(self, url: str, timeout: float = TIMEOUT_S) -> Response: ...
    def close(self) -> None: ...


class PooledTransport:
    """urllib3 with connections kept alive; safe for threads.

    Raises GatewayDown or OutcomeUnknown. `connections` bounds the pool: more callers wait.
    """

    def __init__(self, connections: int = 10) -> None:
        import certifi
        import urllib3  # costs 0.1 s to import: only a process that calls the platform pays

        self._urllib3 = urllib3
        self._pool = urllib3.PoolManager(
            num_pools=4,
            maxsize=connections,
            block=True,
            retries=False,
            ca_certs=certifi.where(),
        )

    def post(
        self, url: str, body: bytes, timeout: float = TIMEOUT_S, content_type: str = JSON
    ) -> Response:
        return self._request("POST", url, body, timeout, {"Content-Type": content_type})

    def get(self, url: str, timeout: float = TIMEOUT_S) -> Response:
        return self._request("GET", url, None, timeout, {})

    def close(self) -> None:
        self._pool.clear()

    def _request(
        self, method: str, url: str, body: bytes | None, timeout: float, headers: dict[str, str]
    ) -> Response:
        errors = self._urllib3.exceptions
        limits = self._urllib3.Timeout(connect=min(CONNECT_S, timeout), total=timeout)
        try:
            answer = self._pool.request(
                method,
                url,
                body=body,
                headers=headers,
                timeout=limits,
                redirect=False,
                preload_content=False,
            )
            content = answer.read(MAX_RESPONSE + 1, decode_content=False)
        except (errors.NewConnectionError, errors.ConnectTimeoutError):
            raise GatewayDown(None, "no connection to the platform") from None
        except errors.HTTPError as error:
            if isinstance(error.args[0] if error.args else None, ssl.SSLCertVerificationError):
                raise GatewayDown(None, "no trusted connection to the platform") from None
            raise OutcomeUnknown(None, f"no answer: {type(error).__name__}") from None
        if len(content) > MAX_RESPONSE:
            answer.close()
            raise OutcomeUnknown(None, "the answer is too large")
        answer.release_conn()
        return Response(answer.status, content)


def read_json(response: Response) -> dict[str, Any]:
    """The answer as a document, `errcode` a number if there is one.

    Raises OutcomeUnknown: the platform's own words always come as a JSON object with status 200;
    what else arrives was said by something in between, and the request may have passed it.
    """
    if response.status != 200:
        raise OutcomeUnknown(None, f"HTTP status {response.status}")
    if response.body == _ACCEPTED:
        return {"errcode": 0, "errmsg": "ok"}
    try:
        document = _DECODER.decode(response.body.decode("utf-8", "replace"))
        if "errcode" in document:
            document["errcode"] = int(document["errcode"] or 0)
    except (ValueError, TypeError, RecursionError):
        raise OutcomeUnknown(None, "the answer is no JSON object") from None
    if not isinstance(document, dict):
        raise OutcomeUnknown(None, "the answer is no JSON object")
    return document


def ailing(error: GatewayError) -> bool:
    """Whether an error speaks of a platform in trouble, not of this one request."""
    return isinstance(error, GatewayDown | OutcomeUnknown | Transient)
