"""Tracked links: signed tokens in URLs, and what counts as a person's tap."""

from bot.store.links import hashed_address
from bot.tracking.clicks import ClickOutcome, record_click
from bot.tracking.tokens import (
    LinkIds,
    coupon_token,
    coupon_url,
    link_token,
    link_url,
    page_token,
    read_coupon,
    read_link,
    read_page,
)

__all__ = [
    "ClickOutcome",
    "LinkIds",
    "coupon_token",
    "coupon_url",
    "hashed_address",
    "link_token",
    "link_url",
    "page_token",
    "read_coupon",
    "read_link",
    "read_page",
    "record_click",
]
