"""A picture into the platform's permanent material; asked again it is the one that is there."""

from __future__ import annotations

from typing import Any

from bot.background.desk import Desk
from bot.collect import pictures as use
from bot.errors import Conflict, GatewayError
from bot.store import pictures
from bot.wechat.refusing import in_both

PICTURE = "picture"


def run(desk: Desk) -> dict[str, Any]:
    """asked: {id}. Raises Conflict with what the platform said, in words; NotFound where the
    picture was taken out meanwhile."""
    account_id = desk.task.account_id
    one = pictures.get(account_id, int(desk.task.asked["id"]))
    data = desk.upload().read_bytes()
    try:
        kept = use.give(one, data, desk.services.client_of(account_id), in_both)
    except GatewayError as error:
        raise Conflict(in_both(error)) from None
    return {"id": kept.id, "name": kept.name}
