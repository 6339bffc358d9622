"""Long work of the console: asked for on a page, done by the scheduler, there when one comes back.

A task that was begun by a process that died is begun again, from the start: every kind must bear
that. What it is about (a file) and what it makes (a file) is kept sealed, for a week.
"""

from __future__ import annotations

from bot.background.desk import Closing, Desk, Stopped, closing
from bot.background.running import FORGOTTEN_AFTER, ask, forget, run_long, run_short

__all__ = [
    "FORGOTTEN_AFTER",
    "Closing",
    "Desk",
    "Stopped",
    "ask",
    "closing",
    "forget",
    "run_long",
    "run_short",
]
