"""Followers with all that is told of them, page by page in the order of their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.clock import instant, to_ms
from bot.store import profiles, segments
from bot.store.db import fetch
from bot.store.fields import Holder

_PAGE = 500
_COLUMNS = (
    "f.id, f.subscribed, f.language, f.stage, f.source_scene, f.created_at, f.opted_out_at,"
    " p.first_seen_at, p.last_seen_at, p.messages, p.orders, p.redeemed, p.spent_fen"
)


@dataclass(frozen=True, slots=True)
class Exported:
    """A follower by number. `openid` and `unionid` only where they were asked for."""

    id: int
    subscribed: bool
    language: str
    stage: str
    source_scene: str
    since: datetime | None
    opted_out: bool
    first_seen: datetime | None
    last_seen: datetime | None
    messages: int
    orders: int
    redeemed: int
    spent_fen: int
    attributes: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    interests: dict[str, float] = field(default_factory=dict)  # topic -> level
    segments: list[str] = field(default_factory=list)
    openid: str = ""
    unionid: str = ""


def attribute_names(account_id: int) -> list[str]:
    """Every name that a follower of the account has."""
    rows = fetch(
        "SELECT DISTINCT a.name FROM follower_attribute a JOIN follower f ON f.id = a.follower_id"
        " WHERE f.account_id = ? ORDER BY a.name",
        (account_id,),
    )
    return [row[0] for row in rows]


@dataclass(frozen=True, slots=True)
class Only:
    """What narrows an export further. `tag`: those who have it now; `state`: following, left,
    blacklisted or opted_out; "" for all."""

    tag: str = ""
    state: str = ""


ALL = Only()
_STATES = {
    "": "",
    "following": " AND f.subscribed = TRUE",
    "left": " AND f.subscribed = FALSE",
    "blacklisted": " AND f.blacklisted = TRUE",
    "opted_out": " AND f.opted_out_at IS NOT NULL",
}


def count(account_id: int, segment_id: int | None, only: Only = ALL, at: int = 0) -> int:
    """How many `pages` will give. `at`: the instant (ms) at which a tag is had."""
    joined, where, params = _of(account_id, segment_id, only, at)
    sql = f"SELECT COUNT(*) FROM follower f{joined} WHERE {where}"
    return int(fetch(sql, params)[0][0])


def pages(
    account_id: int,
    segment_id: int | None,
    now: datetime,
    *,
    personal: bool = False,
    only: Only = ALL,
) -> Iterator[list[Exported]]:
    """Who is not erased, ascending; who comes or goes meanwhile may be in or out."""
    joined, where, params = _of(account_id, segment_id, only, to_ms(now))
    after = 0
    while True:
        rows = fetch(
            f"SELECT {_COLUMNS} FROM follower f{joined}"
            " LEFT JOIN profile p ON p.follower_id = f.id"
            f" WHERE {where} AND f.id > ? ORDER BY f.id LIMIT ?",
            (*params, after, _PAGE),
        )
        if rows:
            after = rows[-1][0]
            yield _filled(account_id, rows, personal, now)
        if len(rows) < _PAGE:
            return


def _of(
    account_id: int, segment_id: int | None, only: Only, at: int
) -> tuple[str, str, tuple[Any, ...]]:
    joined, where = "", f"f.account_id = ? AND f.erased_at IS NULL{_STATES[only.state]}"
    params: list[Any] = [account_id]
    if segment_id is not None:
        joined, where = (
            " JOIN segment_member m ON m.follower_id = f.id",
            f"{where} AND m.segment_id = ?",
        )
        params.append(segment_id)
    if only.tag:
        joined += " JOIN follower_tag t ON t.follower_id = f.id"
        where += " AND t.tag = ? AND (t.until_at IS NULL OR t.until_at > ?)"
        params += [only.tag, at]
    return joined, where, tuple(params)


def _filled(account_id: int, rows: Sequence[Any], personal: bool, now: datetime) -> list[Exported]:
    ids = [row[0] for row in rows]
    marks = ",".join("?" * len(ids))
    attributes: dict[int, dict[str, str]] = {}
    for id_, name, text in fetch(
        f"SELECT follower_id, name, text FROM follower_attribute WHERE follower_id IN ({marks})",
        ids,
    ):
        attributes.setdefault(id_, {})[name] = text
    tags: dict[int, list[str]] = {}
    for id_, tag in fetch(
        f"SELECT follower_id, tag FROM follower_tag WHERE follower_id IN ({marks})"
        " AND (until_at IS NULL OR until_at > ?) ORDER BY tag",
        (*ids, to_ms(now)),
    ):
        tags.setdefault(id_, []).append(tag)
    interests = profiles.interests_of(ids)
    member_of = segments.memberships(account_id, ids)
    names = _names(ids) if personal else {}
    return [
        Exported(
            id=row[0], subscribed=bool(row[1]), language=row[2], stage=row[3],
            source_scene=row[4], since=instant(row[5]), opted_out=row[6] is not None,
            first_seen=instant(row[7]), last_seen=instant(row[8]), messages=row[9] or 0,
            orders=row[10] or 0, redeemed=row[11] or 0, spent_fen=row[12] or 0,
            attributes=attributes.get(row[0], {}), tags=tags.get(row[0], []),
            interests=interests.get(row[0], {}),
            segments=sorted(member_of.get(row[0], ())),
            openid=names.get(row[0], ("", ""))[0], unionid=names.get(row[0], ("", ""))[1],
        )
        for row in rows
    ]  # fmt: skip


def _names(ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """(openid, unionid) opened."""
    marks = ",".join("?" * len(ids))
    return {
        row[0]: (_opened(row[1], "follower.openid"), _opened(row[2], "follower.unionid"))
        for row in fetch(f"SELECT id, openid, unionid FROM follower WHERE id IN ({marks})", ids)
    }


def _opened(sealed: Any, place: str) -> str:
    return "" if sealed is None else Holder.vault.open(bytes(sealed), place).decode()
