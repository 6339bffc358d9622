"""Composition root of a web process: settings -> services -> Flask app -> WSGI `application`.

`hongyan serve` runs it under granian; any WSGI server can: `gunicorn wsgi:application`.
"""

from __future__ import annotations

import os
from multiprocessing.util import Finalize

from bot import log
from bot.app import create_app
from bot.build import build
from bot.settings import Settings
from bot.store import accounts
from handlers import router
from jobs.scheduler import Leader

settings = Settings.from_env(os.environ)
log.configure(settings.log_level, settings.log_format, settings.secrets())
services = build(settings)
for account_id in accounts.ids():  # dictionaries and models now rather than under a first message
    services.understand("你好", account_id)
application = create_app(services, router.dispatch, router.quick)

if settings.scheduler == "on":
    leader = Leader(services, router.dispatch)
    leader.start()
    # A worker of granian is forked and runs no atexit. This runs there, before the threads of jobs
    # are closed, and at the end of any other process as well.
    Finalize(None, leader.stop, exitpriority=1)
