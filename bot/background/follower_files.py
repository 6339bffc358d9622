"""The followers of a filtered list as a file."""

from __future__ import annotations

from typing import Any

from bot.background.desk import Desk
from bot.background.pace import Pace
from bot.clock import to_ms
from bot.imports.exporting import export_followers
from bot.store import exports, segments
from bot.store.exports import Only

EXPORT = "followers_export"


def run(desk: Desk) -> dict[str, Any]:
    """asked: segment (slug), tag, state (exports.Only); "" for all of them.

    Raises NotFound for a segment that is gone.
    """
    asked, owner, pace, now = desk.task.asked, desk.task.account_id, Pace(desk), desk.now()
    segment = str(asked["segment"])
    segment_id = segments.by_slug(owner, segment).id if segment else None
    only = Only(str(asked["tag"]), str(asked["state"]))
    total = exports.count(owner, segment_id, only, to_ms(now))
    path = desk.folder / "followers.csv"
    report = export_followers(
        owner, path, now, segment_id=segment_id, only=only,
        progress=lambda done: pace.on(done, total),
    )  # fmt: skip
    desk.keep(path.name, path)
    return {"followers": report.followers, "columns": len(report.columns)}
