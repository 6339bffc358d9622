"""One HTTP exchange with the program inside the platform's time limit, on kept connections.

Written on sockets: at hundreds of thousands of pushes http.client costs more than all the rest.
Redirects are not followed.
"""

from __future__ import annotations

import re
import select
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote_plus, urlsplit

MOST_BYTES = 1_000_000
MOST_HEAD = 65_536
_PLAIN = re.compile(r"[0-9A-Za-z_.-]*").fullmatch  # what needs no quoting

# What the platform's alarms call a failure (接口报警和排查指引).
DNS_FAILED, DNS_LATE = "DNS失败", "DNS超时"
CONNECT_LATE, REQUEST_LATE, ANSWER_FAILED = "连接超时", "请求超时", "回应失败"


class NoAnswer(Exception):
    """No whole HTTP answer.

    late   the time ran out, rather than the connection failed
    alarm  what the platform's alarm calls it
    """

    def __init__(self, reason: str, late: bool = False, alarm: str = ANSWER_FAILED) -> None:
        super().__init__(reason)
        self.late = late
        self.alarm = alarm


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class AnyWire(Protocol):
    """A way to the program under test; thread-safe. `get` and `post` raise NoAnswer."""

    def get(self, query: Mapping[str, str]) -> Answer: ...

    def post(self, query: Mapping[str, str], body: bytes) -> Answer: ...

    def close(self) -> None:
        """Gives up what is idle."""


def encoded(query: Mapping[str, str]) -> str:
    return "&".join(
        f"{name}={text if _PLAIN(text) else quote_plus(text)}" for name, text in query.items()
    )


class _Connection:
    """A socket, what was read too much from it, and a look whether the other side closed it."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)

    def stale(self) -> bool:
        """Readable while nothing was asked: the other side has closed it."""
        return bool(self.buffer or self._poll.poll(0))

    def more(self, ends: float) -> bytes:
        self.sock.settimeout(_left(ends))
        return self.sock.recv(65536)

    # --- one answer --------------------------------------------------------------------------

    def answer(self, ends: float) -> tuple[Answer, bool]:
        """The answer, and whether the connection can be kept."""
        status, version, headers = self._head(ends)
        while 100 <= status < 200:
            status, version, headers = self._head(ends)
        keep = headers.get(b"connection", b"").lower() != b"close" and version != b"HTTP/1.0"
        if status in (204, 304):
            return Answer(status, b""), keep
        if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
            return Answer(status, self._chunked(ends)), keep
        if b"content-length" in headers:
            return Answer(status, self._exactly(int(headers[b"content-length"]), ends)), keep
        return Answer(status, self._to_the_end(ends)), False

    def _head(self, ends: float) -> tuple[int, bytes, dict[bytes, bytes]]:
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            self._feed(ends)
            if len(self.buffer) > MOST_HEAD:
                raise OSError("head of the answer too long")
        lines = self.buffer[:end].split(b"\r\n")
        self.buffer = self.buffer[end + 4 :]
        version, _, rest = lines[0].partition(b" ")
        if not version.startswith(b"HTTP/1."):
            raise OSError("not HTTP")
        pairs = (line.partition(b":") for line in lines[1:])
        return int(rest[:3]), version, {n.strip().lower(): text.strip() for n, _, text in pairs}

    def _feed(self, ends: float) -> None:
        chunk = self.more(ends)
        if not chunk:
            raise OSError("connection ended before the answer")
        self.buffer += chunk

    def _exactly(self, length: int, ends: float) -> bytes:
        if not 0 <= length <= MOST_BYTES:
            raise OSError("answer too long")
        chunks, have = [self.buffer], len(self.buffer)
        while have < length:
            chunk = self.more(ends)
            if not chunk:
                raise OSError("answer cut short")
            chunks.append(chunk)
            have += len(chunk)
        whole = b"".join(chunks)
        self.buffer = whole[length:]
        return whole[:length]

    def _line(self, ends: float) -> bytes:
        while (end := self.buffer.find(b"\r\n")) < 0:
            self._feed(ends)
        line, self.buffer = self.buffer[:end], self.buffer[end + 2 :]
        return line

    def _chunked(self, ends: float) -> bytes:
        whole = bytearray()
        while size := int(self._line(ends).split(b";")[0], 16):
            whole += self._exactly(size, ends)
            if len(whole) > MOST_BYTES or self._line(ends):
                raise OSError("answer too long, or its chunks are broken")
        while self._line(ends):
            """Trailers say nothing to us."""
        return bytes(whole)

    def _to_the_end(self, ends: float) -> bytes:
        whole = bytearray(self.buffer)
        while chunk := self.more(ends):
            whole += chunk
            if len(whole) > MOST_BYTES:
                raise OSError("answer too long")
        return bytes(whole)


class Wire:
    """Thread-safe; idle connections are kept for whoever asks next. `limit`: seconds for it all."""

    def __init__(self, url: str, limit: float) -> None:
        parts = urlsplit(url)
        self._secure = ssl.create_default_context() if parts.scheme == "https" else None
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or (443 if self._secure else 80)
        self._target = f"{parts.path or '/'}?{parts.query}{'&' if parts.query else ''}"
        self._headers = (
            f" HTTP/1.1\r\nHost: {parts.netloc.rpartition('@')[2]}\r\n"
            "User-Agent: Mozilla/4.0\r\nAccept: */*\r\nPragma: no-cache\r\n"
        )
        self._limit = limit
        self._kept: list[_Connection] = []

    def get(self, query: Mapping[str, str]) -> Answer:
        return self._exchange(f"GET {self._target}{encoded(query)}{self._headers}\r\n".encode())

    def post(self, query: Mapping[str, str], body: bytes) -> Answer:
        head = (
            f"POST {self._target}{encoded(query)}{self._headers}"
            f"Content-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return self._exchange(head.encode() + body)

    def close(self) -> None:
        """Closes what is idle."""
        while self._kept:
            with suppress(IndexError):
                self._kept.pop().sock.close()

    def _exchange(self, request: bytes) -> Answer:
        """Raises NoAnswer."""
        ends = time.monotonic() + self._limit
        connection, keep = self._connection(ends), False
        try:
            connection.sock.settimeout(_left(ends))
            connection.sock.sendall(request)
            answer, keep = connection.answer(ends)
        except TimeoutError:
            raise NoAnswer("time-out", late=True, alarm=REQUEST_LATE) from None
        except (OSError, ValueError) as error:
            raise NoAnswer(f"{type(error).__name__}: {error}") from None
        finally:
            if keep:
                self._kept.append(connection)
            else:
                connection.sock.close()
        return answer

    def _connection(self, ends: float) -> _Connection:
        """One that is idle and still open, else a new one. Raises NoAnswer."""
        with suppress(IndexError):
            while True:
                kept = self._kept.pop()
                if not kept.stale():
                    return kept
                kept.sock.close()
        try:
            return _Connection(self._connected(ends))
        except socket.gaierror as error:
            busy = error.errno == socket.EAI_AGAIN
            raise NoAnswer("no such host", busy, DNS_LATE if busy else DNS_FAILED) from None
        except TimeoutError:
            raise NoAnswer("no connection in time", late=True, alarm=CONNECT_LATE) from None
        except OSError as error:
            raise NoAnswer(type(error).__name__, alarm=CONNECT_LATE) from None

    def _connected(self, ends: float) -> socket.socket:
        sock = socket.create_connection((self._host, self._port), _left(ends))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._secure is None:
            return sock
        try:
            return self._secure.wrap_socket(sock, server_hostname=self._host)
        except OSError:
            sock.close()
            raise


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
