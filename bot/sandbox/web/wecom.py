"""A part of WeCom (企业微信)."""

from __future__ import annotations

from flask import Blueprint

from bot.sandbox.platform import Platform


def pages(platform: Platform) -> Blueprint:
    return Blueprint("wecom", __name__)
