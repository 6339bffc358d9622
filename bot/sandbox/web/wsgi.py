"""What the server's worker process imports: the config comes by the environment."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time

from bot.sandbox.config import SandboxConfig
from bot.sandbox.platform import Platform
from bot.sandbox.web.app import create_app


def _end_with_parent(parent: int) -> None:
    """A killed parent cannot tell its worker to end: the worker looks for itself."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)


logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
_platform = Platform(SandboxConfig.from_env(os.environ))
application = create_app(_platform)
_platform.start()
