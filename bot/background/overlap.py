"""人群包对比: how two to four big segments overlap."""

from __future__ import annotations

from typing import Any

from bot.background.desk import Desk
from bot.background.steps import steady
from bot.segment.comparing import chosen, compare, keep


def run(desk: Desk) -> dict[str, Any]:
    """asked: {segments: slugs}. As bot.segment.comparing.compare."""
    some = chosen(desk.task.account_id, desk.task.asked["segments"])
    document = compare(some, steady(desk))
    keep(some, document, desk.now())
    return document
