"""Pages of the platform that a follower meets in the browser: consent, one-time subscription."""

from __future__ import annotations

from flask import Blueprint

from bot.sandbox.platform import Platform


def pages(platform: Platform) -> Blueprint:
    return Blueprint("oauth", __name__)
