"""The kinds of tasks, and what does each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.background.desk import Desk

Work = Callable[[Desk], dict[str, Any]]


@dataclass(frozen=True)
class Kind:
    """`work` gives what the task's page shows, without personal data. `long`: minutes, so that
    it is done beside those that take seconds, not before them."""

    work: Work
    long: bool = False


KINDS: dict[str, Kind] = {}
