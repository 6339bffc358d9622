"""Serves a sandbox until SIGTERM or SIGINT."""

from __future__ import annotations

import os

from granian import Granian
from granian.constants import Interfaces

from bot.sandbox.config import VARIABLE, SandboxConfig

THREADS = 64  # hanging calls hold one each


def serve(config: SandboxConfig) -> None:
    """Blocks. One worker process: the world is in its memory; the parent watches it."""
    os.environ[VARIABLE] = config.to_json()
    try:
        Granian(
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
        ).serve()
    finally:
        del os.environ[VARIABLE]
