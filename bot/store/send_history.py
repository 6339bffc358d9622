"""What a follower has had and is to have from other campaigns, for many followers at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.clock import from_ms, to_ms
from bot.store.db import fetch
from bot.store.sends import only
from bot.store.spans import qmarks
from bot.values.audience import Purpose, SendState

_MAY_HAVE_ARRIVED = (SendState.SENT, SendState.CLAIMED, SendState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Past:
    """Marketing sends to one follower.

    unanswered  since the last own act of theirs
    last_at     the latest of all
    alike_at    the latest about the same topic; None: there was none
    """

    unanswered: int
    last_at: datetime
    alike_at: datetime | None


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a campaign by which others are outranked."""

    campaign_id: int
    generation: int
    slug: str


def past(
    ids: Sequence[int], since: datetime, batches: Sequence[int], pieces: Sequence[str]
) -> dict[int, Past]:
    """By follower, of sends later than `since`; who had none is left out.

    batches, pieces   coupon batches and library pieces that are about the same topic
    """
    if not ids:
        return {}
    alike = _alike(batches, pieces)
    found = fetch(
        "SELECT s.follower_id, SUM(CASE WHEN s.claimed_at > COALESCE(p.last_seen_at, 0)"
        " AND s.claimed_at > COALESCE(f.last_inbound_at, 0) THEN 1 ELSE 0 END),"
        f" MAX(s.claimed_at), MAX(CASE WHEN {alike} THEN s.claimed_at END)"
        " FROM send s JOIN follower f ON f.id = s.follower_id"
        " LEFT JOIN profile p ON p.follower_id = s.follower_id"
        f" WHERE s.follower_id IN ({qmarks(ids)}) AND s.purpose = ? AND s.claimed_at > ?"
        f" AND {only('s.state IN (?, ?, ?)')} GROUP BY s.follower_id",
        (*batches, *pieces, *ids, Purpose.MARKETING, to_ms(since), *_MAY_HAVE_ARRIVED),
    )
    return {
        who: Past(int(unanswered), from_ms(last), from_ms(same) if same else None)
        for who, unanswered, last, same in found
    }


def _alike(batches: Sequence[int], pieces: Sequence[str]) -> str:
    tests = [
        f"s.{column} IN ({qmarks(values)})"
        for column, values in (("batch_id", batches), ("content", pieces))
        if values
    ]
    return " OR ".join(tests) or "1 = 0"


def outranking(ids: Sequence[int], runs: Sequence[Run], until: datetime) -> dict[int, Run]:
    """Which of these runs is to reach each follower before `until`; the first named counts."""
    found: dict[int, Run] = {}
    if not ids:
        return found
    for run in reversed(runs):
        rows = fetch(
            "SELECT follower_id FROM send WHERE campaign_id = ? AND generation = ?"
            f" AND step = 'offer' AND follower_id IN ({qmarks(ids)})"
            f" AND {only('state = ? AND not_before < ?')}",
            (run.campaign_id, run.generation, *ids, SendState.INTENDED, to_ms(until)),
        )
        found |= dict.fromkeys((row[0] for row in rows), run)
    return found


def best_minute(account_id: int, since: datetime) -> int | None:
    """The most messages that the account has sent in a minute since then. Only minutes count after
    which the run went on: the last one, or the only one of a small run, tells how many people there
    were and not how fast it goes. None: there was no such minute."""
    found = fetch(
        "SELECT MAX(p.sent) FROM send_progress p JOIN campaign c ON c.id = p.campaign_id"
        " WHERE c.account_id = ? AND p.minute >= ? AND EXISTS (SELECT 1 FROM send_progress later"
        " WHERE later.campaign_id = p.campaign_id AND later.generation = p.generation"
        " AND later.minute > p.minute AND later.minute <= p.minute + 60000 AND later.sent > 0)",
        (account_id, to_ms(since)),
    )
    return int(found[0][0]) if found[0][0] else None
