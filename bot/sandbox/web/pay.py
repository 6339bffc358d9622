"""WeChat Pay: coupons (v3)."""

from __future__ import annotations

from flask import Blueprint

from bot.sandbox.platform import Platform


def pages(platform: Platform) -> Blueprint:
    return Blueprint("pay", __name__)
