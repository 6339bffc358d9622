"""Content in the store: each edit a version, one of them published; who names it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import from_ms, instant, to_ms
from bot.errors import Conflict, NotFound
from bot.store.db import again, fetch, insert_new, locking, run, transaction
from bot.store.spans import qmarks, spans

_COLUMNS = (
    "id, account_id, slug, kind, title, latest, published, published_at, archived_at, updated_at"
)
_NEW = ("account_id", "slug", "kind", "title", "latest", "created_at", "updated_at")
DOMAIN, FORBIDDEN = "domain", "forbidden"
TERMS = (DOMAIN, FORBIDDEN)
_PLAIN = str.maketrans({"!": "!!", "%": "!%", "_": "!_"})  # in a LIKE they mean something


@dataclass(frozen=True, slots=True)
class ContentState:
    """A piece of content. `latest` and `published` are numbers of versions."""

    id: int
    account_id: int
    slug: str
    kind: str
    title: str
    latest: int
    published: int | None
    published_at: datetime | None
    archived_at: datetime | None
    updated_at: datetime

    @property
    def state(self) -> str:
        """draft, published, edited (published, and a draft beside it) or archived."""
        if self.archived_at is not None:
            return "archived"
        if self.published is None:
            return "draft"
        return "published" if self.published == self.latest else "edited"


@dataclass(frozen=True, slots=True)
class Version:
    """A document as somebody wrote it."""

    number: int
    document: dict[str, Any]
    author: str
    at: datetime


def _state(row: tuple[Any, ...]) -> ContentState:
    id, account_id, slug, kind, title, latest, published, at, archived_at, updated_at = row
    return ContentState(
        id, account_id, slug, kind, title, latest, published,
        instant(at), instant(archived_at), from_ms(updated_at),
    )  # fmt: skip


def find(account_id: int, slug: str, *, lock: bool = False) -> ContentState | None:
    """Archived ones, too. With `lock` held until the transaction ends."""
    rows = fetch(
        f"SELECT {_COLUMNS} FROM content WHERE account_id = ? AND slug = ?"
        + (locking() if lock else ""),
        (account_id, slug),
    )
    return _state(rows[0]) if rows else None


def by_slug(account_id: int, slug: str, *, lock: bool = False) -> ContentState:
    """Raises NotFound."""
    found = find(account_id, slug, lock=lock)
    if found is None:
        raise NotFound(f"there is no content {slug!r}")
    return found


def page(
    account_id: int, after: str = "", limit: int = 500, *, kind: str = "", archived: bool = False
) -> list[tuple[ContentState, dict[str, Any]]]:
    """Pieces with their latest documents by slug, those after `after`."""
    rows = fetch(
        f"SELECT {', '.join(f'c.{one}' for one in _COLUMNS.split(', '))}, v.document FROM content c"
        " JOIN content_version v ON v.content_id = c.id AND v.number = c.latest"
        " WHERE c.account_id = ? AND c.slug > ? AND (c.kind = ? OR ? = '')"
        " AND (c.archived_at IS NULL OR ? = 1) ORDER BY c.slug LIMIT ?",
        (account_id, after, kind, kind, int(archived), limit),
    )
    return [(_state(row[:-1]), json.loads(row[-1])) for row in rows]


def all_of(
    account_id: int, *, kind: str = "", archived: bool = False
) -> Iterator[tuple[ContentState, dict[str, Any]]]:
    """Every piece with its latest document by slug, read a page at a time."""
    after = ""
    while found := page(account_id, after, kind=kind, archived=archived):
        yield from found
        after = found[-1][0].slug


def named(account_id: int, part: str, limit: int) -> list[tuple[str, str]]:
    """(slug, title) of pieces in use whose slug or title holds `part` (in lower case), by slug."""
    like = f"%{part.translate(_PLAIN)}%"
    rows = fetch(
        "SELECT slug, title FROM content WHERE account_id = ? AND archived_at IS NULL"
        " AND (slug LIKE ? ESCAPE '!' OR LOWER(title) LIKE ? ESCAPE '!') ORDER BY slug LIMIT ?",
        (account_id, like, like, limit),
    )
    return [(slug, title) for slug, title in rows]


# --- versions ----------------------------------------------------------------------------------


def version(content_id: int, number: int) -> Version:
    """Raises NotFound."""
    rows = fetch(
        "SELECT number, document, author, at FROM content_version"
        " WHERE content_id = ? AND number = ?",
        (content_id, number),
    )
    if not rows:
        raise NotFound(f"there is no version {number}")
    return _version(rows[0])


def versions(content_id: int, limit: int = 100) -> list[Version]:
    """The newest first."""
    rows = fetch(
        "SELECT number, document, author, at FROM content_version WHERE content_id = ?"
        " ORDER BY number DESC LIMIT ?",
        (content_id, limit),
    )
    return [_version(row) for row in rows]


def _version(row: tuple[Any, ...]) -> Version:
    return Version(row[0], json.loads(row[1]), row[2], from_ms(row[3]))


def published(account_id: int, slug: str) -> Version:
    """What goes out now. Raises NotFound: nothing is published, or it is archived."""
    rows = fetch(
        "SELECT v.number, v.document, v.author, v.at FROM content c"
        " JOIN content_version v ON v.content_id = c.id AND v.number = c.published"
        " WHERE c.account_id = ? AND c.slug = ? AND c.archived_at IS NULL",
        (account_id, slug),
    )
    if not rows:
        raise NotFound(f"no content {slug!r} is published")
    return _version(rows[0])


def published_of(account_id: int, slugs: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The published documents of these slugs, in their order; those that have none are left out."""
    found: dict[str, dict[str, Any]] = {}
    for some in spans(slugs):
        rows = fetch(
            "SELECT c.slug, v.document FROM content c"
            " JOIN content_version v ON v.content_id = c.id AND v.number = c.published"
            " WHERE c.account_id = ? AND c.archived_at IS NULL"
            f" AND c.slug IN ({qmarks(some)})",
            (account_id, *some),
        )
        found |= {slug: json.loads(document) for slug, document in rows}
    return {slug: found[slug] for slug in slugs if slug in found}


