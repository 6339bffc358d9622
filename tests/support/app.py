"""The Flask app for tests that look at pages: made once, with each test's services put into it.

Its hundred routes and its templates take a third of a second to compile. Callbacks do not go by it:
what receives them holds the services that it was made with.
"""

from __future__ import annotations

from flask import Flask

from bot.app import create_app
from bot.inbox.context import Handled
from bot.services import Services
from bot.values.replies import NO_REPLY

_made: list[Flask] = []


def app_with(services: Services) -> Flask:
    """The one app of this process, with these services; those of the test before are out of it."""
    if not _made:
        _made.append(create_app(services, lambda message, ctx: Handled(NO_REPLY, "none")))
    app = _made[0]
    app.extensions["hongyan"] = services
    return app
