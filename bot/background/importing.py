"""A table that was uploaded: looked at, tried, and brought in.

`look` keeps the file, so that its columns can be settled on a page before anything is imported;
`run` imports it, or only reckons what would come of it. What is shown is counts and reasons. The
rows themselves go with the file once they are imported, but for the import's own sealed rejects.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

from bot.background.desk import Desk
from bot.background.pace import Pace
from bot.errors import NotFound
from bot.imports import rejects, running
from bot.imports.mapping import format_of, parse
from bot.imports.rejects import Reject
from bot.imports.running import Result
from bot.imports.sources import open_source
from bot.profile.refresh import fold_new
from bot.store import background, imports
from bot.store.background import File, Task
from bot.store.imports import RunState

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

    owner = desk.task.account_id
    if desk.task.starts > 1 and not asked.get("dry"):
        which = (owner, mapping.kind, source.fingerprint, mapping.digest)
        if over := imports.ended(*which, desk.task.asked_at):  # only the last word was missing
            _fold(desk, pace)
            return _told_of(over)
    prepared = running.prepare(source, mapping, desk.now(), progress)
    if asked.get("dry"):
        return told(running.dry_run(owner, prepared, desk.now(), progress=progress))
    result = running.run(owner, prepared, desk.now, progress)
    _fold(desk, pace)
    return told(result)


def _fold(desk: Desk, pace: Pace) -> None:
    while folded := fold_new(desk.now(), most=FOLD):
        pace.on(folded, pace.done + folded)


def after(task: Task) -> None:
    """Nothing is left of the file once its import is told to be done; not before, as a task that is
    begun again wants it."""
    if not task.asked.get("dry"):
        background.keep_result(int(task.asked["look"]), Path(task.asked["file"]).name, BytesIO())


def tidy() -> int:
    """The same for tasks whose process died between both; how many."""
    left = background.done_with(IMPORT, LOOK)
    for task in left:
        after(task)
    return len(left)


def _told_of(over: RunState) -> dict[str, Any]:
    """What a page shows of an import that ended before its task was told so."""
    return _told(over.id, 0, None, over.report, _first(over.id))


def _first(run_id: int) -> list[Reject]:
    """The first rejects of an import, as they are kept."""
    return list(islice(rejects.kept(run_id), running.SHOWN))


def told(result: Result) -> dict[str, Any]:
    """What a page shows of it: no row of the file, and nobody's name."""
    of, at = result.run_id, result.resumed_at
    first = result.first if of is None or not at else _first(of)  # what landed before was not read
    return _told(of, at, result.earlier, result.report.to_json(), first)


def _told(
    run_id: int | None,
    resumed_at: int,
    earlier: int | None,
    report: dict[str, Any],
    first: Sequence[Reject],
) -> dict[str, Any]:
    return {
        "import": run_id,
        "resumed_at": resumed_at,
        "earlier": earlier,
        "report": report,
        "first": [
            {"line": one.line.number, "faults": [list(fault) for fault in one.faults]}
            for one in first
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
        raise NotFound("the file is not kept any more: upload it again")
    path = desk.folder / Path(name).name
    with path.open("wb") as out:
        for piece in background.content(kept):
            out.write(piece)
    if path.stat().st_size != kept.size:  # it moved from one role to the other meanwhile
        return _file(desk, look_id, name)
    return path
