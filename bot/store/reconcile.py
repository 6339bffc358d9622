"""What the books say, for holding them against the platform's own."""

from __future__ import annotations

from collections.abc import Iterator

from bot.store import profiles, repair
from bot.store.db import fetch

_CHUNK = 5000


def send_states(account_id: int) -> Iterator[tuple[int, str, str]]:
    """(send id, step, state) of every ledger row of the account, ascending, in chunks."""
    after = 0
    while True:
        rows = fetch(
            "SELECT send.id, send.step, send.state FROM send"
            " JOIN campaign ON campaign.id = send.campaign_id"
            " WHERE campaign.account_id = ? AND send.id > ? ORDER BY send.id LIMIT ?",
            (account_id, after, _CHUNK),
        )
        if not rows:
            return
        yield from ((int(row[0]), row[1], row[2]) for row in rows)
        after = int(rows[-1][0])


def subscribed(account_id: int) -> int:
    return _count(
        "SELECT COUNT(*) FROM follower WHERE account_id = ? AND subscribed = ?", account_id, True
    )


def taps(account_id: int) -> int:
    """Every request of a tracked link, counted or automatic."""
    return _count(
        "SELECT COUNT(*) FROM click JOIN follower ON follower.id = click.follower_id"
        " WHERE follower.account_id = ?",
        account_id,
    )


def claimed(account_id: int) -> int:
    """Codes that their follower opened by an own act."""
    return _count(
        "SELECT COUNT(*) FROM coupon_code AS code"
        " JOIN coupon_batch AS batch ON batch.id = code.batch_id"
        " WHERE batch.account_id = ? AND code.claimed_at IS NOT NULL",
        account_id,
    )


def redeemed(account_id: int) -> int:
    return _count(
        "SELECT COUNT(*) FROM coupon_code AS code"
        " JOIN coupon_batch AS batch ON batch.id = code.batch_id"
        " WHERE batch.account_id = ? AND code.state = 'redeemed'",
        account_id,
    )


def unsettled() -> dict[str, int]:
    """What the jobs still have to do; all zero when the house is at rest."""
    return {
        "inbox": repair.unfinished(),
        "late answers": _count("SELECT COUNT(*) FROM inbox WHERE answer IN ('late', 'sending')"),
        "fold": profiles.backlog(),
        "segments": _count("SELECT COUNT(*) FROM segment_dirty"),
        "sends": _count("SELECT COUNT(*) FROM send WHERE state = 'claimed'"),
    }


def _count(sql: str, *params: object) -> int:
    return int(fetch(sql, params)[0][0])
