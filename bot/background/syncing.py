"""Followers, tags and the blacklist brought in from the platform, and what is pushed sent out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bot.background.desk import Desk
from bot.background.pace import Pace
from bot.collect import following, tagging
from bot.errors import Conflict, GatewayError
from bot.wechat.refusing import in_both

SYNC = "sync"
FOLLOWERS, FULL, TAGS = "followers", "full", "tags"
WHAT = (FOLLOWERS, FULL, TAGS)


def run(desk: Desk) -> dict[str, Any]:
    """One round; broken off anywhere it goes on at its place. Raises Conflict with what the
    platform said, in words."""
    owner, what = desk.task.account_id, str(desk.task.asked["what"])
    pace = Pace(desk)
    client = desk.services.client_of(owner)
    try:
        if what == TAGS:
            report = tagging.sync(owner, client, desk.now(), lambda: _goes_on(pace))
            return {"what": what, **asdict(report)}
        found = following.sync_followers(
            owner, client, desk.now(), full=what == FULL, progress=pace.on
        )
        return {"what": what, **asdict(found)}
    except GatewayError as error:
        raise Conflict(in_both(error)) from None


def _goes_on(pace: Pace) -> bool:
    pace.tell()
    return True
