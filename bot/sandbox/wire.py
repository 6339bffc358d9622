"""One HTTP exchange with the bot inside the platform's time limit, on kept connections."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

MOST_BYTES = 1_000_000


class NoAnswer(Exception):
    """No whole HTTP answer. `late`: the time ran out, rather than the connection failed."""

    def __init__(self, reason: str, late: bool = False) -> None:
        super().__init__(reason)
        self.late = late


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class Wire:
    """Thread-safe: each thread keeps a connection of its own. `limit`: seconds for it all."""

    def __init__(self, url: str, limit: float) -> None:
        parts = urlsplit(url)
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or (443 if self._secure else 80)
        self._path = parts.path or "/"
        self._query = parts.query
        self._limit = limit
        self._kept = threading.local()

    def get(self, query: Mapping[str, str]) -> Answer:
        return self._exchange("GET", query, None)

    def post(self, query: Mapping[str, str], body: bytes) -> Answer:
        return self._exchange("POST", query, body)

    def _exchange(self, method: str, query: Mapping[str, str], body: bytes | None) -> Answer:
        """Raises NoAnswer."""
        ends = time.monotonic() + self._limit
        target = f"{self._path}?{'&'.join(filter(None, (self._query, urlencode(query))))}"
        try:
            return self._try(method, target, body, ends)
        except TimeoutError:
            self.close()
            raise NoAnswer("time-out", late=True) from None
        except (OSError, http.client.HTTPException) as error:
            self.close()
            late = time.monotonic() >= ends
            raise NoAnswer(type(error).__name__, late) from None

    def _try(self, method: str, target: str, body: bytes | None, ends: float) -> Answer:
        connection = self._connection(ends)
        headers = {"User-Agent": "Mozilla/4.0", "Accept": "*/*", "Pragma": "no-cache"}
        if body is not None:
            headers["Content-Type"] = "text/xml"
        connection.request(method, target, body, headers)
        # Kept here: http.client drops its own reference where the answer says `close`.
        sock: socket.socket = connection.sock
        sock.settimeout(_left(ends))
        response = connection.getresponse()
        chunks: list[bytes] = []
        while chunk := response.read1(65536):
            chunks.append(chunk)
            if sum(map(len, chunks)) > MOST_BYTES:
                raise OSError("answer too long")
            sock.settimeout(_left(ends))
        response.close()  # read to its end; the connection stays for the next exchange
        if response.will_close:
            self.close()
        return Answer(response.status, b"".join(chunks))

    def _connection(self, ends: float) -> http.client.HTTPConnection:
        kept: http.client.HTTPConnection | None = getattr(self._kept, "connection", None)
        if kept is not None and kept.sock is not None:
            # Readable while nothing was asked: the other side has closed it.
            if not select.select([kept.sock], [], [], 0)[0]:
                kept.sock.settimeout(_left(ends))
                return kept
            kept.close()
        if self._secure:
            fresh: http.client.HTTPConnection = http.client.HTTPSConnection(
                self._host,
                self._port,
                timeout=_left(ends),
                context=ssl.create_default_context(),
            )
        else:
            fresh = http.client.HTTPConnection(self._host, self._port, timeout=_left(ends))
        fresh.connect()
        fresh.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._kept.connection = fresh
        return fresh

    def close(self) -> None:
        """Closes this thread's connection."""
        kept: http.client.HTTPConnection | None = getattr(self._kept, "connection", None)
        if kept is not None:
            kept.close()
            self._kept.connection = None


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
