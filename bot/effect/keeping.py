"""What takes long to count is counted ahead: a page shows the last answer, and says of when it is.

Counting is timed. What was quick is counted as it is asked for; what was slow is kept, and a job
counts it anew as often as its cost allows: PATIENCE times as long as it took lies between two. What
nobody has counted yet has no time, and what was quick may have grown: a page counts where there is
little, by rows, and else shows what is kept or goes without (`look`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.store import accounts, kept_answers
from bot.store.kept_answers import Kept, Standing

logger = logging.getLogger(__name__)
QUICK_MS = 60  # of a page's 300: counted while somebody waits
PATIENCE = 100  # at most a hundredth of one core goes into one answer
SOONEST = timedelta(minutes=1)
QUICK_AGAIN = timedelta(minutes=10)  # what was quick may have grown
FINAL = "final"  # the key of a document that changes no more, and true

Count = Callable[[int, str, datetime], dict[str, Any]]
Few = Callable[[int, str, datetime], bool]


def always(account_id: int, ref: str, now: datetime) -> bool:
    """Of what does not grow with the house."""
    return True


@dataclass(frozen=True)
class Kind:
    """refs: what of an account is to be counted; count: (account, ref, now) -> document; few: there
    is so little that a page may wait for the first count."""

    refs: Callable[[int, datetime], Iterable[str]]
    count: Count
    few: Few = always


def answer(kind: str, account_id: int, ref: str, now: datetime, count: Count) -> Kept:
    """The kept answer where counting takes long, else the present one. Raises what `count` does."""
    kept = kept_answers.get(account_id, kind, ref)
    if kept is not None and (kept.final or kept.took_ms >= QUICK_MS):
        return kept
    return counted(kind, account_id, ref, now, count, keep=kept is None)


def look(kind: str, account_id: int, ref: str, now: datetime, of: Kind) -> Kept | None:
    """The same for a page, which counts only where there is little: else what is kept, if it is."""
    kept = kept_answers.get(account_id, kind, ref)
    if kept is not None and (kept.final or kept.took_ms >= QUICK_MS):
        return kept
    if not of.few(account_id, ref, now):
        return kept
    return counted(kind, account_id, ref, now, of.count, keep=kept is None)


def is_outgrown(kept: Kept, now: datetime) -> bool:
    """Whether what a page was given was quick to count once, and is much by now."""
    return not kept.final and kept.took_ms < QUICK_MS and now - kept.at >= SOONEST


def counted(
    kind: str, account_id: int, ref: str, now: datetime, count: Count, *, keep: bool = True
) -> Kept:
    """Count it now; kept where asked to, or where it took long."""
    began = time.monotonic()
    document = count(account_id, ref, now)
    took_ms = round(1000 * (time.monotonic() - began))
    found = Kept(now, took_ms, bool(document.get(FINAL)), document)
    if keep or took_ms >= QUICK_MS:
        kept_answers.put(account_id, kind, ref, found)
    return found


def refresh(kinds: Mapping[str, Kind], now: datetime, budget_seconds: float = 60) -> int:
    """Count what is due, of every account; how many. What fails is left for the next turn."""
    ends, done = time.monotonic() + budget_seconds, 0
    for account_id in accounts.ids():
        for name, kind in kinds.items():
            known = kept_answers.standing(account_id, name)
            for ref in kind.refs(account_id, now):
                if time.monotonic() > ends:
                    return done
                if _is_due(known.get(ref), now):
                    done += _tried(name, account_id, ref, now, kind.count)
    return done


def _is_due(known: Standing | None, now: datetime) -> bool:
    if known is None:
        return True
    if known.final:
        return False
    least = SOONEST if known.took_ms >= QUICK_MS else QUICK_AGAIN
    return now - known.at >= max(least, PATIENCE * timedelta(milliseconds=known.took_ms))


def _tried(name: str, account_id: int, ref: str, now: datetime, count: Count) -> bool:
    try:
        counted(name, account_id, ref, now, count)
    except Exception:
        logger.exception("answer=%s ref=%s account=%d could not be counted", name, ref, account_id)
        return False
    return True
