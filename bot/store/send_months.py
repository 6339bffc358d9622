"""The ledger by months and days: what was used of goods that a calendar limits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.clock import to_ms
from bot.store.db import fetch, is_sqlite
from bot.store.sends import only
from bot.store.spans import qmarks, spans
from bot.values.audience import Channel, SendState

MASS = (Channel.MASS_LIST, Channel.MASS_TAG)
MAY_HAVE_ARRIVED = (SendState.SENT, SendState.CLAIMED, SendState.UNKNOWN)


def mass_counts(follower_ids: Sequence[int], since: datetime) -> dict[int, int]:
    """Mass messages since then by follower, claimed and unknown ones included; 0 is left out."""
    condition = only(
        f"channel IN ({qmarks(MASS)}) AND claimed_at >= ? AND state IN ({qmarks(MAY_HAVE_ARRIVED)})"
    )
    return {
        who: int(count)
        for span in spans(follower_ids)
        for who, count in fetch(
            f"SELECT follower_id, COUNT(*) FROM send WHERE follower_id IN ({qmarks(span)})"
            f" AND {condition} GROUP BY follower_id",
            (*span, *MASS, to_ms(since), *MAY_HAVE_ARRIVED),
        )
    }


DAY_MS = 86_400_000


def mass_used(account_id: int, first: datetime, end: datetime) -> dict[int, int]:
    """Mass messages had in the span -> followers with so many; without any: left out."""
    found = fetch(
        "SELECT had, COUNT(*) FROM (SELECT follower_id, COUNT(*) AS had FROM send"
        " WHERE campaign_id IN (SELECT DISTINCT campaign_id FROM mass_batch WHERE account_id = ?"
        f" AND opened_at >= ?) AND channel IN ({qmarks(MASS)}) AND claimed_at >= ?"
        f" AND claimed_at < ? AND state IN ({qmarks(MAY_HAVE_ARRIVED)}) GROUP BY follower_id)"
        " AS each_of GROUP BY had",
        (account_id, to_ms(first) - 31 * DAY_MS, *MASS, to_ms(first), to_ms(end),
         *MAY_HAVE_ARRIVED),
    )  # fmt: skip
    return {int(had): int(people) for had, people in found}


def by_day(
    account_id: int, first: datetime, end: datetime, offset: timedelta
) -> list[tuple[int, str, int]]:
    """(day number from `first`, channel, sends) of the account's campaigns.

    offset   of the days' zone from UTC
    """
    shift = offset // timedelta(milliseconds=1)
    local = f"(claimed_at + {shift:d})"
    into = f"{local} % {DAY_MS:d}" if is_sqlite() else f"MOD({local}, {DAY_MS:d})"
    day = f"({local} - {into})"
    found = fetch(
        f"SELECT {day} AS day_ms, channel, COUNT(*) FROM send WHERE campaign_id IN"
        " (SELECT id FROM campaign WHERE account_id = ?) AND claimed_at >= ? AND claimed_at < ?"
        f" AND state IN ({qmarks(MAY_HAVE_ARRIVED)}) GROUP BY day_ms, channel"
        " ORDER BY day_ms, channel",
        (account_id, to_ms(first), to_ms(end), *MAY_HAVE_ARRIVED),
    )
    begins = to_ms(first) + shift
    return [((int(at) - begins) // DAY_MS, str(c), int(n)) for at, c, n in found]


def waiting(account_id: int) -> dict[int, int]:
    """Rows that still wait, by campaign."""
    found = fetch(
        "SELECT campaign_id, COUNT(*) FROM send WHERE state = ? AND campaign_id IN"
        " (SELECT id FROM campaign WHERE account_id = ? AND state IN ('planning', 'running',"
        " 'paused')) GROUP BY campaign_id",
        (SendState.INTENDED, account_id),
    )
    return {int(campaign): int(rows) for campaign, rows in found}


def reachable(account_id: int) -> int:
    """Followers of the account whom a mass message may reach at all."""
    return int(
        fetch(
            "SELECT COUNT(*) FROM follower WHERE account_id = ? AND subscribed = ?"
            " AND blacklisted = ? AND marketing_consent = ? AND opted_out_at IS NULL"
            " AND erased_at IS NULL",
            (account_id, True, False, True),
        )[0][0]
    )
