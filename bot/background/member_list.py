"""手工名单: followers of a file as a segment's list, or put in and kept out by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.background.desk import Desk
from bot.imports.exporting import write_table
from bot.segment import lists
from bot.segment.lists import Reject
from bot.segment.pinning import pin_lines
from bot.store import audit

HOWS: dict[str, bool | None] = {"include": True, "exclude": False, "rule": None}


def run(desk: Desk) -> dict[str, Any]:
    """asked: {segment, name, by: id | openid | customer, how: replace | add | include | exclude |
    rule, reason, author}. Counts; the lines that name nobody are the file."""
    asked, account_id = desk.task.asked, desk.task.account_id
    slug, how, author = asked["segment"], asked["how"], asked["author"]
    lines = desk.lines()
    desk.progress(0)  # the last moment at which it can be stopped
    if how in HOWS:
        done, rejects = pin_lines(
            account_id, slug, lines, asked["by"], HOWS[how], desk.now(),
            author=author, reason=asked.get("reason", ""),
        )  # fmt: skip
        told = {"pinned": done}
    else:
        made = lists.upload(
            account_id, slug, lines, asked["by"], desk.now(),
            name=asked.get("name", ""), replace=how == "replace", author=author,
        )  # fmt: skip
        rejects, told = (
            made.rejects, {"read": made.read, "taken": made.taken, "added": made.added,
                           "dropped": made.dropped},
        )  # fmt: skip
    audit.record(author, "segment_list", desk.now(), detail={"segment": slug, "how": how, **told})
    if rejects:
        desk.keep(f"{slug}-rejects.csv", _written(desk.folder / "rejects.csv", rejects))
    return {"segment": slug, "how": how, **told, "rejects": _counted(rejects)}


def _counted(rejects: Sequence[Reject]) -> dict[str, int]:
    return dict(Counter(one.why for one in rejects))


def _written(path: Path, rejects: Sequence[Reject]) -> Path:
    return write_table(path, ("line", "why"), [(one.line, one.why) for one in rejects])
