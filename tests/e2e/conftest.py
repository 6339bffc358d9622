"""Real processes on free ports of this machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.measure import Server, serving
from tests.conftest import KEY


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Settings of a bot of its own, playing the development account."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("HONGYAN_")},
        "HONGYAN_DATABASE_URL": f"sqlite:///{tmp_path}/hongyan.db",
        "HONGYAN_VAR": str(tmp_path),
        "HONGYAN_SECRET_KEYS": KEY,
        "HONGYAN_WECHAT_API_URL": "http://127.0.0.1:9",
        "HONGYAN_PORT": str(free_port()),
        "HONGYAN_SCHEDULER": "off",
        "HONGYAN_LOG_LEVEL": "warning",
    }


Serve = Callable[..., Server]


@pytest.fixture
def serve(environment: dict[str, str], tmp_path: Path) -> Iterator[Serve]:
    """`hongyan serve` with the given arguments, ended after the test."""
    with ExitStack() as stack:

        def start(*arguments: str, **settings: str) -> Server:
            env = {**environment, **settings}
            return stack.enter_context(
                serving(
                    ["bot", "serve", *arguments],
                    int(env["HONGYAN_PORT"]),
                    env,
                    tmp_path / "bot.log",
                )
            )

        yield start
