"""Something that is told once, on the page after a form: loading that page again tells it no more,
and does not send the form again.

It waits in a sealed cookie of the browser that asked for it, for a minute, and opens for the same
session and account only.
"""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta

from flask import request, url_for
from werkzeug.wrappers import Response

from bot.clock import to_ms
from bot.console.gate import account, asker
from bot.errors import SealBroken
from bot.store.fields import Holder
from bot.web.services import services

COOKIE = "hongyan_once"
LIVES = timedelta(minutes=1)
_PLACE = "console.glimpse"


def give(answer: Response, text: str) -> None:
    """For the next look at the account's page."""
    held = {"text": text, "of": _whose(), "until": to_ms(asker().now + LIVES)}
    sealed = Holder.vault.seal_json(held, _PLACE)
    answer.set_cookie(
        COOKIE,
        base64.urlsafe_b64encode(sealed).decode(),
        max_age=int(LIVES.total_seconds()),
        path=_path(),
        secure=(services().settings.public_url or "").startswith("https:"),
        httponly=True,
        samesite="Strict",
    )


def look() -> str:
    """What is to be told now; "" for nothing."""
    try:
        sealed = base64.urlsafe_b64decode(request.cookies.get(COOKIE, ""))
        held = Holder.vault.open_json(sealed, _PLACE)
    except (binascii.Error, ValueError, SealBroken):
        return ""
    fits = held["of"] == _whose() and to_ms(asker().now) < held["until"]
    return str(held["text"]) if fits else ""


def forget(answer: Response) -> None:
    """It was told."""
    if COOKIE in request.cookies:
        answer.delete_cookie(COOKIE, path=_path())


def _whose() -> list[str | int]:
    return [asker().session.token_hash, account().id]


def _path() -> str:
    return url_for("console.account_page", slug=account().slug)
