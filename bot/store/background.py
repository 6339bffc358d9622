"""Tasks of the console that go on without the one who asked: kept, taken by a runner, ended.

state   coming   its file is being kept
        waiting  nobody has begun      running  a runner has it, under a lease
        done     with a result         failed   with what went wrong      stopped  by the operator

Files come and go some megabytes at a time: nobody else's writing waits for 200 MB.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BytesIO
from itertools import islice
from typing import Any, BinaryIO

from bot.clock import from_ms, instant, to_ms
from bot.errors import NotFound
from bot.store.db import fetch, insert_new, locking, now_ms, run, run_many, transaction
from bot.store.fields import Holder
from bot.store.spans import qmarks

LEASE_MS = 60_000
PART = 256 * 1024  # bytes of a file that are sealed together
_AT_ONCE = 16  # parts in one transaction
_PLACE = "background_part.content"
_SHOWN = (
    "id, account_id, operator_id, kind, state, asked, done, total, result, error, starts,"
    " asked_at, started_at, ended_at"
)
OVER = ("done", "failed", "stopped")


@dataclass(frozen=True, slots=True)
class Task:
    """`done` of `total` things; total 0: nobody knows how many there are."""

    id: int
    account_id: int
    operator_id: int
    kind: str
    state: str
    asked: dict[str, Any]
    done: int
    total: int
    result: dict[str, Any]
    error: str
    starts: int
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def is_over(self) -> bool:
        return self.state in OVER


@dataclass(frozen=True, slots=True)
class File:
    """A file of a task. `size` in bytes."""

    id: int
    name: str
    size: int


def ask(
    account_id: int,
    operator_id: int,
    kind: str,
    asked: Mapping[str, Any],
    now: datetime,
    upload: tuple[str, BinaryIO] | None = None,
    nonce: str | None = None,
) -> int:
    """Keep a new task, with the file that it is about (its name, and where to read it); its id.
    Of a nonce there is one task: asked again, it is that one."""
    columns = ("account_id", "operator_id", "kind", "state", "asked", "done", "total", "result",
               "error", "starts", "owner", "lease_until", "asked_at", "nonce")  # fmt: skip
    told = json.dumps(dict(asked), ensure_ascii=False)
    state = "waiting" if upload is None else "coming"
    values = (account_id, operator_id, kind, state, told, 0, 0, "{}", "", 0, "", 0,
              to_ms(now), nonce)  # fmt: skip
    made = insert_new("background_task", columns, values)
    if made is None:
        return int(fetch("SELECT id FROM background_task WHERE nonce = ?", (nonce,))[0][0])
    task_id = int(made)
    if upload is not None:
        _keep(task_id, "upload", *upload)
        run("UPDATE background_task SET state = 'waiting' WHERE id = ?", (task_id,))
    return task_id


def get(account_id: int, task_id: int) -> Task:
    """Raises NotFound, also for another account's."""
    found = _tasks("WHERE account_id = ? AND id = ?", (account_id, task_id))
    if not found:
        raise NotFound(f"there is no task {task_id}")
    return found[0]


def latest(account_id: int, kinds: Collection[str], limit: int = 50) -> list[Task]:
    """Of these kinds, the newest first."""
    if not kinds:
        return []
    where = f"WHERE account_id = ? AND kind IN ({qmarks(kinds)}) ORDER BY id DESC LIMIT ?"
    return _tasks(where, (account_id, *kinds, limit))


def last(account_id: int, kind: str, *, state: str = "") -> Task | None:
    """The newest of a kind, of one state where it is given."""
    where = "WHERE account_id = ? AND kind = ? AND (state = ? OR ? = '') ORDER BY id DESC LIMIT 1"
    return next(iter(_tasks(where, (account_id, kind, state, state))), None)


