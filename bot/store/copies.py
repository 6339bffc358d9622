"""Copies of a SQLite store made while it is in use, in a folder beside it, and looking it through.

Where a copy goes is not asked: `backups` beside the store, named after the time. PostgreSQL and
MySQL have tools of their own, which keep their own promises.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from bot.errors import Conflict, HongyanError, NotFound
from bot.settings import Settings

FOLDER = "backups"
SHOWN = 20
_PAGES = 4000  # copied between two words of progress: 16 MB
_STEPS = 2_000_000  # of SQLite's machine between two
_SPARE = 2.0  # times the store's size has to be free: the live one grows meanwhile

Progress = Callable[[int, int], object]  # done, of; raises HongyanError to break off


@dataclass(frozen=True, slots=True)
class Copy:
    """`size` in bytes. `sort`: asked (made on purpose), upgrade (before one), replaced (by a
    restore)."""

    name: str
    size: int
    made_at: datetime
    sort: str


def store_of(settings: Settings) -> Path | None:
    """The store's file; None: the database is a server's."""
    url = settings.database_url
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None


def folder_of(settings: Settings) -> Path:
    """Raises Conflict where the store is no file."""
    store = store_of(settings)
    if store is None:
        raise Conflict("only SQLite stores are copied by this; use pg_dump or mysqldump")
    return store.parent / FOLDER


def copies(settings: Settings) -> list[Copy]:
    """The newest first, SHOWN at most; none where the store is no file."""
    store = store_of(settings)
    if store is None:
        return []
    found = [
        *((path, "asked") for path in folder_of(settings).glob(f"{store.stem}-*.db")),
        *((path, "upgrade") for path in store.parent.glob(f"{store.name}.before-*")),
        *((path, "replaced") for path in store.parent.glob(f"{store.name}.replaced-*")),
    ]
    listed = [_copy(path, sort) for path, sort in found if not path.name.endswith(("-wal", "-shm"))]
    return sorted(listed, key=lambda one: one.made_at, reverse=True)[:SHOWN]


def file_of(settings: Settings, name: str) -> Path:
    """The file of a listed copy in the folder of copies. Raises NotFound: of that name there is
    none; a name is looked up in the list, and never made into a path."""
    for one in copies(settings):
        if one.name == name and one.sort == "asked":
            return folder_of(settings) / one.name
    raise NotFound("there is no such copy")


def _copy(path: Path, sort: str) -> Copy:
    about = path.stat()
    return Copy(path.name, about.st_size, datetime.fromtimestamp(about.st_mtime, UTC), sort)


def make(settings: Settings, name: str, progress: Progress) -> Copy:
    """A whole, checked copy called NAME; one that is there already is that one.

    It is made under another name and has its own only when it is whole, so that a half one that
    somebody killed is never taken for a copy. Raises Conflict: not SQLite, too little room, or what
    was copied is damaged.
    """
    target = folder_of(settings) / name
    store = store_of(settings)
    assert store is not None, "folder_of refuses others"
    if target.exists():
        return _copy(target, "asked")
    target.parent.mkdir(mode=0o700, exist_ok=True)
    _room(store, target.parent)
    part = target.with_name(f"{name}.part")
    part.unlink(missing_ok=True)
    try:
        part.touch(mode=0o600)
        _fill(store, part, progress)
        faults = damage(part, progress)
        if faults:
            raise Conflict(f"the store is damaged: {faults[0]}")
        os.replace(part, target)
    finally:
        for ending in ("", "-journal", "-wal", "-shm"):
            part.with_name(part.name + ending).unlink(missing_ok=True)
    return _copy(target, "asked")


def _room(store: Path, folder: Path) -> None:
    wanted = int(store.stat().st_size * _SPARE)
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise Conflict(f"too little room on the disk: {wanted:,} bytes wanted, {free:,} free")


def _fill(store: Path, part: Path, progress: Progress) -> None:
    """As the store is at one instant: a reading transaction is held, so that writers go on and the
    copy does not begin anew at each of their commits."""
    with closing(_reading(store)) as source, closing(sqlite3.connect(part)) as copy:
        source.execute("BEGIN")
        source.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        source.backup(copy, pages=_PAGES, progress=lambda _, left, of: progress(of - left, of))
        source.execute("ROLLBACK")
    with part.open("rb") as file:
        os.fsync(file.fileno())


def damage(file: Path, progress: Progress) -> list[str]:
    """What SQLite finds wrong with a store, at most ten lines; [] for a whole one. HongyanError out
    of `progress` breaks it off."""
    broken: list[HongyanError] = []

    def tick() -> int:
        try:
            progress(0, 0)
        except HongyanError as error:
            broken.append(error)
        return len(broken)

    with closing(_reading(file)) as found:
        found.set_progress_handler(tick, _STEPS)
        try:
            lines = [row[0] for row in found.execute("PRAGMA integrity_check(10)")]
        except sqlite3.DatabaseError as error:
            if broken:
                raise broken[0] from None
            lines = [str(error)]
    return [] if lines == ["ok"] else lines


def _reading(file: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(file.absolute()))}?mode=ro"
    return sqlite3.connect(address, uri=True, isolation_level=None)
