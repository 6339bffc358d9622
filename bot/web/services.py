"""The services bundle inside a request."""

from __future__ import annotations

from flask import current_app

from bot.services import Services


def services() -> Services:
    """The bundle that create_app was given."""
    found: Services = current_app.extensions["hongyan"]
    return found
