"""A table that was uploaded: looked at, tried, and brought in.

`look` keeps the file, so that its columns can be settled on a page before anything is imported;
`run` imports it, or only reckons what would come of it. What is shown is counts and reasons. The
rows themselves go with the file once they are imported, but for the import's own sealed rejects.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from bot.background.desk import Desk
from bot.background.pace import Pace
from bot.errors import NotFound
from bot.imports import running
from bot.imports.mapping import format_of, parse
from bot.imports.running import Result
from bot.imports.sources import open_source
from bot.profile.refresh import fold_new
from bot.store import background
from bot.store.background import File, Task

LOOK, IMPORT = "import_look", "import"
FOLD = 5000  # events at a time


def look(desk: Desk) -> dict[str, Any]:
    """Keep the file that came along, until it is forgotten with the task."""
    background.keep_upload(desk.task.id)
    return {}


def run(desk: Desk) -> dict[str, Any]:
    """Import the file of an earlier look by the mapping that is asked for; `dry`: write nothing.

    Begun again it goes on where it stopped: what landed is found landed. Raises InvalidInput,
    Conflict, NotFound where the file is not kept any more.
    """
    asked, pace = desk.task.asked, Pace(desk)
    mapping = parse(asked["mapping"])
    path = _file(desk, int(asked["look"]), str(asked["file"]))
    source = open_source(path, **format_of(asked["mapping"]))

    def progress(phase: str, done: int, total: int) -> None:
        pace.on(done, 2 * total)  # it is read twice: once to be surveyed, once to land

    prepared = running.prepare(source, mapping, desk.now(), progress)
    owner = desk.task.account_id
    if asked.get("dry"):
        return told(running.dry_run(owner, prepared, desk.now(), progress=progress))
    result = running.run(owner, prepared, desk.now, progress)
    while folded := fold_new(desk.now(), most=FOLD):
        pace.on(folded, pace.done + folded)
    background.keep_result(int(asked["look"]), path.name, BytesIO())  # nothing is left of the file
    return told(result)


def told(result: Result) -> dict[str, Any]:
    """What a page shows of it: no row of the file, and nobody's name."""
    return {
        "import": result.run_id,
        "resumed_at": result.resumed_at,
        "earlier": result.earlier,
        "report": result.report.to_json(),
        "first": [
            {"line": one.line.number, "faults": [list(fault) for fault in one.faults]}
            for one in result.first
        ],
    }


def kept_file(task: Task) -> File | None:
    """The file of a look, before and after it was looked at; None: it is not kept any more."""
    kept = background.file_of(task.id, "result") or background.file_of(task.id, "upload")
    return kept if task.kind == LOOK and kept is not None and kept.size else None


def _file(desk: Desk, look_id: int, name: str) -> Path:
    """The file of a look of the same account, under its own name."""
    task = background.get(desk.task.account_id, look_id)
    kept = kept_file(task)
    if kept is None:
        raise NotFound("文件已不保留，请重新上传 (the file is not kept any more: upload it again)")
    path = desk.folder / Path(name).name
    with path.open("wb") as out:
        for piece in background.content(kept):
            out.write(piece)
    if path.stat().st_size != kept.size:  # it moved from one role to the other meanwhile
        return _file(desk, look_id, name)
    return path
