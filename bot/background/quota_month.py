"""The scarce goods of a month counted over all followers, and the platform asked beside it."""

from __future__ import annotations

from typing import Any

from bot.background.desk import Desk
from bot.campaign.ahead import scarce
from bot.campaign.sending import allowances

MONTH = "quota_month"


def run(desk: Desk) -> dict[str, Any]:
    """asked: {month}. What bot.campaign.ahead.scarce says of it; `asked` APIs of today and
    the `errors` of those that did not say."""
    owner, now = desk.task.account_id, desk.now()
    desk.progress(0)
    compared = allowances.compare(desk.services, owner, now)
    errors = {one.count.api: one.error for one in compared if one.error}
    found = scarce.month_of(owner, str(desk.task.asked["month"]), now)
    warned = {lang: found.warnings(lang) for lang in ("zh", "en")}
    return {**found.to_json(), "asked": len(compared), "errors": errors, "warnings": warned}
