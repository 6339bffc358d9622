"""What nobody answered in the last days grouped now, as the nightly job does it."""

from __future__ import annotations

from typing import Any

from bot.background.desk import Desk
from bot.talk import learning

SUGGEST = "suggest"


def run(desk: Desk) -> dict[str, Any]:
    """`found`: suggestions that stand now. Begun again it makes the open ones anew."""
    desk.progress(0)
    return {"found": learning.suggest(desk.task.account_id, desk.now())}
