"""发给剩余: a further run for those whom the last one did not reach."""

from __future__ import annotations

from typing import Any

from bot.background.desk import Desk
from bot.campaign.finding import find
from bot.campaign.results.rest import opened_for, send_rest_of
from bot.errors import Conflict
from bot.store import audit

REST = "rest"


def run(desk: Desk) -> dict[str, Any]:
    """asked: {campaign: slug, run: whose rest, author}. Begun again after a run was opened, it is
    that one."""
    asked = desk.task.asked
    found, of_run = find(desk.task.account_id, asked["campaign"]), int(asked["run"])
    number = opened_for(found, of_run)
    if number is None and found.generation != of_run:
        raise Conflict("the campaign has moved on meanwhile")
    if number is None:
        desk.progress(0)
        number = send_rest_of(found, desk.now())
    detail = {"campaign": found.slug, "run": number}
    audit.record(asked["author"], "campaign_rest", desk.now(), detail=detail)
    return {"campaign": found.slug, "run": number, "of_run": of_run}
