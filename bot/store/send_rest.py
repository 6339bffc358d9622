"""Whom a run did not reach, and who had the campaign's message in any of its runs."""

from __future__ import annotations

from collections.abc import Sequence

from bot.store.db import fetch, insert_new
from bot.store.send_figures import Count
from bot.store.sends import only
from bot.store.spans import qmarks
from bot.values.audience import SendState, Skip

# What time, quota or a person kept back, not what the follower or permission refused.
KEPT_BACK = (
    Skip.QUIET_HOURS, Skip.QUOTA, Skip.EXPIRED, Skip.CANCELLED, Skip.BUDGET, Skip.NO_STOCK,
    Skip.NO_OFFER,
)  # fmt: skip
# Whoever has one of these had the message, may have had it, is to have none, or will.
_SETTLED_WITH = (
    SendState.SENT, SendState.UNKNOWN, SendState.HELD_OUT, SendState.CLAIMED, SendState.INTENDED
)  # fmt: skip
_MISSED = f"(s.state = '{SendState.FAILED}' OR (s.state = '{SendState.SKIPPED}' AND s.skip IN (" + (
    ",".join(f"'{skip}'" for skip in KEPT_BACK) + ")))"
)
_NEVER_HAD = (
    "NOT EXISTS (SELECT 1 FROM send o WHERE o.campaign_id = s.campaign_id AND o.step = s.step"
    " AND o.follower_id = s.follower_id AND o.generation <> s.generation"
    f" AND o.state IN ({qmarks(_SETTLED_WITH)}))"
)


def mark(generation_id: int, of_number: int) -> None:
    """This run is a second try of that one."""
    columns = ("generation_id", "of_number")
    insert_new("send_rest", columns, (generation_id, of_number), key="generation_id")


def of(generation_id: int) -> int | None:
    """Which run this one is a second try of; None: it has an audience of its own."""
    found = fetch("SELECT of_number FROM send_rest WHERE generation_id = ?", (generation_id,))
    return int(found[0][0]) if found else None


def upper(campaign_id: int, generation: int) -> int:
    """The greatest follower id of a run."""
    found = fetch(
        "SELECT MAX(follower_id) FROM send WHERE campaign_id = ? AND generation = ?"
        " AND step = 'offer'",
        (campaign_id, generation),
    )
    return int(found[0][0] or 0)


def counts(campaign_id: int, generation: int) -> list[Count]:
    """The followers of the run that a second try would be for, by what kept the message back."""
    found = fetch(
        f"SELECT s.state, s.skip, s.errcode, COUNT(*) FROM send s WHERE {_OF_RUN} AND {_NEVER_HAD}"
        " GROUP BY s.state, s.skip, s.errcode ORDER BY s.state, s.skip, s.errcode",
        (campaign_id, generation, *_SETTLED_WITH),
    )
    return [
        Count("offer", "", state, skip, "" if code is None else str(code), int(rows), 0)
        for state, skip, code, rows in found
    ]


_OF_RUN = f"s.campaign_id = ? AND s.generation = ? AND s.step = 'offer' AND {only(_MISSED)}"


def missed(campaign_id: int, generation: int, after: int, limit: int) -> Sequence[tuple[int, str]]:
    """(follower id, variant) of those, by id, from behind `after` on."""
    found = fetch(
        f"SELECT s.follower_id, s.variant FROM send s WHERE {_OF_RUN} AND s.follower_id > ?"
        f" AND {_NEVER_HAD} ORDER BY s.follower_id LIMIT ?",
        (campaign_id, generation, after, *_SETTLED_WITH, limit),
    )
    return [(int(who), variant) for who, variant in found]
