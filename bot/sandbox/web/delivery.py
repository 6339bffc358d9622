"""An answer on its way to the program: as it should be, or as a fault wants it.

A server that is told of a connection error while it sends drops the connection. Granian tells
nothing of its sockets: there a reset is a connection that ends without a byte, as a drop is.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from flask import Response

from bot.sandbox.gateway import Outcome

MISSING = 10  # bytes that a Content-Length promises too many
PIECES = 50  # of a dripping answer, at most


def response(outcome: Outcome, environ: dict[str, Any]) -> Response:
    """Blocks while a call hangs, or is never to be answered."""
    time.sleep(outcome.hang + (outcome.seconds if outcome.way == "silence" else 0.0))
    whole = not outcome.way or outcome.way == "slow_drip"
    body = outcome.body if not outcome.way else chunks(outcome, environ)
    made = Response(body, outcome.status, content_type=outcome.content_type)
    made.content_length = len(outcome.body) + (0 if whole else MISSING)
    if outcome.name:
        made.headers["Content-disposition"] = f'attachment; filename="{outcome.name}"'
    return made


def chunks(outcome: Outcome, environ: dict[str, Any]) -> Iterator[bytes]:
    """The body in pieces. Raises ConnectionAbortedError where the connection is to end."""
    if outcome.way == "slow_drip":
        yield from _dripping(outcome)
        return
    if outcome.way == "reset":
        _resetting(environ)
    elif outcome.way == "cut":
        yield outcome.body[:1]
    elif outcome.way == "wrong_length":
        yield outcome.body
    if outcome.way in ("silence", "drop", "reset") and environ.get("SERVER_SOFTWARE") == "Granian":
        yield b" "  # too short by far: it drops the connection before it has sent the head
        return
    _ending(environ)
    raise ConnectionAbortedError(f"fault: {outcome.way}")


def _dripping(outcome: Outcome) -> Iterator[bytes]:
    size = -(-len(outcome.body) // PIECES) or 1
    pieces = [outcome.body[at : at + size] for at in range(0, len(outcome.body), size)]
    for piece in pieces:
        time.sleep(outcome.seconds / len(pieces))
        yield piece


def _ending(environ: dict[str, Any]) -> None:
    """Ends this connection where the server shows its socket, with what was sent until now.

    A server that has sent no head yet would keep it open for the client's next request.
    """
    sock = environ.get("werkzeug.socket")
    if isinstance(sock, socket.socket):
        with suppress(OSError):  # reset already, or the client has gone
            sock.shutdown(socket.SHUT_RDWR)


def _resetting(environ: dict[str, Any]) -> None:
    """Resets this connection, where the server shows its socket."""
    sock = environ.get("werkzeug.socket")
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Closed here: the server would say an orderly goodbye first. It is left with another
        # socket of the same number, at its end: what it still does there harms nobody.
        here, there = socket.socketpair()
        with here, there:
            os.dup2(here.fileno(), sock.fileno())
