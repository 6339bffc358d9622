"""Where the platform's page of a one-time subscription comes back to."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from bot.campaign.sending import once
from bot.i18n import t
from bot.web.services import services

views = Blueprint("once", __name__)


@views.get(once.BACK)
def back() -> Response:
    """The right is kept; 404 for what we did not ask. Repeating it changes nothing."""
    asked = request.args
    answered = once.came_back(
        asked.get("reserved", ""),
        asked.get("openid", ""),
        asked.get("action", ""),
        asked.get("scene", ""),
        services().clock(),
    )
    key = "once.confirmed" if answered.confirmed else "once.cancelled"
    response = make_response(render_template("h5/once.html", words=t(key), english=t(key, "en")))
    response.headers["Cache-Control"] = "no-store"
    return response
