"""What the server's worker process imports: the config comes by the environment."""

from __future__ import annotations

import logging
import os

from bot.sandbox.app import create_app
from bot.sandbox.config import SandboxConfig
from bot.sandbox.platform import Platform

logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")

_platform = Platform(SandboxConfig.from_env(os.environ))
application = create_app(_platform)
_platform.start()
