"""What a kind of task works with: what was asked, the files, and how far it is."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.errors import HongyanError, InvalidInput, NotFound, StoreUnavailable
from bot.services import Services
from bot.store import background
from bot.store.background import Task
from bot.store.db import available

logger = logging.getLogger(__name__)
HOLDS_EACH = 15.0  # seconds; the lease is four times that


class Stopped(HongyanError):
    """The operator wants the task no more, or another runner has it: give up at once."""


class Closing(HongyanError):
    """This process ends: the task goes back, for the next one to begin anew."""


closing = threading.Event()  # set while this process gives its work back


@dataclass(frozen=True)
class Desk:
    """One task at work. `folder` is private to it and goes when it ends."""

    services: Services
    task: Task
    owner: str
    folder: Path

    def now(self) -> datetime:
        return self.services.clock()

    def progress(self, done: int, total: int = 0) -> None:
        """Say how far it is; total 0: nobody knows. Raises Stopped, Closing."""
        if closing.is_set():
            raise Closing("this process ends")
        if not background.progress(self.task.id, self.owner, done, total):
            raise Stopped(f"task {self.task.id} is wanted no more")

    def upload(self) -> Path:
        """The file that came along, under its own ending. Raises NotFound where none came."""
        found = background.file_of(self.task.id, "upload")
        if found is None:
            raise NotFound("the task has no file")
        path = self.folder / f"upload{Path(found.name).suffix[:8].lower()}"
        with path.open("wb") as out:
            for piece in background.content(found):
                out.write(piece)
        return path

    def lines(self) -> Iterator[str]:
        """Those of the file that came along. Raises NotFound, InvalidInput for what is no UTF-8."""
        try:
            with self.upload().open(encoding="utf-8-sig", newline=None) as file:
                yield from file
        except UnicodeDecodeError:
            raise InvalidInput("the file is no UTF-8 text", "file") from None

    def keep(self, name: str, path: Path) -> None:
        """A file to take away, under this name."""
        with path.open("rb") as file:
            background.keep_result(self.task.id, name, file)


@contextmanager
def desk(services: Services, task: Task, owner: str) -> Iterator[Desk]:
    """A desk whose lease is held while the work goes on, however long it says nothing."""
    over = threading.Event()
    holder = threading.Thread(target=_hold, args=(task.id, owner, over), daemon=True)
    with tempfile.TemporaryDirectory(prefix="hongyan-") as folder:
        holder.start()
        try:
            yield Desk(services, task, owner, Path(folder))
        finally:
            over.set()
            holder.join()


def _hold(task_id: int, owner: str, over: threading.Event) -> None:
    while not over.wait(HOLDS_EACH):
        try:
            with available():
                if not background.hold(task_id, owner):
                    return
        except StoreUnavailable as error:
            logger.warning("task=%d its lease could not be renewed: %s", task_id, error)
