"""What counts as an answer on the wire, and when a connection is used again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from bot.sandbox.wire import Answer, NoAnswer, Wire

Serving = Callable[..., Wire]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess"


class RawServer:
    """Answers each request with the next of these bytes, then closes the connection.

    `keep`: it stays open for the next request.
    """

    def __init__(self, answers: list[bytes], keep: bool) -> None:
        self.answers, self.keep = answers, keep
        self.requests: list[bytes] = []
        self.connections = 0
        self.closed = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/wx?v=1"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while self.answers:
                there, _ = self._listening.accept()
                self.connections += 1
                with there:
                    self._converse(there)
                self.closed.set()

    def _converse(self, there: socket.socket) -> None:
        while self.answers and (asked := there.recv(65536)):
            self.requests.append(asked)
            there.sendall(self.answers.pop(0))
            if not self.keep:
                return

    def stop(self) -> None:
        self.answers.clear()
        self._listening.close()


@pytest.fixture
def serving() -> Iterator[Callable[..., tuple[Wire, RawServer]]]:
    made: list[tuple[Wire, RawServer]] = []

    def start(*answers: bytes, keep: bool = False) -> tuple[Wire, RawServer]:
        server = RawServer(list(answers), keep)
        made.append((Wire(server.url, 2.0), server))
        return made[-1]

    yield start
    for wire, server in made:
        wire.close()
        server.stop()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(OK, Answer(200, b"success"), id="with a length"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nsuccess", Answer(200, b"success"), id="to its end"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nsuc\r\n4;x=y\r\ncess\r\n0\r\nT: 1\r\n\r\n",
            Answer(200, b"success"),
            id="in chunks, with a trailer",
        ),
        pytest.param(
            b"HTTP/1.1 100 Continue\r\n\r\n" + OK, Answer(200, b"success"), id="after 100"
        ),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", Answer(204, b""), id="204 has no body"),
        pytest.param(
            b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
            Answer(302, b""),
            id="a redirect is an answer",
        ),
    ],
)
def test_what_is_an_answer(serving, answer, expected):
    wire, server = serving(answer)
    assert wire.post({"nonce": "1", "openid": "o 林"}, b"<xml/>") == expected
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /wx?v=1&nonce=1&openid=o+%E6%9E%97 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"Content-Length: 6" in head
    assert body == b"<xml/>"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"SSH-2.0-x\r\n\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsucc", id="a body cut short"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", id="a head cut short"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", id="a length in words"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\n", id="too long"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="broken chunks"
        ),
    ],
)
def test_what_is_none(serving, answer):
    wire, _ = serving(answer)
    with pytest.raises(NoAnswer) as refused:
        wire.get({})
    assert not refused.value.late
    assert refused.value.alarm == "回应失败"


def test_a_connection_is_used_again(serving):
    wire, server = serving(OK, OK, OK, keep=True)
    assert [wire.get({}).body for _ in range(3)] == [b"success"] * 3
    assert server.connections == 1


def test_a_connection_that_the_program_closed_is_not_used_again(serving):
    """Nothing is sent into it: a push that fails there would not be known to be undelivered."""
    wire, server = serving(OK, OK)
    wire.get({})
    assert server.closed.wait(5)
    assert wire.get({}).body == b"success"
    assert server.connections == 2


def test_a_connection_that_is_said_to_close_is_not_kept(serving):
    closing = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    wire, server = serving(closing, OK, keep=True)
    wire.get({})
    wire.get({})
    assert server.connections == 2
