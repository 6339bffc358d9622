"""Serves a sandbox until SIGTERM or SIGINT."""

from __future__ import annotations

import os
import socket
from dataclasses import replace

from granian import Granian
from granian.constants import Interfaces

from bot.sandbox.config import VARIABLE, SandboxConfig

THREADS = 64  # hanging calls hold one each
ANNOUNCE = "HONGYAN_SANDBOX_ANNOUNCE"  # tells the worker to say where it listens


def serve(config: SandboxConfig) -> None:
    """Blocks. One worker process: the world is in its memory; the parent watches it.

    With port 0 it takes a free one and prints a line of JSON: {"url", "port", "pid"}.
    """
    announce = config.port == 0
    if announce:
        config = replace(config, port=_free_port(config.host))
        # The worker tells: a thread of ours would hold import locks while granian forks.
        os.environ[ANNOUNCE] = "1"
    os.environ[VARIABLE] = config.to_json()
    server = Granian(
        "bot.sandbox.web.wsgi:application",
        address=config.host,
        port=config.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backpressure=THREADS * 4,
        websockets=False,
        log_enabled=False,
        workers_kill_timeout=5,
    )
    try:
        server.serve()
    finally:
        del os.environ[VARIABLE]
        os.environ.pop(ANNOUNCE, None)


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])
