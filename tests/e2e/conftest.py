"""Real processes on free ports of this machine."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from benchmarks.measure import Server, serving
from bot.sandbox.config import SandboxConfig
from bot.sandbox.platform import Platform
from bot.sandbox.web.app import create_app
from bot.settings import DEVELOPMENT
from tests.conftest import KEY, NewDatabase


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def environment(tmp_path: Path, fresh_sqlite: NewDatabase) -> dict[str, str]:
    """Settings of a bot of its own, playing the development account."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("HONGYAN_")},
        "HONGYAN_DATABASE_URL": fresh_sqlite(tmp_path),
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


Hongyan = Callable[..., str]


@pytest.fixture
def hongyan(environment: dict[str, str], tmp_path: Path) -> Hongyan:
    """Runs one command of the product; its output. `document` becomes the last argument's file."""

    def command(*arguments: str, document: object = None) -> str:
        words = list(arguments)
        if document is not None:
            file = tmp_path / "document.json"
            file.write_text(json.dumps(document, ensure_ascii=False))
            words.append(str(file))
        ended = subprocess.run(
            [sys.executable, "-m", "bot", *words],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return command


@contextmanager
def played(environment: dict[str, str], **config: Any) -> Iterator[Platform]:
    """A platform in this process, served on a free port that `environment` is told.

    The caller starts it, once the bot is up.
    """
    port = free_port()
    account = {name.lower(): value for name, value in DEVELOPMENT.items()}
    callback = f"http://127.0.0.1:{environment['HONGYAN_PORT']}/wechat/default"
    playing = Platform(SandboxConfig(**account, callback_url=callback, port=port, **config))
    environment["HONGYAN_WECHAT_API_URL"] = f"http://127.0.0.1:{port}"
    server = make_server("127.0.0.1", port, create_app(playing), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield playing
    playing.stop()
    server.shutdown()
    thread.join()
    server.server_close()
