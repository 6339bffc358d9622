"""Leases: one holder at a time for a named thing, on any number of processes and machines.

A lease is one row, taken by one compare-and-set on the database's own clock. `fence` grows at each
take-over, so work begun under a lost lease can be told from work under the present one.
"""

from __future__ import annotations

from bot.store.db import fetch, insert_new, now_ms, run, transaction


def acquire(name: str, owner: str, ms: int) -> int | None:
    """Take or renew the lease for `ms` milliseconds; its fence, or None while another holds it."""
    with transaction():
        now = now_ms()
        # MySQL assigns left to right and reads new values: the fence must come before the owner.
        changed = run(
            "UPDATE lease SET fence = CASE WHEN owner = ? THEN fence ELSE fence + 1 END,"
            " owner = ?, until = ? WHERE name = ? AND (owner = ? OR until <= ?)",
            (owner, owner, now + ms, name, owner, now),
        )
        if not changed:
            columns = ("name", "owner", "fence", "until")
            first = insert_new("lease", columns, (name, owner, 1, now + ms), key="name")
            return None if first is None else 1
        return int(fetch("SELECT fence FROM lease WHERE name = ?", (name,))[0][0])


def release(name: str, owner: str) -> bool:
    """Give the lease back early. False: it was not ours any more."""
    return run("UPDATE lease SET until = 0 WHERE name = ? AND owner = ?", (name, owner)) == 1


def holder(name: str) -> str | None:
    """Who holds it now."""
    rows = fetch("SELECT owner FROM lease WHERE name = ? AND until > ?", (name, now_ms()))
    return rows[0][0] if rows else None
