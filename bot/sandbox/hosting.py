"""Where the sandbox of a test lives: in this process, or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from bot.sandbox.config import VARIABLE, Limits, SandboxConfig, Switches
from bot.sandbox.inprocess import WsgiWire
from bot.sandbox.platform import Platform
from bot.sandbox.testing import CallbackNotVerified, Fields, Sandbox
from bot.sandbox.web.control_plane import verified
from bot.sandbox.web.stage import Stage

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# What opens nothing but a sandbox.
ACCOUNT = {
    "appid": "wx5a4db0c500000001",
    "appsecret": "5a4db0c55a4db0c55a4db0c55a4db0c5",
    "token": "sandboxtoken",
    "aes_key": "sandboxsandboxsandboxsandboxsandboxsandbox0",
}
Part = TypeVar("Part", Limits, Switches)
START_SECONDS = 30.0
STOP_SECONDS = 10.0
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def config_of(
    limits: Limits | Mapping[str, Any] | None = None,
    switches: Switches | Mapping[str, Any] | None = None,
    population: int = 0,
    **fields: Any,
) -> SandboxConfig:
    """A config for tests: any of its fields, the rest made up.

    population  people who live on their own; they want a `start`, so that a run can be repeated
    limits      on the wall clock nothing is waited for that need not be

    Raises TypeError for a field that is none, SettingsError for a value that no account can have.
    """
    if population and not fields.get("start"):
        raise TypeError("wechat_sandbox: a population wants a start: it lives on virtual time")
    quick = {} if fields.get("start") else {"retry_gap": 0.0, "job_delay": 0.0}
    return SandboxConfig(
        **{
            "callback_url": "",
            "port": 0,
            **ACCOUNT,
            **({"people": "life"} if population else {}),
            **fields,
            "followers": population,
            "limits": limits
            if isinstance(limits, Limits)
            else Limits(**{**quick, **(limits or {})}),
            "switches": switches
            if isinstance(switches, Switches)
            else Switches(**(switches or {})),
        }
    )


def _made(
    kind: type[Part], given: Part | Mapping[str, Any] | None, usual: Mapping[str, Any]
) -> Part:
    """The thing itself, or made of what is named of it."""
    if isinstance(given, kind):
        return given
    return kind(**{**usual, **(given or {})})  # type: ignore[dict-item]


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """A test's output is its own."""


class _Served:
    """A WSGI program on a free port of this machine, answered by threads."""

    def __init__(self, program: WSGIApplication) -> None:
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", 0, program, threaded=True, request_handler=_Quiet
        )
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), name="served", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(STOP_SECONDS)


class LocalSandbox(Sandbox):
    """In this process. The API is served on a free port, since every SDK speaks HTTP."""

    def __init__(self, followers: int = 0, **fields: Any) -> None:
        super().__init__(config_of(**fields), followers)
        self._ends = ExitStack()

    def __enter__(self) -> LocalSandbox:
        super().__enter__()
        return self

    @property
    def platform(self) -> Platform:
        """The present world's, for what no control call tells."""
        return self._stage.platform

    def _start(self) -> None:
        served = _Served(lambda environ, start: self._stage(environ, start))
        self._ends.callback(served.stop)
        self.url = served.url
        # The addresses that the platform gives out name its port.
        self.config = replace(self.config, port=served.port)
        self._stage = Stage(self.config)
        self._ends.callback(self._stage.stop)
        self._stage.start()
        if self.virtual:
            self.platform.run(0)  # it has begun before a program is connected

    def _stop(self) -> None:
        self._ends.close()

    def _ask(self, method: str, path: str, fields: Fields) -> tuple[int, Any]:
        client = self._stage.app.test_client()
        given: dict[str, Any] = {"query_string" if method == "GET" else "json": fields}
        answer = client.open(path, method=method, **given)
        return answer.status_code, answer.get_json(silent=True) or {}

    def mount(self, program: WSGIApplication, path: str = "/") -> None:
        """Pushes call this WSGI program from now on, without a network.

        It has to answer the verification, as for `connect`. Raises CallbackNotVerified.
        """
        limit = 0.0 if self.virtual else self.config.limits.answer
        self.platform.pusher.connect(WsgiWire(program, limit, path))
        if not verified(self.platform, 0.0):
            raise CallbackNotVerified(f"the mounted program at {path}", self.token)
        self._way = lambda: self.mount(program, path)


class SandboxServer(Sandbox):
    """`hongyan sandbox` in a process of its own, on a free port that it chooses."""

    def __init__(self, followers: int = 0, **fields: Any) -> None:
        super().__init__(config_of(**fields), followers)

    def __enter__(self) -> SandboxServer:
        super().__enter__()
        return self

    def _start(self) -> None:
        environment = {**os.environ, VARIABLE: self.config.to_json()}
        ours = ["--parent", str(os.getpid())]  # it ends with us, however we end
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bot", "sandbox", "--from-environment", *ours],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = _within(START_SECONDS, self._process.stdout.readline, self._process.kill)  # type: ignore[union-attr]
        if not line:
            self._stop()
            raise RuntimeError("the sandbox ended before it listened; its words stand above")
        self.url = json.loads(line)["url"]

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _ask(self, method: str, path: str, fields: Fields) -> tuple[int, Any]:
        if method == "GET":
            asked = urllib.request.Request(f"{self.url}{path}?{urllib.parse.urlencode(fields)}")
        else:
            kind = {"Content-Type": "application/json"}
            asked = urllib.request.Request(self.url + path, json.dumps(fields).encode(), kind)
        try:
            with _direct.open(asked) as answer:
                return 200, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"{}")


def _within(seconds: float, read: Callable[[], str], give_up: Callable[[], None]) -> str:
    """What `read` gives; after so many seconds `give_up` makes it end."""
    timer = threading.Timer(seconds, give_up)
    timer.start()
    try:
        return read()
    finally:
        timer.cancel()
