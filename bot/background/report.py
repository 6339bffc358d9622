"""活动效果: the report of a run that is too big to be counted while a page waits."""

from __future__ import annotations

from typing import Any

from bot.background.desk import Desk
from bot.campaign import looks
from bot.campaign.finding import find


def run(desk: Desk) -> dict[str, Any]:
    """asked: {campaign: slug}, or {experiment: key}. As bot.campaign.looks."""
    account_id, asked = desk.task.account_id, desk.task.asked
    if key := asked.get("experiment"):
        return {**looks.keep_experiment(account_id, key, desk.now()), "experiment": key}
    found = find(account_id, asked["campaign"])
    return {**looks.keep_figures(found, desk.now()), "campaign": found.slug}
