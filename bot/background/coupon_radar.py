"""风控雷达 on demand: what the rules find in the last days. Nobody is held by looking."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.background.desk import Desk
from bot.coupon import patrol

RADAR = "coupon_radar"
MOST = 500  # findings that are shown, the gravest first
_GRAVE = ("high", "medium", "low")


def run(desk: Desk) -> dict[str, Any]:
    """asked: {days}. {days, total, findings}: rule, subject (a pseudonym, a till, a scene), count,
    most, severity, at."""
    days = int(desk.task.asked["days"])
    found = patrol.look(desk.task.account_id, desk.now() - timedelta(days=days))
    graded = sorted(found, key=lambda one: _GRAVE.index(one.severity))
    shown = ("rule", "subject", "count", "most", "severity", "at")
    rows = [{name: one.to_json()[name] for name in shown} for one in graded[:MOST]]
    return {"days": days, "total": len(found), "findings": rows}
