"""Articles as followers read them, and pictures of QR codes."""

from __future__ import annotations

from flask import Blueprint

from bot.sandbox.platform import Platform


def pages(platform: Platform) -> Blueprint:
    return Blueprint("articles", __name__)