def done_with(kind: str, of_kind: str) -> list[Task]:
    """Tasks of a kind that are done while the file of the task that they name by their kind's
    `look` is still kept; tasks of every account."""
    held = {
        row[0]
        for row in fetch(
            "SELECT t.id FROM background_task t JOIN background_file f ON f.task_id = t.id"
            " WHERE t.kind = ? AND f.size > 0",
            (of_kind,),
        )
    }
    if not held:
        return []
    done = _tasks("WHERE state = 'done' AND kind = ?", (kind,))
    return [one for one in done if not one.asked.get("dry") and one.asked.get("look") in held]


def failed_of(account_id: int, operator_id: int, since: datetime) -> list[Task]:
    """What somebody asked for and what failed since then, the newest first; at most ten."""
    return _tasks(
        "WHERE operator_id = ? AND account_id = ? AND state = 'failed' AND ended_at >= ?"
        " ORDER BY id DESC LIMIT 10",
        (operator_id, account_id, to_ms(since)),
    )


# --- the runner's ------------------------------------------------------------------------------


def take(kinds: Collection[str], owner: str, now: datetime) -> Task | None:
    """The oldest task of these kinds that nobody has, taken under a lease; one whose runner fell
    silent is taken again."""
    if not kinds:
        return None
    with transaction():
        clock = now_ms()
        rows = fetch(
            "SELECT id, account_id FROM background_task WHERE state IN ('waiting', 'running')"
            f" AND lease_until <= ? AND kind IN ({qmarks(kinds)})"
            f" ORDER BY id LIMIT 1{locking(skip_locked=True)}",
            (clock, *kinds),
        )
        if not rows:
            return None
        task_id, account_id = rows[0]
        run(
            "UPDATE background_task SET state = 'running', owner = ?, lease_until = ?, done = 0,"
            " starts = starts + 1, started_at = ? WHERE id = ?",
            (owner, clock + LEASE_MS, to_ms(now), task_id),
        )
        return get(account_id, task_id)


def hold(task_id: int, owner: str) -> bool:
    """Renew the lease. False: it was stopped, or is another runner's."""
    return _ours("lease_until = ?", (now_ms() + LEASE_MS,), task_id, owner)


def progress(task_id: int, owner: str, done: int, total: int) -> bool:
    """Note how far it is. False as for `hold`."""
    values = (done, total, now_ms() + LEASE_MS)
    return _ours("done = ?, total = ?, lease_until = ?", values, task_id, owner)


def end(
    task_id: int, owner: str, state: str, now: datetime, result: Mapping[str, Any], error: str = ""
) -> bool:
    """Close it as done or failed. False as for `hold`. What was uploaded goes."""
    told = json.dumps(dict(result), ensure_ascii=False)
    changes = "state = ?, result = ?, error = ?, ended_at = ?"
    mine = _ours(changes, (state, told, error[:500], to_ms(now)), task_id, owner)
    if mine:
        _drop(task_id, "upload")
    return mine


def put_back(task_id: int, owner: str) -> bool:
    """Somebody else is to do it, from the start; that it was begun does not count."""
    return _ours("state = 'waiting', lease_until = 0, starts = starts - 1", (), task_id, owner)


def stop(account_id: int, task_id: int, now: datetime) -> bool:
    """The operator wants it no more. False: it is over already."""
    stopped = run(
        "UPDATE background_task SET state = 'stopped', ended_at = ?"
        " WHERE account_id = ? AND id = ? AND state IN ('waiting', 'running')",
        (to_ms(now), account_id, task_id),
    )
    if stopped:
        _drop(task_id, "upload")
    return stopped == 1


def forget(before: datetime) -> int:
    """Delete tasks that were over before this instant, with their files, and those whose file never
    came whole; how many."""
    rows = fetch(
        f"SELECT id FROM background_task WHERE (state IN ({qmarks(OVER)}) AND ended_at < ?)"
        " OR (state = 'coming' AND asked_at < ?)",
        (*OVER, to_ms(before), to_ms(before)),
    )
    for (task_id,) in rows:
        for role in ("upload", "result", "new", "found"):
            _drop(task_id, role)
        run("DELETE FROM background_task WHERE id = ?", (task_id,))
    return len(rows)


# --- files -------------------------------------------------------------------------------------