@again
def keep(
    account_id: int, kind: str, slug: str, document: Mapping[str, Any], author: str, now: datetime
) -> tuple[ContentState, bool]:
    """The document as the latest version; False: it says what the latest says already.

    What was archived stays so until it is published. Raises Conflict when its kind would change.
    """
    text = json.dumps(dict(document), ensure_ascii=False)
    known = find(account_id, slug)  # a file that is told every night is mostly read
    if known is not None and _says(known, kind, text):
        return known, False
    with transaction():
        title, at = str(document["title"]), to_ms(now)
        if known is None:
            insert_new("content", _NEW, (account_id, slug, kind, title, 0, at, at))
        found = by_slug(account_id, slug, lock=True)
        if found.kind != kind:
            raise Conflict(f"{slug} is {found.kind} already: a piece of content keeps its kind")
        if found.latest and _says(found, kind, text):
            return found, False
        insert_new(
            "content_version",
            ("content_id", "number", "document", "author", "at"),
            (found.id, found.latest + 1, text, author[:64], at),
        )
        run(
            "UPDATE content SET latest = latest + 1, title = ?, updated_at = ? WHERE id = ?",
            (title, at, found.id),
        )
    return by_slug(account_id, slug), True


def _says(state: ContentState, kind: str, text: str) -> bool:
    """Whether the latest version is this document."""
    return state.kind == kind and version(state.id, state.latest).document == json.loads(text)


def point(content_id: int, number: int, now: datetime) -> bool:
    """Let a version be the published one. False: it is already. Raises NotFound."""
    version(content_id, number)
    return bool(
        run(
            "UPDATE content SET published = ?, published_at = ?, updated_at = ?, archived_at = NULL"
            " WHERE id = ? AND (published IS NULL OR published <> ? OR archived_at IS NOT NULL)",
            (number, to_ms(now), to_ms(now), content_id, number),
        )
    )


def archive(content_id: int, now: datetime) -> bool:
    """Take it out of use; its versions stay. False: it was out already."""
    return bool(
        run(
            "UPDATE content SET archived_at = ?, updated_at = ?"
            " WHERE id = ? AND archived_at IS NULL",
            (to_ms(now), to_ms(now), content_id),
        )
    )


# --- terms -------------------------------------------------------------------------------------


def terms(account_id: int, kind: str) -> list[str]:
    """In their order."""
    rows = fetch(
        "SELECT value FROM content_term WHERE account_id = ? AND kind = ? ORDER BY value",
        (account_id, kind),
    )
    return [value for (value,) in rows]


def add_term(account_id: int, kind: str, value: str) -> bool:
    """False: it was there."""
    columns = ("account_id", "kind", "value")
    return insert_new("content_term", columns, (account_id, kind, value)) is not None


def remove_term(account_id: int, kind: str, value: str) -> bool:
    """False: it was not there."""
    return bool(
        run(
            "DELETE FROM content_term WHERE account_id = ? AND kind = ? AND value = ?",
            (account_id, kind, value),
        )
    )
