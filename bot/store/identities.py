"""Names under which other systems know people: kept sealed, found by a keyed hash, many at once.

Whoever looks one up in order to write, or changes whose it is, holds the account (`hold`): joins
of one account happen one after another, and an event cannot land beside a join.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.store.db import fetch, insert_new, is_mysql, locking, run, run_many
from bot.store.fields import Holder
from bot.store.spans import qmarks, spans
from bot.values.identity import Key, Kind, Member

PLACE = "identity.value"
UNIONID = "follower.unionid"
_COLUMNS = ("account_id", "kind", "of_system", "hash", "value", "in_base", "created_at")
_MEMBER = "id, kind, of_system, hash, contact, follower_id"


def blind(key: Key) -> str:
    """The keyed hash of a name; of a unionid the one that a follower's is found by."""
    if key.kind is Kind.UNIONID:
        return Holder.vault.blind(key.value, UNIONID)
    return Holder.vault.blind(f"{key.kind}\0{key.system}\0{key.value}", PLACE)


def hold(account_id: int) -> None:
    """Be the only one at this account's identities until the transaction ends."""
    sql = f"SELECT account_id FROM identity_head WHERE account_id = ?{locking()}"
    if not fetch(sql, (account_id,)):
        insert_new("identity_head", ("account_id",), (account_id,), key="account_id")
        fetch(sql, (account_id,))


# --- found and made ------------------------------------------------------------------------------


def found(account_id: int, keys: Collection[Key]) -> dict[Key, Member]:
    """The identities of these names; who has none is left out."""
    by_hash = {blind(key): key for key in keys}
    rows = [
        row
        for part in spans(list(by_hash))
        for row in fetch(
            f"SELECT {_MEMBER} FROM identity WHERE account_id = ? AND hash IN ({qmarks(part)})",
            (account_id, *part),
        )
    ]
    return {by_hash[row[3]]: _member(row) for row in rows}


def make(account_id: int, keys: Collection[Key], now: datetime) -> dict[Key, Member]:
    """Make identities that are not there yet, in a transaction that holds the account."""
    verb, end = ("INSERT IGNORE", "") if is_mysql() else ("INSERT", " ON CONFLICT DO NOTHING")
    row = f"({qmarks(_COLUMNS)})"
    since, seal = to_ms(now), Holder.vault.seal
    for part in spans(list(keys)):
        values: list[Any] = []
        for key in part:
            sealed = seal(key.value.encode(), PLACE)
            values += (account_id, key.kind, key.system, blind(key), sealed, False, since)
        rows = ",".join([row] * len(part))
        run(f"{verb} INTO identity ({','.join(_COLUMNS)}) VALUES {rows}{end}", values)
    return found(account_id, keys) if keys else {}


def of_unionids(account_id: int, keys: Iterable[Key]) -> dict[Key, int]:
    """Followers whose unionid the platform told, by key."""
    by_hash = {blind(key): key for key in keys if key.kind is Kind.UNIONID}
    return {
        by_hash[row[1]]: row[0]
        for part in spans(list(by_hash))
        for row in fetch(
            "SELECT id, unionid_hash FROM follower WHERE account_id = ? AND erased_at IS NULL"
            f" AND unionid_hash IN ({qmarks(part)}) ORDER BY id DESC",
            (account_id, *part),
        )
    }


def unionids_of(account_id: int, followers: Collection[int]) -> dict[int, str | None]:
    """The unionid's hash by follower; the erased and other accounts' followers are left out."""
    return {
        row[0]: row[1]
        for part in spans(sorted(followers))
        for row in fetch(
            "SELECT id, unionid_hash FROM follower WHERE account_id = ? AND erased_at IS NULL"
            f" AND id IN ({qmarks(part)})",
            (account_id, *part),
        )
    }


def awaited(account_id: int, followers: Collection[int]) -> list[tuple[int, int]]:
    """(identity, follower) where a unionid that waits is a follower's, of these followers."""
    return [
        (row[0], row[1])
        for part in spans(sorted(followers))
        for row in fetch(
            "SELECT i.id, f.id FROM follower f JOIN identity i ON i.account_id = f.account_id"
            " AND i.kind = ? AND i.of_system = '' AND i.hash = f.unionid_hash"
            " WHERE f.account_id = ? AND f.erased_at IS NULL AND i.follower_id IS NULL"
            f" AND f.id IN ({qmarks(part)})",
            (Kind.UNIONID, account_id, *part),
        )
    ]


def overlooked(account_id: int, limit: int = 1000) -> list[tuple[int, int]]:
    """The same of all followers, for the nightly look, but for those that were set apart."""
    return [
        (row[0], row[1])
        for row in fetch(
            "SELECT i.id, f.id FROM identity i JOIN follower f ON f.unionid_hash = i.hash"
            " AND f.account_id = i.account_id WHERE i.account_id = ? AND i.kind = ?"
            " AND i.follower_id IS NULL AND f.erased_at IS NULL AND NOT EXISTS"
            " (SELECT 1 FROM identity_join j WHERE j.identity_id = i.id AND j.follower_id = f.id)"
            " ORDER BY i.id LIMIT ?",
            (account_id, Kind.UNIONID, limit),
        )
    ]


# --- people --------------------------------------------------------------------------------------


def by_ids(account_id: int, ids: Collection[int]) -> list[Member]:
    return _members("id", account_id, ids)


def of_contacts(account_id: int, contacts: Collection[int]) -> list[Member]:
    """All identities of these people, by their contact number."""
    return _members("contact", account_id, contacts)


def of_followers(account_id: int, followers: Collection[int]) -> list[Member]:
    """All identities that were joined to these followers."""
    return _members("follower_id", account_id, followers)


def _members(column: str, account_id: int, values: Collection[int]) -> list[Member]:
    return [
        _member(row)
        for part in spans(sorted(values))
        for row in fetch(
            f"SELECT {_MEMBER} FROM identity WHERE account_id = ? AND {column} IN ({qmarks(part)})"
            " ORDER BY id",
            (account_id, *part),
        )
    ]


def _member(row: Sequence[Any]) -> Member:
    return Member(row[0], Kind(row[1]), row[2], row[3], row[4], row[5])


def place(members: Collection[Member]) -> None:
    """Write contact and follower of these, in a transaction that holds the account."""
    run_many(
        "UPDATE identity SET contact = ?, follower_id = ? WHERE id = ?",
        [(one.contact, one.follower, one.id) for one in members],
    )


def in_base(ids: Collection[int]) -> list[int]:
    """Those of which retention has folded removed events into a follower's base."""
    return [
        row[0]
        for part in spans(sorted(ids))
        for row in fetch(
            f"SELECT id FROM identity WHERE in_base = ? AND id IN ({qmarks(part)}) ORDER BY id",
            (True, *part),
        )
    ]


def went_into_base(event_ids: Sequence[int]) -> None:
    """These events are about to be removed, and stay counted with their followers."""
    for part in spans(event_ids):
        run(
            "UPDATE identity SET in_base = ? WHERE in_base = ? AND id IN (SELECT identity_id FROM"
            " event WHERE identity_id IS NOT NULL AND follower_id IS NOT NULL AND folded = ?"
            f" AND id IN ({qmarks(part)}))",
            (True, False, True, *part),
        )