def keep_result(task_id: int, name: str, file: BinaryIO) -> None:
    """The file that the task made, instead of one that it made before."""
    _drop(task_id, "new")
    _drop(task_id, "found")
    _keep(task_id, "new", name, file)
    _drop(task_id, "result")
    _turn(task_id, "new")


def keep_upload(task_id: int) -> None:
    """What came along stays as what was made; done twice, it stays so."""
    if file_of(task_id, "upload"):
        _drop(task_id, "result")
        _turn(task_id, "upload")


def file_of(task_id: int, role: str) -> File | None:
    """role: upload, result, found."""
    rows = fetch(
        "SELECT id, name, size FROM background_file WHERE task_id = ? AND role = ?",
        (task_id, role),
    )
    return File(*rows[0]) if rows else None


def keep_found(task_id: int, told: Mapping[str, Any]) -> None:
    """What a page found in a task's file, sealed as the file is, and gone with it."""
    text = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
    with transaction():
        _drop(task_id, "found")
        _keep(task_id, "found", "", BytesIO(text))


def found_of(task_id: int) -> dict[str, Any]:
    """{} where nothing was found yet, or is kept any more."""
    kept = file_of(task_id, "found")
    told: dict[str, Any] = json.loads(b"".join(content(kept))) if kept and kept.size else {}
    return told


def content(file: File) -> Iterator[bytes]:
    """The file, piece by piece."""
    sql = "SELECT content FROM background_part WHERE file_id = ? AND seq = ?"
    seq = 0
    while rows := fetch(sql, (file.id, seq)):
        yield Holder.vault.open(bytes(rows[0][0]), _PLACE)
        seq += 1


def _keep(task_id: int, role: str, name: str, file: BinaryIO) -> None:
    columns = ("task_id", "role", "name", "size")
    file_id = int(insert_new("background_file", columns, (task_id, role, name[:190], 0)))
    size = seq = 0
    while pieces := list(islice(iter(partial(file.read, PART), b""), _AT_ONCE)):
        sealed = [
            (file_id, seq + n, Holder.vault.seal(one, _PLACE)) for n, one in enumerate(pieces)
        ]
        with transaction():
            run_many("INSERT INTO background_part (file_id, seq, content) VALUES (?, ?, ?)", sealed)
        size, seq = size + sum(map(len, pieces)), seq + len(pieces)
    run("UPDATE background_file SET size = ? WHERE id = ?", (size, file_id))


def _turn(task_id: int, role: str) -> None:
    """A file of this role is the result from now on."""
    where = "WHERE task_id = ? AND role = ?"
    run(f"UPDATE background_file SET role = 'result' {where}", (task_id, role))


def _drop(task_id: int, role: str) -> None:
    rows = fetch("SELECT id FROM background_file WHERE task_id = ? AND role = ?", (task_id, role))
    for (file_id,) in rows:
        last = fetch("SELECT MAX(seq) FROM background_part WHERE file_id = ?", (file_id,))[0][0]
        for first in range(0, (last or 0) + 1, _AT_ONCE):
            run(
                "DELETE FROM background_part WHERE file_id = ? AND seq < ?",
                (file_id, first + _AT_ONCE),
            )
        run("DELETE FROM background_file WHERE id = ?", (file_id,))


def _ours(changes: str, values: tuple[Any, ...], task_id: int, owner: str) -> bool:
    where = "WHERE id = ? AND owner = ? AND state = 'running'"
    return run(f"UPDATE background_task SET {changes} {where}", (*values, task_id, owner)) == 1


def _tasks(where: str, params: tuple[Any, ...]) -> list[Task]:
    return [_task(*row) for row in fetch(f"SELECT {_SHOWN} FROM background_task {where}", params)]


def _task(*row: Any) -> Task:
    id_, account_id, operator_id, kind, state, asked, done, total, result, error, starts = row[:11]
    asked_at, started_at, ended_at = row[11:]
    return Task(
        id_, account_id, operator_id, kind, state, json.loads(asked), done, total,
        json.loads(result), error, starts, from_ms(asked_at), instant(started_at),
        instant(ended_at),
    )  # fmt: skip
