"""A run through days of virtual time, and what came of it in a few numbers."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.errors import SettingsError
from bot.sandbox import ledger
from bot.sandbox.config import SandboxConfig
from bot.sandbox.crowd import truth
from bot.sandbox.platform import Platform

DAY_SECONDS = 86_400
VERIFIED_WITHIN = 30.0  # real seconds
KEPT = 500  # records of a kind in memory: the file has all; no traffic for pages either
OUTCOMES = ("pushes", "answered", "silent", "unsent", "failed")  # of a push
Told = Callable[[datetime], None]


def live(platform: Platform, days: float, told: Told | None = None) -> dict[str, Any]:
    """Starts the platform and lives through `days`, telling `told` of each hour. The summary.

    Raises SettingsError where the program under test does not answer the verification.
    """
    began = time.monotonic()
    platform.start()
    if not platform.pusher.nobody and not platform.pusher.verified.wait(VERIFIED_WITHIN):
        raise SettingsError("callback: does not answer the verification")
    platform.run(days * DAY_SECONDS, told)
    return {**summary(platform), "days": days, "seconds": round(time.monotonic() - began, 1)}


def summary(platform: Platform) -> dict[str, Any]:
    """The counts so far; peak_mb is this process's."""
    state = platform.state()
    acts, story, calls = state["acts"], state["story"], state["callbacks"]
    return {
        "people": story["people"],
        "subscribed": state["subscribed"],
        "follows": acts.get("follow", 0),
        "unfollows": acts.get("unfollow", 0),
        "messages": acts.get("message", 0),
        "callbacks": {name: calls[name] for name in OUTCOMES},
        "received": story.get("received", {}),
        "taps": acts.get("tap", 0),
        "claims": acts.get("claim", 0),
        "redemptions": story.get("redeemed", 0),
        "purchases": acts.get("purchase", 0),
        "opt_outs": story.get("tired", {}).get("opts_out", 0),
        "now": state["now"],
        "peak_mb": peak_mb(),
    }


def peak_mb() -> float:
    """The most memory that this program held at once."""
    with suppress(OSError):
        # On Linux getrusage keeps the peak of whoever started us, from before we became ourselves.
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) * 1024 / 1e6, 1)
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6, 1)


def write_truth(path: Path, config: SandboxConfig) -> int:
    """The people, and of a run with a ledger file what each received offer did. How many lines."""
    records = ledger.read(config.ledger_path) if config.ledger_path else ()
    with path.open("w", encoding="utf-8") as file:
        return truth.write(file, config, records)


@contextmanager
def stopping(platform: Platform) -> Iterator[Platform]:
    """Whatever happens, the platform is stopped and its ledger closed."""
    try:
        yield platform
    finally:
        platform.stop()
