"""Many POSTs at once from one thread: libcurl's multi interface, or threads where it is missing.

Both have one shape: `start` up to the agreed number of requests, then collect `finished` ones.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Protocol

from bot.errors import GatewayDown, GatewayError, OutcomeUnknown
from bot.wechat.transport import (
    CONNECT_S,
    JSON,
    MAX_RESPONSE,
    TIMEOUT_S,
    PooledTransport,
    Response,
)

Outcome = Response | GatewayError
Finished = list[tuple[Any, Outcome]]


class Fanout(Protocol):
    """Not safe for threads: one belongs to one sender."""

    busy: int

    def start(self, tag: Any, url: str, body: bytes) -> None: ...
    def finished(self, wait_s: float) -> Finished: ...
    def close(self) -> None: ...


class Fanouts:
    """Fan-outs kept between runs, with their connections: a campaign sends in many batches, and a
    connection costs a TLS handshake. Safe for threads; each borrower has one alone."""

    def __init__(self, make: Callable[[int], Fanout] | None = None) -> None:
        self._make = make or fanout
        self._idle: list[tuple[int, Fanout]] = []
        self._lock = threading.Lock()

    @contextmanager
    def borrowed(self, concurrency: int) -> Iterator[Fanout]:
        """One for `concurrency` requests. Given back with requests in flight, it is closed."""
        fan = self._taken(concurrency) or self._make(concurrency)
        try:
            yield fan
        finally:
            if fan.busy:
                fan.close()
            else:
                with self._lock:
                    self._idle.append((concurrency, fan))

    def _taken(self, concurrency: int) -> Fanout | None:
        with self._lock:
            for item in self._idle:
                if item[0] == concurrency:
                    self._idle.remove(item)
                    return item[1]
        return None

    def close(self) -> None:
        with self._lock:
            while self._idle:
                self._idle.pop()[1].close()


def fanout(concurrency: int) -> Fanout:
    """The best one that this installation has."""
    try:
        return CurlFanout(concurrency)
    except ImportError:
        return ThreadFanout(concurrency)


class CurlFanout:
    """Easy handles are reused, and with them their connections."""

    def __init__(self, concurrency: int, timeout_s: float = TIMEOUT_S) -> None:
        import pycurl

        self._curl = pycurl
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, concurrency)
        self._free = [self._handle(timeout_s) for _ in range(concurrency)]
        self._all = tuple(self._free)
        self.busy = 0

    def _handle(self, timeout_s: float) -> Any:
        import certifi

        curl = self._curl
        handle = curl.Curl()
        handle.setopt(curl.POST, 1)
        handle.setopt(curl.HTTPHEADER, [f"Content-Type: {JSON}", "Expect:"])
        handle.setopt(curl.HTTP_VERSION, curl.CURL_HTTP_VERSION_1_1)
        handle.setopt(curl.NOSIGNAL, 1)
        handle.setopt(curl.CONNECTTIMEOUT_MS, int(CONNECT_S * 1000))
        handle.setopt(curl.TIMEOUT_MS, int(timeout_s * 1000))
        handle.setopt(curl.FOLLOWLOCATION, 0)
        handle.setopt(curl.MAXFILESIZE, MAX_RESPONSE)
        handle.setopt(curl.MAXAGE_CONN, 30)  # idle longer, a connection may be gone unnoticed
        handle.setopt(curl.CAINFO, certifi.where())
        handle.setopt(curl.PROXY, "")
        return handle

    def start(self, tag: Any, url: str, body: bytes) -> None:
        handle = self._free.pop()
        handle.tag, handle.answer = tag, BytesIO()
        handle.setopt(self._curl.URL, url)
        # The body is read from a stream that cannot be rewound, not given as POSTFIELDS: libcurl
        # repeats a POST by itself when a reused connection ends without an answer, and the message
        # would arrive twice.
        handle.setopt(self._curl.POSTFIELDSIZE, len(body))
        handle.setopt(self._curl.READFUNCTION, BytesIO(body).read)
        handle.setopt(self._curl.WRITEDATA, handle.answer)
        self._multi.add_handle(handle)
        self.busy += 1

    def finished(self, wait_s: float) -> Finished:
        """Those that ended; waits up to `wait_s` for the first."""
        self._perform()
        done = self._collected()
        if not done and self.busy:
            timer_ms = self._multi.timeout()  # libcurl's own next deadline, -1 for none
            self._multi.select(min(wait_s, timer_ms / 1000) if timer_ms >= 0 else wait_s)
            self._perform()
            done = self._collected()
        return done

    def _perform(self) -> None:
        while self._multi.perform()[0] == self._curl.E_CALL_MULTI_PERFORM:
            pass

    def _collected(self) -> Finished:
        done: Finished = []
        more = 1
        while more:
            more, worked, broken = self._multi.info_read()
            for handle in worked:
                status = handle.getinfo(self._curl.RESPONSE_CODE)
                done.append((handle.tag, Response(status, handle.answer.getvalue())))
                self._release(handle)
            for handle, number, _ in broken:
                sent = handle.getinfo(self._curl.REQUEST_SIZE) > 0
                done.append((handle.tag, _lost(number, sent)))
                self._release(handle)
        return done

    def _release(self, handle: Any) -> None:
        self._multi.remove_handle(handle)
        handle.tag = handle.answer = None
        self._free.append(handle)
        self.busy -= 1

    def close(self) -> None:
        for handle in self._all:
            if handle not in self._free:
                self._multi.remove_handle(handle)
            handle.close()
        self._multi.close()


def _lost(number: int, sent: bool) -> GatewayError:
    """`sent`: at least one byte of the request left. `number` is libcurl's, safe to show."""
    if sent:
        return OutcomeUnknown(None, f"no answer: curl {number}")
    return GatewayDown(None, f"no connection to the platform: curl {number}")


class ThreadFanout:
    """The same with urllib3, one thread for each request in flight."""

    def __init__(self, concurrency: int, timeout_s: float = TIMEOUT_S) -> None:
        self._transport = PooledTransport(concurrency)
        self._timeout_s = timeout_s
        self._work: queue.SimpleQueue[tuple[Any, str, bytes] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Any, Outcome]] = queue.SimpleQueue()
        self._threads = [_started(self._run) for _ in range(concurrency)]
        self.busy = 0

    def _run(self) -> None:
        while (item := self._work.get()) is not None:
            tag, url, body = item
            try:
                outcome: Outcome = self._transport.post(url, body, self._timeout_s)
            except GatewayError as error:
                outcome = error
            self._done.put((tag, outcome))

    def start(self, tag: Any, url: str, body: bytes) -> None:
        self.busy += 1
        self._work.put((tag, url, body))

    def finished(self, wait_s: float) -> Finished:
        done: Finished = []
        try:
            while self.busy:
                done.append(self._done.get(block=not done, timeout=wait_s))
                self.busy -= 1
        except queue.Empty:
            pass
        return done

    def close(self) -> None:
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join()
        self._transport.close()


def _started(run: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=run, name="wechat-send", daemon=True)
    thread.start()
    return thread
