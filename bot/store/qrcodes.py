"""QR codes of an account by their scenes, which their scans are known by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import from_ms, instant, to_ms
from bot.errors import NotFound
from bot.store.db import fetch, insert_new, run

_COLUMNS = (
    "id, account_id, scene, name, note, lasting, ticket, url, actor, created_at, until, made_at,"
    " archived_at"
)


@dataclass(frozen=True, slots=True)
class Code:
    """See bot.store.models.menus. `until` None: permanent, or not made yet."""

    id: int
    account_id: int
    scene: str
    name: str
    note: str
    lasting: bool
    ticket: str
    url: str
    actor: str
    created_at: datetime
    until: datetime | None
    made_at: datetime | None
    archived_at: datetime | None

    def over(self, now: datetime) -> bool:
        """Whether phones are told that it has expired."""
        return self.until is not None and self.until <= now


def add(
    account_id: int, scene: str, name: str, note: str, lasting: bool, actor: str, now: datetime
) -> int | None:
    """A code that is still to be made; its id, None where the scene is taken."""
    columns = ("account_id", "scene", "name", "note", "lasting", "ticket", "url", "actor",
               "created_at")  # fmt: skip
    values = (account_id, scene, name, note, lasting, "", "", actor[:64], to_ms(now))
    made: int | None = insert_new("qr_code", columns, values)
    return made


def get(account_id: int, code_id: int) -> Code:
    """Raises NotFound."""
    rows = fetch(
        f"SELECT {_COLUMNS} FROM qr_code WHERE id = ? AND account_id = ?", (code_id, account_id)
    )
    if not rows:
        raise NotFound(f"there is no QR code {code_id}")
    return _code(rows[0])


def by_scene(account_id: int, scene: str) -> Code:
    """Raises NotFound."""
    rows = fetch(
        f"SELECT {_COLUMNS} FROM qr_code WHERE account_id = ? AND scene = ?", (account_id, scene)
    )
    if not rows:
        raise NotFound(f"there is no QR code with the scene {scene!r}")
    return _code(rows[0])


def listed(
    account_id: int,
    *,
    archived: bool = False,
    beginning: str = "",
    before: int = 0,
    limit: int = 50,
) -> list[Code]:
    """The latest first; of scenes that begin so, and older than the id `before`."""
    upper = beginning + "\U0010ffff"
    rows = fetch(
        f"SELECT {_COLUMNS} FROM qr_code WHERE account_id = ?"
        f" AND archived_at IS {'NOT NULL' if archived else 'NULL'}"
        " AND (? = '' OR (scene >= ? AND scene < ?)) AND (? = 0 OR id < ?)"
        " ORDER BY id DESC LIMIT ?",
        (account_id, beginning, beginning, upper, before, before, limit),
    )
    return [_code(row) for row in rows]


def made(code_id: int, ticket: str, url: str, until: datetime | None, now: datetime) -> None:
    """The platform gave it, or gave it anew."""
    run(
        "UPDATE qr_code SET ticket = ?, url = ?, until = ?, made_at = ? WHERE id = ?",
        (ticket, url, to_ms(until) if until else None, to_ms(now), code_id),
    )


def describe(code_id: int, name: str, note: str) -> None:
    run("UPDATE qr_code SET name = ?, note = ? WHERE id = ?", (name, note, code_id))


def archive(code_id: int, at: datetime | None) -> None:
    """Out of the list, or with None back in it. Its picture goes on working."""
    run("UPDATE qr_code SET archived_at = ? WHERE id = ?", (to_ms(at) if at else None, code_id))


def forget(code_id: int) -> bool:
    """One that was never made. False: it was."""
    return run("DELETE FROM qr_code WHERE id = ? AND ticket = ''", (code_id,)) == 1


def lasting(account_id: int) -> int:
    """How many permanent ones were made: the platform takes none back, archived or not."""
    rows = fetch(
        "SELECT COUNT(*) FROM qr_code WHERE account_id = ? AND lasting = ? AND ticket <> ''",
        (account_id, True),
    )
    return int(rows[0][0])


def _code(row: tuple[Any, ...]) -> Code:
    id_, account_id, scene, name, note, lasting, ticket, url, actor, created, *instants = row
    until, made, archived = map(instant, instants)
    return Code(
        id_, account_id, scene, name, note, bool(lasting), ticket, url, actor, from_ms(created),
        until, made, archived,
    )  # fmt: skip
