"""Teaching a model of what is predicted, or of who is like a segment's members.

Begun again after a crash it teaches anew; a model that was kept before stays in the registry.
"""

from __future__ import annotations

from typing import Any

from bot.background.desk import Desk
from bot.background.steps import steady
from bot.errors import InvalidInput
from bot.insight.kinds import Progress
from bot.learning import alike, scoring, training
from bot.learning.purposes import LIKE
from bot.store.insight_models import Kept

TEACH = "teach"


def run(desk: Desk) -> dict[str, Any]:
    """Taught, taken into use where it judges better, and everybody scored. asked: {what}, the slug.
    Raises InvalidInput where there is too little to learn from."""
    slug, progress = str(desk.task.asked["what"]), _progress(desk)
    try:
        kept, reason = _taught(desk, slug, progress)
    except InvalidInput as error:
        raise InvalidInput(f"可学的数据还太少，现有的不变 ({error})", error.field) from None
    scored = 0
    if kept.state == "active":
        scored = scoring.score(desk.task.account_id, slug, desk.now(), progress).followers
    about = {"what": kept.slug, "id": kept.id, "version": kept.version, "state": kept.state}
    return {**about, "reason": reason, "scored": scored}


def _taught(desk: Desk, slug: str, progress: Progress) -> tuple[Kept, str]:
    owner, now = desk.task.account_id, desk.now()
    if slug.startswith(LIKE):
        return alike.learn(owner, slug.removeprefix(LIKE), now, progress=progress), ""
    found = training.train(owner, slug, now, progress=progress)
    return found.kept, found.verdict.reason


def _progress(desk: Desk) -> Progress:
    tell = steady(desk)

    def said(_what: str, done: int, total: int) -> None:
        tell(done, total)

    return said
