"""A platform and its HTTP application, replaced together when the world is made new."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

from bot.sandbox.config import SandboxConfig
from bot.sandbox.platform import Platform
from bot.sandbox.web.app import create_app
from bot.sandbox.web.control import RESET

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Stage:
    """A WSGI application. `POST /sandbox/reset` plays the same config from its beginning.

    Requests under way end in the old world, which is stopped when the new one answers.
    """

    def __init__(self, config: SandboxConfig) -> None:
        self._config = config
        self._changing = threading.Lock()
        self.platform, self.app = self._made()

    def _made(self) -> tuple[Platform, Flask]:
        platform = Platform(self._config)
        app = create_app(platform)
        app.config[RESET] = self.reset
        return platform, app

    def start(self) -> None:
        self.platform.start()

    def reset(self) -> None:
        with self._changing:
            old = self.platform
            old.world.ledger.close()  # the new world writes the same file anew
            self.platform, self.app = self._made()
            self.platform.start()
        old.stop()

    def stop(self) -> None:
        self.platform.stop()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.app(environ, start_response)
