"""The real process: it answers, cuts connections on demand, and ends cleanly."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from bot.sandbox.config import VARIABLE
from tests.bot.sandbox.conftest import a_config

pytestmark = pytest.mark.slow
PROGRAM = (
    "import os;from bot.sandbox.config import SandboxConfig;"
    "from bot.sandbox.web.server import serve;"
    "serve(SandboxConfig.from_env(os.environ))"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    env = {**os.environ, VARIABLE: a_config(port=port).to_json()}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], env=env)
    url = f"http://127.0.0.1:{port}"
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        try:
            ask(f"{url}/sandbox/state")
            break
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    yield process, url
    process.kill()
    process.wait(5)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_it_answers_and_ends_cleanly(server, how):
    process, url = server
    fields = {
        "grant_type": "client_credential",
        "appid": "wxsandbox00000001",
        "secret": "secret-of-the-sandbox",
    }
    token = ask(f"{url}/cgi-bin/stable_token", fields)["access_token"]
    called = f"{url}/cgi-bin/user/get?access_token={token}"
    assert ask(called)["total"] == 0
    ask(f"{url}/sandbox/fault", {"path": "/cgi-bin/user/get", "kind": "cut"})
    with pytest.raises((OSError, http.client.HTTPException)):  # reset, or ended halfway
        ask(called)
    assert ask(called)["total"] == 0
    process.send_signal(how)
    assert process.wait(10) == 0


def test_with_port_0_it_tells_where_it_listens():
    env = {**os.environ, VARIABLE: a_config(port=0, callback_url="").to_json()}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], env=env, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        with process.stdout:
            told = json.loads(process.stdout.readline())
            assert (told["url"], told["pid"]) == (f"http://127.0.0.1:{told['port']}", process.pid)
            assert ask(f"{told['url']}/sandbox/state")["followers"] == 0
            process.terminate()
            assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait(5)
