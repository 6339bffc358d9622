"""The platform's callbacks, answered before Flask's routing: this is the hot path.

A WSGI function in front of the Flask app; everything that is not /wechat/<account> passes through.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from bot.clock import Clock
from bot.errors import CallbackRejected, NotFound, SettingsError, StoreUnavailable
from bot.inbox.receive import Answer, Receiver, rejected
from bot.web import metrics
from bot.wechat.callback import MAX_BODY, read_query

logger = logging.getLogger(__name__)
_PREFIX = "/wechat/"
_REASONS = {
    200: "200 OK",
    400: "400 Bad Request",
    403: "403 Forbidden",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    411: "411 Length Required",
    413: "413 Content Too Large",
    503: "503 Service Unavailable",
}

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WSGI = Callable[[Environ, StartResponse], Iterable[bytes]]


class CallbackFirst:
    """`app`, with callbacks taken out."""

    def __init__(self, app: WSGI, receiver: Receiver, clock: Clock) -> None:
        self._app = app
        self._receiver = receiver
        self._clock = clock

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if not path.startswith(_PREFIX):
            return self._app(environ, start_response)
        slug = path[len(_PREFIX) :].rstrip("/")
        with metrics.callback_seconds.time():
            answer = self._answered(slug, environ)
        metrics.callbacks.labels(answer.outcome).inc()
        start_response(
            _REASONS[answer.status],
            [
                ("Content-Type", answer.content_type),
                ("Content-Length", str(len(answer.body))),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
        return (answer.body,)

    def _answered(self, slug: str, environ: Environ) -> Answer:
        """The answer to every request, good or bad; one log line for each refusal."""
        try:
            return self._answer(slug, environ)
        except CallbackRejected as error:
            logger.warning("callback refused account=%.32r reason=%s", slug, error.reason)
            return rejected(error)
        except SettingsError as error:
            logger.error("callback refused account=%.32r reason=misconfigured: %s", slug, error)
            return rejected(CallbackRejected(403, "misconfigured"))
        except NotFound:
            logger.warning("callback refused account=%.32r reason=no-account", slug)
            return rejected(CallbackRejected(404, "no-account"))
        except StoreUnavailable as error:
            # Not stored: anything but an answer makes the platform deliver it again.
            logger.error("callback not stored account=%s: %s", slug, error)
            return rejected(CallbackRejected(503, "not-stored"))

    def _answer(self, slug: str, environ: Environ) -> Answer:
        query = read_query(environ.get("QUERY_STRING", ""))
        method = environ["REQUEST_METHOD"]
        if method == "POST":
            return self._receiver.receive(slug, query, _body(environ), self._clock())
        if method == "GET":
            return self._receiver.verify(slug, query, self._clock())
        raise CallbackRejected(405, "method")


def _body(environ: Environ) -> bytes:
    """The whole body. Raises CallbackRejected where its length is wrong or over MAX_BODY."""
    declared = environ.get("CONTENT_LENGTH") or ""
    if declared and not declared.isdigit():
        raise CallbackRejected(400, "length")
    if declared and int(declared) > MAX_BODY:
        raise CallbackRejected(413, "too-large")
    body: bytes = environ["wsgi.input"].read(int(declared) if declared else MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise CallbackRejected(413, "too-large")
    return body
