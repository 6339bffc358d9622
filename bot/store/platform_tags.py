"""Tags 标签 on the platform: which there are, who is known to carry them, what is to go out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.errors import NotFound
from bot.store.db import fetch, insert_new, run, run_many

# Who has tag events that the fold has not seen is looked at later: their tags are not known yet.
_SETTLED = (
    " AND NOT EXISTS (SELECT 1 FROM event e WHERE e.follower_id = f.id AND e.kind = 'tag'"
    " AND e.folded = FALSE)"
)
_LIVE = "(t.until_at IS NULL OR t.until_at > ?)"


@dataclass(frozen=True, slots=True)
class PlatformTag:
    """`pushed`: followers who carry our tag of this name get it there, too."""

    id: int
    tag_id: int
    name: str
    pushed: bool
    fans: int

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "tag_id": self.tag_id,
            "fans": self.fans,
            "pushed": self.pushed,
            "known_here": known_count(self.id),
        }


def _tag(row: Sequence[Any]) -> PlatformTag:
    return PlatformTag(row[0], row[1], row[2], bool(row[3]), row[4])


def of_account(account_id: int) -> list[PlatformTag]:
    """All tags by their platform id."""
    rows = fetch(
        "SELECT id, tag_id, name, pushed, fans FROM platform_tag WHERE account_id = ?"
        " ORDER BY tag_id",
        (account_id,),
    )
    return [_tag(row) for row in rows]


def named(account_id: int, name: str) -> PlatformTag:
    """Raises NotFound."""
    for tag in of_account(account_id):
        if tag.name == name:
            return tag
    raise NotFound(f"the platform has no tag {name!r}; see: hongyan tags list")


def put(account_id: int, tag_id: int, name: str, fans: int, now: datetime) -> None:
    """A tag that the platform has; its name may have changed."""
    insert_new(
        "platform_tag",
        ("account_id", "tag_id", "name", "pushed", "fans", "seen_at"),
        (account_id, tag_id, name, False, fans, to_ms(now)),
    )
    run(
        "UPDATE platform_tag SET name = ?, fans = ?, seen_at = ?"
        " WHERE account_id = ? AND tag_id = ?",
        (name, fans, to_ms(now), account_id, tag_id),
    )


def set_pushed(tag: int, pushed: bool) -> None:
    run("UPDATE platform_tag SET pushed = ? WHERE id = ?", (pushed, tag))


def remove(tag: int) -> None:
    """Forget a tag, and who carried it."""
    run("DELETE FROM platform_tagging WHERE tag_id = ?", (tag,))
    run("DELETE FROM platform_tag WHERE id = ?", (tag,))


# --- who carries them ----------------------------------------------------------------------------


def known_count(tag: int) -> int:
    return int(fetch("SELECT COUNT(*) FROM platform_tagging WHERE tag_id = ?", (tag,))[0][0])


def tags_of(follower_id: int) -> set[int]:
    """Our ids of the tags that the platform is known to hold of a follower."""
    rows = fetch("SELECT tag_id FROM platform_tagging WHERE follower_id = ?", (follower_id,))
    return {row[0] for row in rows}


def carrying(tag: int, limit: int) -> list[int]:
    """Followers who are known to carry it."""
    rows = fetch(
        "SELECT follower_id FROM platform_tagging WHERE tag_id = ? ORDER BY follower_id LIMIT ?",
        (tag, limit),
    )
    return [row[0] for row in rows]


def carriers(tag: int, ids: Sequence[int]) -> set[int]:
    """Which of these followers, some hundreds, are known to carry it."""
    if not ids:
        return set()
    rows = fetch(
        "SELECT follower_id FROM platform_tagging WHERE tag_id = ?"
        f" AND follower_id IN ({','.join('?' * len(ids))})",
        (tag, *ids),
    )
    return {row[0] for row in rows}


def note(tag: int, ids: Iterable[int], run_id: int, now: datetime) -> list[int]:
    """The platform holds the tag of these; those for whom that was not known. In a transaction."""
    columns = ("follower_id", "tag_id", "run_id", "at")
    wanted = list(ids)
    before = carriers(tag, wanted)
    run_many(
        "UPDATE platform_tagging SET run_id = ? WHERE follower_id = ? AND tag_id = ?"
        " AND run_id < ?",
        [(run_id, id_, tag, run_id) for id_ in wanted if id_ in before],
    )
    fresh = [id_ for id_ in wanted if id_ not in before]
    return [
        id_
        for id_ in fresh
        if insert_new(
            "platform_tagging", columns, (id_, tag, run_id, to_ms(now)), key="follower_id"
        )
        is not None
    ]


def forget(tag: int, ids: Sequence[int]) -> None:
    """The platform does not hold the tag of these any more. In a transaction."""
    run_many(
        "DELETE FROM platform_tagging WHERE tag_id = ? AND follower_id = ?",
        [(tag, id_) for id_ in ids],
    )


def vanished(tag: int, run_id: int, before: datetime, limit: int) -> list[int]:
    """Who was known to carry it before `before`, and was not met by this round or a later one."""
    rows = fetch(
        "SELECT follower_id FROM platform_tagging WHERE tag_id = ? AND run_id < ? AND at < ?"
        " ORDER BY follower_id LIMIT ?",
        (tag, run_id, to_ms(before), limit),
    )
    return [row[0] for row in rows]


def from_platform(tag: PlatformTag, limit: int) -> list[int]:
    """Carriers whose tag here came from the platform alone."""
    rows = fetch(
        "SELECT p.follower_id FROM platform_tagging p JOIN follower_tag t"
        " ON t.follower_id = p.follower_id AND t.tag = ? AND t.source = 'wechat'"
        " WHERE p.tag_id = ? ORDER BY p.follower_id LIMIT ?",
        (tag.name, tag.id, limit),
    )
    return [row[0] for row in rows]


# --- what is to go out ---------------------------------------------------------------------------


def to_add(account_id: int, tag: PlatformTag, after: int, limit: int, now: datetime) -> list[int]:
    """Followers who carry our tag and lack it there, ascending after `after`."""
    rows = fetch(
        "SELECT f.id FROM follower_tag t JOIN follower f ON f.id = t.follower_id"
        f" WHERE t.tag = ? AND {_LIVE} AND f.account_id = ? AND f.subscribed = ?"
        " AND f.erased_at IS NULL AND f.id > ? AND NOT EXISTS (SELECT 1 FROM platform_tagging p"
        f" WHERE p.follower_id = f.id AND p.tag_id = ?){_SETTLED} ORDER BY f.id LIMIT ?",
        (tag.name, to_ms(now), account_id, True, after, tag.id, limit),
    )
    return [row[0] for row in rows]


def to_take(tag: PlatformTag, after: int, limit: int, now: datetime) -> list[int]:
    """Followers who have it there and carry our tag no more, ascending after `after`."""
    rows = fetch(
        "SELECT f.id FROM platform_tagging p JOIN follower f ON f.id = p.follower_id"
        " WHERE p.tag_id = ? AND f.subscribed = ? AND f.erased_at IS NULL AND f.id > ?"
        " AND NOT EXISTS (SELECT 1 FROM follower_tag t WHERE t.follower_id = f.id"
        f" AND t.tag = ? AND {_LIVE}){_SETTLED} ORDER BY f.id LIMIT ?",
        (tag.id, True, after, tag.name, to_ms(now), limit),
    )
    return [row[0] for row in rows]
