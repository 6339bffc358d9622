"""群发: one content for many, in one call. Pure."""

from __future__ import annotations

from typing import Any

from bot.i18n import catalogue, t

DONE = "send success"
# What mass/get says, in the event's words; SENDING is no end.
POLLED = {"SEND_SUCCESS": DONE, "SEND_FAIL": "send fail", "DELETE": "deleted"}


def text(content: str) -> dict[str, Any]:
    """The content of a call."""
    return {"msgtype": "text", "text": {"content": content}}


def failed(status: str) -> bool:
    """The job reached nobody."""
    return status not in ("", DONE)


def reason(status: str, lang: str = "zh") -> str:
    """Why a job reached nobody (2.3), in words."""
    key = "mass.reason." + status.replace("(", "_").replace(")", "").replace(" ", "_")
    return t(key if key in catalogue(lang) else "mass.reason.other", lang)
