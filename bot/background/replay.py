"""The last messages through a draft beside what is live: which it would answer otherwise."""

from __future__ import annotations

from collections import Counter
from typing import Any

from bot.background.desk import Desk
from bot.store import accounts
from bot.store.talk import DRAFT
from bot.talk import trial

MOST = 5000  # messages
PAIRS, SHOWN = 50, 200


def run(desk: Desk) -> dict[str, Any]:
    """Decisions and ids of messages: what was said stays in the log, and is opened by the page."""
    asked = desk.task.asked
    found = trial.replay_last(
        accounts.by_id(desk.task.account_id),
        min(int(asked.get("messages", MOST)), MOST),
        desk.progress,
        stage=str(asked.get("stage", DRAFT)),
        model_id=int(asked.get("model", 0)),
    )
    pairs = Counter((one.live.key, one.trial.key) for one in found.differences)
    return {
        "messages": found.messages,
        "differ": len(found.differences),
        "pairs": [[*pair, many] for pair, many in pairs.most_common(PAIRS)],
        "events": [
            [one.event_id, one.live.key, one.trial.key] for one in found.differences[:SHOWN]
        ],
    }
