"""Who is in a segment's list, who is put in or kept out by hand, and whose sends rules look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import from_ms, to_ms
from bot.store.db import fetch, is_mysql, run, run_many, transaction
from bot.store.fields import Holder
from bot.store.segments import mark_dirty

_SPAN = 500
MOST_DIRTY = 20_000  # a list that changes by more than this is compared anew, by SQL


# What a line of a list may name a follower by; a customer's number is an attribute of his.
NAMES = ("id", "openid", "customer")
CUSTOMER = "customer_number"


class Named(NamedTuple):
    """A line of a list, and what it says; "" where that cannot name anybody."""

    line: int
    text: str


class Pin(NamedTuple):
    """`included`: put in; otherwise kept out."""

    follower_id: int
    included: bool
    at: datetime
    author: str
    reason: str


# --- pins --------------------------------------------------------------------------------------


def pin(
    segment_id: int, follower_ids: Sequence[int], included: bool, author: str, reason: str,
    now: datetime,
) -> int:  # fmt: skip
    """Put followers in, or keep them out, whatever the rule says; how many pins were written."""
    ids = sorted(set(follower_ids))
    with transaction():
        unpin(segment_id, ids)
        run_many(
            "INSERT INTO segment_pin (segment_id, follower_id, included, at, author, reason)"
            " VALUES (?,?,?,?,?,?)",
            [(segment_id, one, included, to_ms(now), author[:64], reason[:190]) for one in ids],
        )
        mark_dirty(ids)
    return len(ids)


def unpin(segment_id: int, follower_ids: Sequence[int]) -> int:
    """Let the rule decide again; how many pins went."""
    with transaction():
        gone = run_many(
            "DELETE FROM segment_pin WHERE segment_id = ? AND follower_id = ?",
            [(segment_id, one) for one in sorted(set(follower_ids))],
        )
        mark_dirty(follower_ids)
    return gone


def pins(segment_id: int, limit: int = 1000) -> list[Pin]:
    """The newest pins."""
    rows = fetch(
        "SELECT follower_id, included, at, author, reason FROM segment_pin WHERE segment_id = ?"
        " ORDER BY at DESC, follower_id LIMIT ?",
        (segment_id, limit),
    )
    return [Pin(row[0], bool(row[1]), from_ms(row[2]), row[3], row[4]) for row in rows]


# --- lists -------------------------------------------------------------------------------------


def listed(segment_id: int) -> set[int]:
    rows = fetch("SELECT follower_id FROM segment_listed WHERE segment_id = ?", (segment_id,))
    return {row[0] for row in rows}


def change_list(segment_id: int, adding: Iterable[int], dropping: Iterable[int]) -> tuple[int, int]:
    """Add and drop followers, in a transaction; how many were new, and how many went.

    Those who changed are dirty; where they are many, `many_changed` says that comparing all is
    cheaper, and the caller asks for that.
    """
    new, gone = sorted(set(adding)), sorted(set(dropping))
    ignore, end = ("IGNORE ", "") if is_mysql() else ("", " ON CONFLICT DO NOTHING")
    with transaction():
        came = run_many(
            f"INSERT {ignore}INTO segment_listed (segment_id, follower_id) VALUES (?,?){end}",
            [(segment_id, one) for one in new],
        )
        went = run_many(
            "DELETE FROM segment_listed WHERE segment_id = ? AND follower_id = ?",
            [(segment_id, one) for one in gone],
        )
        if not many_changed(new, gone):
            mark_dirty([*new, *gone])
    return came, went


def many_changed(new: Sequence[int], gone: Sequence[int]) -> bool:
    return len(new) + len(gone) > MOST_DIRTY


def build_anew(segment_ids: Sequence[int]) -> None:
    """These segments' members are compared with their rules at the next refresh.

    By a new version: a refresh that is under way has read the old list, and is not to record that
    it fits.
    """
    with transaction():
        run_many(
            "UPDATE segment SET version = version + 1 WHERE id = ?", [(one,) for one in segment_ids]
        )


def find_many(account_id: int, by: str, names: Sequence[str]) -> dict[str, int]:
    """Follower ids by name; who is unknown, erased or another account's is left out."""
    found: dict[str, int] = {}
    for start in range(0, len(names), _SPAN):
        found |= _find(account_id, by, [one for one in names[start : start + _SPAN] if one])
    return found


def _find(account_id: int, by: str, names: list[str]) -> dict[str, int]:
    if by == "id":
        keys: dict[Any, str] = {int(one): one for one in names if _is_id(one)}
        column = "f.id"
    elif by == "openid":
        keys = {Holder.vault.blind(one, "follower.openid"): one for one in names}
        column = "f.openid_hash"
    else:
        keys = {one: one for one in names}
        column = "a.text"
    if not keys:
        return {}
    joined = " JOIN follower_attribute a ON a.follower_id = f.id" if by == "customer" else ""
    more = " AND a.name = ?" if by == "customer" else ""
    rows = fetch(
        f"SELECT {column}, f.id FROM follower f{joined} WHERE f.account_id = ?"
        f" AND f.erased_at IS NULL AND {column} IN ({','.join('?' * len(keys))}){more}"
        " ORDER BY f.id DESC",
        (account_id, *keys, *([CUSTOMER] if by == "customer" else [])),
    )
    return {keys[key]: follower_id for key, follower_id in rows if key in keys}


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


# --- the ledger --------------------------------------------------------------------------------


def watch(segment_id: int, account_id: int, campaigns: Iterable[str]) -> None:
    """From now on sends of these campaigns make their followers dirty, for this segment's rule."""
    with transaction():
        run("DELETE FROM segment_watch WHERE segment_id = ?", (segment_id,))
        for slug in sorted(set(campaigns)):
            run(
                "INSERT INTO segment_watch (segment_id, campaign_id)"
                " SELECT s.id, c.id FROM segment s, campaign c"
                " WHERE s.id = ? AND c.account_id = ? AND c.slug = ?",
                (segment_id, account_id, slug),
            )


def mark_sent(send_ids: Iterable[int]) -> None:
    """These ledger rows changed: whoever's rule reads their campaigns looks at the followers again.

    Part of the transaction that changes them. Where no rule reads any, one look says so.
    """
    ids = list(send_ids)
    if not ids or not _watched():
        return
    found: set[int] = set()
    for start in range(0, len(ids), _SPAN):
        page = ids[start : start + _SPAN]
        rows = fetch(
            f"SELECT follower_id FROM send WHERE id IN ({','.join('?' * len(page))})"
            " AND EXISTS (SELECT 1 FROM segment_watch w WHERE w.campaign_id = send.campaign_id)",
            page,
        )
        found.update(row[0] for row in rows)
    mark_dirty(sorted(found))


def mark_planned(campaign_id: int, follower_ids: Sequence[int]) -> None:
    """Ledger rows of a campaign were written for these followers; as `mark_sent`."""
    if _watched(campaign_id):
        mark_dirty(follower_ids)


def _watched(campaign_id: int | None = None) -> bool:
    one, params = ("", []) if campaign_id is None else (" WHERE campaign_id = ?", [campaign_id])
    wanted: list[Any] = params
    return bool(fetch(f"SELECT 1 FROM segment_watch{one} LIMIT 1", wanted))
