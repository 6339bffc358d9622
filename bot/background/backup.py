"""A copy of the store, and looking it through. Both read only; a copy has its name when it is
whole, so a task that is begun again makes what is missing and nothing twice."""

from __future__ import annotations

from typing import Any

from bot.background.desk import Desk
from bot.background.steps import steady
from bot.errors import Conflict
from bot.store import copies

BACKUP, CHECK = "backup", "check"


def run(desk: Desk) -> dict[str, Any]:
    """{name, size}: a checked copy, named after when it was asked for. Raises Conflict."""
    settings = desk.services.settings
    store = copies.store_of(settings)
    stem = store.stem if store else ""
    name = f"{stem}-{desk.task.asked_at:%Y%m%dT%H%M%S}-{desk.task.id}.db"
    made = copies.make(settings, name, steady(desk))
    return {"name": made.name, "folder": copies.FOLDER, "size": made.size}


def check(desk: Desk) -> dict[str, Any]:
    """{faults}: what SQLite finds wrong. Raises Conflict where the database is a server's."""
    store = copies.store_of(desk.services.settings)
    if store is None:
        raise Conflict("the database server checks itself")
    return {"faults": copies.damage(store, steady(desk))}
