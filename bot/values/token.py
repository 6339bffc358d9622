"""The shared access token of one app, as the store keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.clock import EPOCH


@dataclass(frozen=True, slots=True)
class SharedToken:
    """`version` grows with every token that is stored; 0 and "" before the first.

    failures  failed fetches in a row; failed_at and failure ("errcode: errmsg") tell of the last
    """

    token: str = field(default="", repr=False)
    expires_at: datetime = EPOCH
    version: int = 0
    failures: int = 0
    failed_at: datetime | None = None
    failure: str = ""
