"""试算: a campaign's whole audience through the rules, and nothing sent."""

from __future__ import annotations

from typing import Any

from bot.background.desk import Desk
from bot.background.steps import steady
from bot.campaign import looks


def run(desk: Desk) -> dict[str, Any]:
    """asked: {campaign: slug}. The document of bot.campaign.looks.ahead."""
    task = desk.task
    return looks.ahead(
        desk.services, task.account_id, task.asked["campaign"], desk.now(), steady(desk)
    )
