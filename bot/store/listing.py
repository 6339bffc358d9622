"""Followers as the platform lists them: found in bulk, met in a round, missing at its end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from bot.clock import instant, to_ms
from bot.store.db import fetch, is_mysql, run, run_many
from bot.store.fields import Holder
from bot.store.followers import blind
from bot.store.spans import qmarks, spans

UNIONID = "follower.unionid"


class Known(NamedTuple):
    """Somebody who has a row here. `detailed_at` None: the platform never told details."""

    id: int
    subscribed: bool
    detailed_at: datetime | None


def known(account_id: int, openids: Sequence[str]) -> dict[str, Known]:
    """Who of these openids has a row, by openid."""
    found: dict[str, Known] = {}
    for part in spans(openids):
        by_hash = {blind(openid): openid for openid in part}
        for hash_, *row in fetch(
            "SELECT f.openid_hash, f.id, f.subscribed, l.detailed_at FROM follower f"
            " LEFT JOIN listing l ON l.follower_id = f.id"
            f" WHERE f.account_id = ? AND f.openid_hash IN ({qmarks(part)})",
            (account_id, *by_hash),
        ):
            found[by_hash[hash_]] = Known(row[0], bool(row[1]), instant(row[2]))
    return found


def present(account_id: int, ids: Collection[int]) -> set[int]:
    """Which of these follower ids are the account's, and not erased."""
    found: set[int] = set()
    for part in spans(sorted(ids)):
        rows = fetch(
            "SELECT id FROM follower WHERE account_id = ? AND erased_at IS NULL"
            f" AND id IN ({qmarks(part)})",
            (account_id, *part),
        )
        found |= {row[0] for row in rows}
    return found


def meet(run_id: int, ids: Sequence[int], detailed: Collection[int], now: datetime) -> None:
    """Note that this round met them, of some with details. In a transaction.

    A round that began later keeps its mark: it met them, too.
    """
    ignore, end = ("IGNORE ", "") if is_mysql() else ("", " ON CONFLICT DO NOTHING")
    run_many(
        f"INSERT {ignore}INTO listing (follower_id, run_id) VALUES (?, ?){end}",
        [(id_, run_id) for id_ in ids],
    )
    for part in spans(ids):
        run(
            f"UPDATE listing SET run_id = ? WHERE run_id < ? AND follower_id IN ({qmarks(part)})",
            (run_id, run_id, *part),
        )
    run_many(
        "UPDATE listing SET detailed_at = ? WHERE follower_id = ?",
        [(to_ms(now), id_) for id_ in detailed],
    )


def missing(account_id: int, run_id: int, before: datetime, limit: int) -> list[int]:
    """Who is taken to follow since before `before`, and was met by no round from this one on."""
    rows = fetch(
        "SELECT f.id FROM follower f WHERE f.account_id = ? AND f.subscribed = ?"
        " AND f.erased_at IS NULL AND (f.subscribed_at IS NULL OR f.subscribed_at < ?)"
        " AND NOT EXISTS (SELECT 1 FROM listing l WHERE l.follower_id = f.id AND l.run_id >= ?)"
        " ORDER BY f.id LIMIT ?",
        (account_id, True, to_ms(before), run_id, limit),
    )
    return [row[0] for row in rows]


def anybody(account_id: int) -> bool:
    """Whether somebody is taken to follow."""
    return bool(
        fetch(
            "SELECT 1 FROM follower WHERE account_id = ? AND subscribed = ? LIMIT 1",
            (account_id, True),
        )
    )


def keep_unionid(follower_id: int, unionid: str) -> bool:
    """Keep who this is across the owner's accounts. False: known, or erased."""
    hash_ = Holder.vault.blind(unionid, UNIONID)
    return (
        run(
            "UPDATE follower SET unionid = ?, unionid_hash = ? WHERE id = ? AND erased_at IS NULL"
            " AND (unionid_hash IS NULL OR unionid_hash <> ?)",
            (Holder.vault.seal(unionid.encode(), UNIONID), hash_, follower_id, hash_),
        )
        == 1
    )


def segments_of(follower_id: int) -> list[str]:
    """The slugs of the segments that somebody is in."""
    rows = fetch(
        "SELECT s.slug FROM segment_member m JOIN segment s ON s.id = m.segment_id"
        " WHERE m.follower_id = ? ORDER BY s.slug",
        (follower_id,),
    )
    return [row[0] for row in rows]


# --- the blacklist -------------------------------------------------------------------------------


def blacklisted(account_id: int) -> set[int]:
    """Who is on it, as far as we know."""
    rows = fetch(
        "SELECT id FROM follower WHERE account_id = ? AND blacklisted = TRUE", (account_id,)
    )
    return {row[0] for row in rows}


def set_blacklisted(ids: Sequence[int], on: bool) -> list[int]:
    """Put them on our copy of the list or take them off; those for whom that was new."""
    return [
        id_
        for id_ in ids
        if run(
            "UPDATE follower SET blacklisted = ? WHERE id = ? AND blacklisted <> ?"
            " AND erased_at IS NULL",
            (on, id_, on),
        )
    ]
