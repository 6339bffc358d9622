"""RFM 与群组: segments that are reckoned from everybody, made or brought up to date."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bot.background.desk import Desk
from bot.profile import clusters, rfm_groups


def run(desk: Desk) -> dict[str, Any]:
    """asked: {family: rfm | clusters, k: how many clusters, 0 for as many as suit}."""
    account_id, asked = desk.task.account_id, desk.task.asked
    desk.progress(0)  # the last moment at which it can be stopped
    if asked["family"] == rfm_groups.KIND:
        found = rfm_groups.make(account_id, desk.now())
    else:
        found = clusters.make(account_id, desk.now(), asked.get("k") or None)
    return {"family": asked["family"], "groups": [asdict(one) for one in found]}
