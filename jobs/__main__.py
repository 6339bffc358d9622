"""The scheduler in its own process: `hongyan scheduler`, or `python -m jobs`."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

from bot import log
from bot.build import build
from bot.settings import Settings
from handlers import router
from jobs.scheduler import Leader


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    settings = Settings.from_env(os.environ)
    log.configure(settings.log_level, settings.log_format, settings.secrets())
    leader = Leader(build(settings), router.dispatch)
    ended = threading.Event()

    def end(signum: int, frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    leader.start()
    ended.wait()
    leader.stop()


if __name__ == "__main__":
    main()
