"""What the server's worker process imports: the config comes by the environment."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress

from bot.sandbox import tls
from bot.sandbox.config import SandboxConfig
from bot.sandbox.web.server import ANNOUNCE
from bot.sandbox.web.stage import Stage

LOOK_SECONDS = 0.02


def _end_with_parent(parent: int) -> None:
    """A killed parent cannot tell its worker to end: the worker looks for itself."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)


def _announce(config: SandboxConfig) -> None:
    """Once somebody can connect: the line is what a caller waits for. `pid` is the parent's."""
    while True:
        with suppress(OSError), socket.create_connection((config.host, config.port), timeout=1):
            break
        time.sleep(LOOK_SECONDS)
    url = f"http://{config.host}:{config.port}"
    sys.stdout.write(json.dumps({"url": url, "port": config.port, "pid": os.getppid()}) + "\n")
    sys.stdout.flush()


logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
_config = SandboxConfig.from_env(os.environ)
application = Stage(_config)
_tls = tls.beside(_config, application)
application.start()
if ANNOUNCE in os.environ:
    threading.Thread(target=_announce, args=(_config,), daemon=True).start()
