"""The demo's processes: started with their own log files, waited for, ended together."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from bot.errors import HongyanError

_direct = build_opener(ProxyHandler({}))  # loopback never goes through a proxy


class DemoFailed(HongyanError):
    """A process of the demo ended or never came up; the message says which and why."""


class Child:
    """A `hongyan` command in a process of its own; its output goes to `folder`/NAME.log."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        env: Mapping[str, str],
        folder: Path,
        *,
        nice: int = 0,
    ) -> None:
        self.name = name
        self.nice = nice
        self.arguments = [sys.executable, "-m", "bot", *arguments]
        self.env = dict(env)
        self.log = folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        # A session of its own: Ctrl-C reaches us alone, and we end the children in order.
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.arguments,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        if self.nice:
            os.setpriority(os.PRIO_PROCESS, self.process.pid, self.nice)

    def check(self) -> None:
        """Raises DemoFailed when the process is not running any more."""
        if self.process is None or self.process.poll() is not None:
            raise DemoFailed(f"{self.name} ended early: {self._last_words()}")

    def wait_until_up(self, url: str, seconds: float = 30) -> None:
        """Raises DemoFailed when `url` does not answer in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.check()
            try:
                with _direct.open(url, timeout=2):
                    return
            except (URLError, OSError):
                time.sleep(0.05)
        raise DemoFailed(f"{self.name} did not answer at {url} in {seconds:.0f} s")

    def stop(self, seconds: float = 10) -> None:
        """End it in order, or by force when it does not."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End it, and all it started, at this instant."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][-300:] if lines else "it said nothing"


def get_json(url: str, timeout: float = 10) -> Any:
    with _direct.open(url, timeout=timeout) as answer:
        return json.load(answer)


def post_json(url: str, document: Any = None, timeout: float = 60) -> Any:
    body = json.dumps(document or {}).encode()
    request = Request(url, body, {"Content-Type": "application/json"}, method="POST")
    with _direct.open(request, timeout=timeout) as answer:
        return json.load(answer)
