"""Pictures of an account: known by their bytes, kept by the platform, shown small from here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import from_ms, to_ms
from bot.errors import NotFound
from bot.store.db import fetch, insert_new, run
from bot.store.spots import Spot

_COLUMNS = (
    "id, account_id, digest, name, format, size, width, height, asked, media_id, url, why, author,"
    " at, thumb_format"
)


@dataclass(frozen=True, slots=True)
class Small:
    """A picture to look at."""

    format: str
    data: bytes


@dataclass(frozen=True, slots=True)
class PictureState:
    """`media_id` "" until the platform has it; `shows` where there is a small one to look at."""

    id: int
    account_id: int
    digest: str
    name: str
    format: str
    size: int
    width: int
    height: int
    asked: bool
    media_id: str
    url: str
    why: str
    author: str
    at: datetime
    shows: bool

    @property
    def file_name(self) -> str:
        """Under which the platform has it: by it what was sent and not answered is found again."""
        return f"hy-{self.digest[:32]}.{self.format}"


def _state(row: tuple[Any, ...]) -> PictureState:
    (id_, account_id, digest, name, format_, size, width, height,
     asked, media_id, url, why, author, at, thumb) = row  # fmt: skip
    return PictureState(
        id_, account_id, digest, name, format_, size, width, height, bool(asked), media_id or "",
        url, why, author, from_ms(at), bool(thumb),
    )  # fmt: skip


def add(
    account_id: int,
    digest: str,
    name: str,
    about: tuple[str, int, int, int],
    author: str,
    now: datetime,
    small: Small | None,
) -> PictureState:
    """The picture of these bytes: a new one, or the one that there is.

    about  format, bytes, width, height
    """
    columns = (
        "account_id", "digest", "name", "format", "size", "width", "height", "asked", "url", "why",
        "author", "at", "thumb_format", "thumb",
    )  # fmt: skip
    values = (
        account_id, digest, name, *about, False, "", "", author, to_ms(now),
        small.format if small else "", small.data if small else None,
    )  # fmt: skip
    insert_new("picture", columns, values)
    rows = fetch(
        f"SELECT {_COLUMNS} FROM picture WHERE account_id = ? AND digest = ?", (account_id, digest)
    )
    return _state(rows[0])


def get(account_id: int, picture_id: int) -> PictureState:
    """Raises NotFound."""
    rows = fetch(
        f"SELECT {_COLUMNS} FROM picture WHERE id = ? AND account_id = ?", (picture_id, account_id)
    )
    if not rows:
        raise NotFound("there is no such picture")
    return _state(rows[0])


def page(account_id: int, limit: int, before: Spot) -> tuple[list[PictureState], Spot | None]:
    """The newest first, behind `before`; and where the next page begins."""
    rows = fetch(
        f"SELECT {_COLUMNS} FROM picture WHERE account_id = ?"
        " AND (at < ? OR (at = ? AND id < ?)) ORDER BY at DESC, id DESC LIMIT ?",
        (account_id, before.at, before.at, before.id, limit + 1),
    )
    found = [_state(row) for row in rows[:limit]]
    more = Spot(to_ms(found[-1].at), found[-1].id) if len(rows) > limit else None
    return found, more


def kept(account_id: int, limit: int) -> list[PictureState]:
    """Those that the platform has, the newest first."""
    rows = fetch(
        f"SELECT {_COLUMNS} FROM picture WHERE account_id = ? AND media_id IS NOT NULL"
        " ORDER BY at DESC, id DESC LIMIT ?",
        (account_id, limit),
    )
    return [_state(row) for row in rows]


def small(account_id: int, picture_id: int) -> Small | None:
    rows = fetch(
        "SELECT thumb_format, thumb FROM picture WHERE id = ? AND account_id = ?"
        " AND thumb IS NOT NULL",
        (picture_id, account_id),
    )
    return Small(rows[0][0], bytes(rows[0][1])) if rows else None


def ask(picture_id: int) -> None:
    """From now on the platform may have it."""
    run("UPDATE picture SET asked = ?, why = '' WHERE id = ?", (True, picture_id))


def keep(picture_id: int, media_id: str, url: str) -> None:
    """The platform has it."""
    run(
        "UPDATE picture SET media_id = ?, url = ?, why = '' WHERE id = ?",
        (media_id, url[:512], picture_id),
    )


def refuse(picture_id: int, why: str, *, asked: bool) -> None:
    """The platform said no; `asked`: or it may have it all the same."""
    run("UPDATE picture SET why = ?, asked = ? WHERE id = ?", (why[:500], asked, picture_id))


def drop(picture_id: int) -> bool:
    """False: it was gone."""
    return run("DELETE FROM picture WHERE id = ?", (picture_id,)) > 0
