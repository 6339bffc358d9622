"""A tag renamed or removed, for everybody who has it."""

from __future__ import annotations

from typing import Any

from bot.background.desk import Desk
from bot.background.pace import Pace
from bot.collect import labelling
from bot.errors import Conflict, GatewayError
from bot.wechat.refusing import in_both

TAGS = "tags"
RENAME, REMOVE = "rename", "remove"


def run(desk: Desk) -> dict[str, Any]:
    """asked: act, tag, to. Begun again it goes on with who still has the tag."""
    asked, owner, pace = desk.task.asked, desk.task.account_id, Pace(desk)
    client, tag = desk.services.client_of(owner), str(asked["tag"])

    def progress(done: int, total: int) -> None:
        pace.on(done - pace.done, total)

    try:
        if asked["act"] == RENAME:
            to = str(asked["to"])
            people = labelling.rename(owner, client, tag, to, desk.now(), progress)
        else:
            people = labelling.remove(owner, client, tag, desk.now(), progress)
    except GatewayError as error:
        raise Conflict(in_both(error)) from None
    return {"act": asked["act"], "tag": tag, "to": asked.get("to", ""), "followers": people}
