"""内容导入: a table of products or other pieces, kept as drafts; nobody gets them by it."""

from __future__ import annotations

from typing import Any

from bot.background.desk import Desk
from bot.background.pace import Pace
from bot.content import library
from bot.imports import content_rows
from bot.imports.exporting import write_table
from bot.imports.sources import open_source
from bot.store import audit

CONTENTS = "contents"
SHOWN = 20  # faults on the page; all of them are in the file


def run(desk: Desk) -> dict[str, Any]:
    """asked: {kind, author}. Counts, the first faults, the columns that are not used; the rejected
    rows are the file. Done again it changes nothing."""
    asked, pace = desk.task.asked, Pace(desk)
    source = open_source(desk.upload())
    given, ignored = content_rows.given(source, asked["kind"])
    done = library.bring(
        desk.task.account_id, given, desk.now(), author=asked["author"],
        step=lambda: pace.on(1, source.lines or 0),
    )  # fmt: skip
    if done.rejected:
        path = write_table(desk.folder / "rejects.csv", ("place", "reason"), done.rejected)
        desk.keep("contents-rejects.csv", path)
    counts = {"added": done.added, "changed": done.changed, "unchanged": done.unchanged,
              "rejected": len(done.rejected)}  # fmt: skip
    audit.record(asked["author"], "content_import", desk.now(), detail=counts)
    return {**counts, "ignored": ignored, "first": [list(one) for one in done.rejected[:SHOWN]]}
