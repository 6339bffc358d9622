"""An account's days in figures, as the platform's own console counts them: 新增, 取消, 净增, 累积.

A day that is over is counted once and kept (bot.store.figures); the present one is counted at every
look. What reaches the log more than a day late is not in its day's figures. How many followed at a
day's end is counted when it has just ended, and of no other day: what is known later does not tell
it, since followers are also brought in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.effect import keeping
from bot.effect.keeping import Kind
from bot.store import accounts, effect_weeks, figures, send_progress, sizes
from bot.store.chats import SETTLED as ANSWERED
from bot.store.db import transaction
from bot.store.figures import Figure
from bot.store.kept_answers import Kept
from bot.values.facts import FAMILIES

REPORT = "hongyan.day"
KIND, TODAY, YESTERDAY = "day", "today", "yesterday"  # of bot.effect.keeping
FEW = 10_000  # events of a day that a page counts at its first look
KEPT_DAYS = 60  # how far back days are counted that nobody has counted yet
SETTLED = timedelta(hours=1)  # after midnight: what is on its way has arrived
JUST_ENDED = timedelta(hours=4)
DAY = timedelta(days=1)
_KINDS = ("subscribe", "unsubscribe", "click", "coupon.claimed", "coupon.redeemed", "order")


@dataclass(frozen=True, slots=True)
class Day:
    """messages: followers' own; sent: ours that the platform took, of campaigns, journeys and
    agents (an automatic answer is none). following: at the day's end; None: nobody counted.
    counting: nobody has counted the day yet, and a page does not wait for it; all is 0."""

    day: str
    follows: int = 0
    unfollows: int = 0
    messages: int = 0
    senders: int = 0
    sent: int = 0
    clicks: int = 0
    claimed: int = 0
    redeemed: int = 0
    orders: int = 0
    following: int | None = None
    counting: bool = False

    @property
    def net(self) -> int:
        """净增 = 新增 - 取消."""
        return self.follows - self.unfollows

    @property
    def per_sender(self) -> float:
        """人均发送次数; 0 where nobody wrote."""
        return self.messages / self.senders if self.senders else 0.0


_NO_SUMS = ("day", "following", "counting")
_NAMES = tuple(one.name for one in fields(Day) if one.name not in _NO_SUMS)
_BEFORE = {"sent": "calls"}  # what was kept of days before sendings themselves were counted


def count(account_id: int, day: date, zone: ZoneInfo) -> Day:
    """One day, counted from the log."""
    since, until = bounds(day, zone)
    seen = effect_weeks.events(account_id, _KINDS, since, until)
    messages, senders = effect_weeks.messages(account_id, since, until)
    return Day(
        day.isoformat(),
        seen.get("subscribe", 0),
        seen.get("unsubscribe", 0),
        messages,
        senders,
        send_progress.sent_between(account_id, since, until)
        + effect_weeks.answered(account_id, since, until),
        seen.get("click", 0),
        seen.get("coupon.claimed", 0),
        seen.get("coupon.redeemed", 0),
        seen.get("order", 0),
    )


def between(
    account_id: int,
    first: date,
    last: date,
    zone: ZoneInfo,
    now: datetime,
    *,
    waits: bool = True,
) -> list[Day]:
    """Each day from first to last: as kept, the present day live, zeros where nothing is known.
    waits: for a page, which does not, a day of much that is not counted yet is `counting`."""
    kept = {
        one.day: _of(one.day, one.numbers)
        for one in figures.of_days(account_id, first.isoformat(), last.isoformat(), REPORT)
    }
    today = now.astimezone(zone).date()
    found = []
    for number in range((last - first).days + 1):
        day = first + number * DAY
        fresh = day == today or (day == today - DAY and day.isoformat() not in kept)
        known = kept.get(day.isoformat(), Day(day.isoformat()))
        found.append(_so_far(account_id, day, zone, now, waits) if fresh else known)
    return found


def _of(day: str, numbers: Mapping[str, Any]) -> Day:
    found: dict[str, Any] = {
        name: int(numbers.get(name, numbers.get(_BEFORE.get(name, ""), 0))) for name in _NAMES
    }
    return Day(day, **found, following=numbers.get("following"))


def _so_far(account_id: int, day: date, zone: ZoneInfo, now: datetime, waits: bool) -> Day:
    """A day that is not kept yet: now where counting is quick, else as it was counted last."""
    ref = TODAY if day == now.astimezone(zone).date() else YESTERDAY
    if waits:
        kept: Kept | None = keeping.answer(KIND, account_id, ref, now, count_fresh)
    else:
        kept = keeping.look(KIND, account_id, ref, now, KEPT)
    if kept and (kept.document["day"] != day.isoformat() or "sent" not in kept.document):  # before
        again = waits or few(account_id, ref, now)
        kept = keeping.counted(KIND, account_id, ref, now, count_fresh) if again else None
    return _of(kept.document["day"], kept.document) if kept else Day(day.isoformat(), counting=True)


def refs(account_id: int, now: datetime) -> Iterable[str]:
    """The day that goes on; the one before is kept when it is over, unless a page asks for it."""
    return (TODAY,)


def count_fresh(account_id: int, ref: str, now: datetime) -> dict[str, Any]:
    """The present day, or the one before, for bot.effect.keeping."""
    zone = ZoneInfo(accounts.by_id(account_id).timezone)
    return asdict(count(account_id, _day_of(ref, zone, now), zone))


def few(account_id: int, ref: str, now: datetime) -> bool:
    """Whether little happened on it so far."""
    zone = ZoneInfo(accounts.by_id(account_id).timezone)
    kinds = (*_KINDS, *FAMILIES["message.*"], ANSWERED)
    return sizes.few_events(kinds, *bounds(_day_of(ref, zone, now), zone), FEW)


def _day_of(ref: str, zone: ZoneInfo, now: datetime) -> date:
    today = now.astimezone(zone).date()
    return today - DAY if ref == YESTERDAY else today


KEPT = Kind(refs, count_fresh, few)


def fill_due(now: datetime) -> int:
    """Count the days that are over and not counted yet, of every account; how many."""
    done = 0
    for account in accounts.all_accounts():
        zone = ZoneInfo(account.timezone)
        last = (now - SETTLED).astimezone(zone).date() - DAY
        for day in _missing(account.id, last):
            found = count(account.id, day, zone)
            if day == last:
                found = replace(found, following=_followed(account.id, day, zone, now))
            _keep(account.id, found, now)
            done += 1
    return done


def _followed(account_id: int, day: date, zone: ZoneInfo, now: datetime) -> int | None:
    """How many followed when a day ended that has just ended: those of now, less what came since.
    None where that is too long ago."""
    ended = bounds(day, zone)[1]
    if now - ended > JUST_ENDED:
        return None
    since = effect_weeks.events(account_id, ("subscribe", "unsubscribe"), ended, now)
    net = since.get("subscribe", 0) - since.get("unsubscribe", 0)
    return max(0, effect_weeks.following(account_id) - net)


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a day begins and ends in a zone."""
    return (
        datetime.combine(day, time(), zone),
        datetime.combine(day + DAY, time(), zone),
    )


def _missing(account_id: int, last: date) -> Iterable[date]:
    first = last - (KEPT_DAYS - 1) * DAY
    kept = figures.of_days(account_id, first.isoformat(), last.isoformat(), REPORT)
    known = {one.day for one in kept if "sent" in one.numbers}
    every = (last - number * DAY for number in range(KEPT_DAYS))
    return [day for day in every if day.isoformat() not in known]


def _keep(account_id: int, day: Day, now: datetime) -> None:
    numbers = {
        name: value for name, value in asdict(day).items() if name not in ("day", "counting")
    }
    with transaction():
        figures.put(account_id, [Figure(REPORT, day.day, "", numbers)], now)
