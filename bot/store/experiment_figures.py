"""What the arms of an experiment came to: one grouped statement a figure, each follower once.

Only rows that were drawn count (`chance` is set): who got the winner after the roll-out, or the one
text of a run, was compared with nobody. An act counts within a time from its own send, so that
those who were sent to early have no advantage.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bot.clock import instant, to_ms
from bot.store.db import fetch
from bot.store.effect_funnel import purpose_of
from bot.store.effect_responses import LEAVING

_RUNS = (
    " FROM experiment_run r JOIN send s ON s.campaign_id = r.campaign_id"
    " AND (r.generation = 0 OR s.generation = r.generation)"
    " AND s.step = 'offer' AND s.chance IS NOT NULL"
)
_MINE = " WHERE r.experiment_id = ?"
_SENT = f"{_MINE} AND s.state = 'sent' AND s.sent_at <= ?"
_EACH = "SELECT s.variant, COUNT(DISTINCT s.follower_id)"
_BY = " GROUP BY s.variant ORDER BY s.variant"
_INSIDE = "{} >= s.sent_at AND {} <= s.sent_at + ?"


class Reach(NamedTuple):
    """Of the sends until `until`, what was done within so long from each."""

    experiment_id: int
    until: datetime
    within: timedelta

    @property
    def sent(self) -> tuple[int, int]:
        return self.experiment_id, to_ms(self.until)

    @property
    def span(self) -> int:
        return self.within // timedelta(milliseconds=1)


class Money(NamedTuple):
    """Credited to an arm's sends: people, and the sum and the sum of squares over people of fen."""

    people: int = 0
    total: int = 0
    squares: float = 0.0


def drawn(experiment_id: int) -> dict[str, int]:
    """Arm -> followers with a row, whatever became of it."""
    return _people(fetch(f"{_EACH}{_RUNS}{_MINE}{_BY}", (experiment_id,)))


def arrived(experiment_id: int) -> dict[str, int]:
    """Arm -> followers whose message was sent, of runs that have nothing left to send."""
    return _people(
        fetch(
            f"{_EACH}{_RUNS} JOIN generation g ON g.campaign_id = r.campaign_id"
            f" AND g.number = r.generation{_MINE} AND g.sent_at IS NOT NULL"
            f" AND s.state = 'sent'{_BY}",
            (experiment_id,),
        )
    )


def sent(reach: Reach) -> dict[str, int]:
    """Arm -> followers who were sent to."""
    return _people(fetch(f"{_EACH}{_RUNS}{_SENT}{_BY}", reach.sent))


def sending(experiment_id: int) -> tuple[datetime | None, datetime | None]:
    """When the first and the last of the drawn were sent."""
    found = fetch(f"SELECT MIN(s.sent_at), MAX(s.sent_at){_RUNS}{_MINE}", (experiment_id,))
    return instant(found[0][0]), instant(found[0][1])


def did(reach: Reach, metric: str) -> dict[str, int]:
    """Arm -> followers who did it: clicked (no program), claimed, redeemed, ordered."""
    join, params = _acts(reach)[metric]
    return _people(fetch(f"{_EACH}{_RUNS}{join}{_SENT}{_BY}", (*params, *reach.sent)))


def _acts(reach: Reach) -> dict[str, tuple[str, tuple[Any, ...]]]:
    code = (
        f" JOIN coupon_code c ON c.id = s.coupon_code AND c.purpose = {purpose_of()} AND {_INSIDE}"
    )
    return {
        "clicked": (
            " JOIN click k ON k.send_id = s.id AND k.automatic = FALSE"
            f" AND {_INSIDE.format('k.at', 'k.at')}",
            (reach.span,),
        ),
        "claimed": (code.format("c.claimed_at", "c.claimed_at"), (reach.span,)),
        "redeemed": (code.format("c.redeemed_at", "c.redeemed_at"), (reach.span,)),
        "ordered": (
            " JOIN event e ON e.follower_id = s.follower_id AND e.kind = 'order'"
            f" AND {_INSIDE.format('e.at', 'e.at')}",
            (reach.span,),
        ),
    }


def left(reach: Reach) -> dict[str, dict[str, int]]:
    """Kind of LEAVING -> arm -> followers who did that after the send."""
    found: dict[str, dict[str, int]] = {kind: {} for kind in LEAVING}
    for arm, kind, many in fetch(
        "SELECT s.variant, e.kind, COUNT(DISTINCT s.follower_id)"
        f"{_RUNS} JOIN event e ON e.follower_id = s.follower_id AND e.kind IN (?, ?, ?)"
        f" AND {_INSIDE.format('e.at', 'e.at')}{_SENT} GROUP BY s.variant, e.kind",
        (*LEAVING, reach.span, *reach.sent),
    ):
        found[kind][arm] = int(many)
    return found


def money(reach: Reach) -> dict[str, Money]:
    """Arm -> what is credited to its sends: orders, and coupons redeemed."""
    found = fetch(
        "SELECT t.variant, COUNT(*), SUM(t.fen), SUM(t.fen * 1.0 * t.fen) FROM ("
        "SELECT s.variant AS variant, s.follower_id, SUM(v.amount_fen) AS fen"
        f"{_RUNS} JOIN conversion v ON v.send_id = s.id AND {_INSIDE.format('v.at', 'v.at')}"
        f"{_SENT} GROUP BY s.variant, s.follower_id) t GROUP BY t.variant",
        (reach.span, *reach.sent),
    )
    return {arm: Money(int(n), int(fen), float(squares)) for arm, n, fen, squares in found}


def _people(rows: Iterable[tuple[Any, ...]]) -> dict[str, int]:
    return {arm: int(many) for arm, many in rows}
