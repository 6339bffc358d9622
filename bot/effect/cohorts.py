"""留存: of those who began to follow on a day, who is there 1, 7, 30 days later, and who is active.

    stayed    had not left by the end of the Nth day after; who left and came back has left
    active    did something of his own accord on the Nth day after: wrote, tapped, scanned, bought

Each count is made once, when its day is over, and kept; no page counts it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.effect.days import DAY, KEPT_DAYS, SETTLED, bounds
from bot.store import accounts, effect_cohorts, figures
from bot.store.db import transaction
from bot.store.figures import Figure

REPORT = "hongyan.retention"
HORIZONS = (1, 7, 30)
STAYED, ACTIVE = "stayed", "active"
MOST_COUNTS = 60  # in one turn of the job, of one account


@dataclass(frozen=True, slots=True)
class Cohort:
    """Who came on a day, or in the days that begin with it. `day`: the first of them.

    due, stayed, active   horizon -> people: who came so long ago, and of those, who stayed etc.
    """

    day: str
    came: int
    due: Mapping[int, int]
    stayed: Mapping[int, int]
    active: Mapping[int, int]

    def share(self, name: str, horizon: int) -> float | None:
        """None: it is too early to say, or nobody came."""
        due = self.due.get(horizon, 0)
        held: Mapping[int, int] = getattr(self, name)
        return held[horizon] / due if due else None


def fill_due(now: datetime) -> int:
    """Count what has come due and is not counted, of every account; how many counts."""
    done = 0
    for account in accounts.all_accounts():
        zone = ZoneInfo(account.timezone)
        over = (now - SETTLED).astimezone(zone).date() - DAY  # the last day that is over
        first = over - (KEPT_DAYS + HORIZONS[-1]) * DAY
        found = figures.of_days(account.id, first.isoformat(), over.isoformat(), REPORT)
        kept = {one.day: dict(one.numbers) for one in found}
        left = MOST_COUNTS
        for back in range(KEPT_DAYS + HORIZONS[-1] + 1):
            day = over - back * DAY
            wanted = [name for name in _due(day, over) if name not in kept.get(day.isoformat(), {})]
            if wanted and left > 0:
                more = {name: _count(account.id, name, day, zone) for name in wanted}
                _keep(account.id, day, {**kept.get(day.isoformat(), {}), **more}, now)
                left -= len(wanted)
                done += len(wanted)
    return done


def _due(day: date, over: date) -> Iterable[str]:
    """The names of what can be said of a day's cohort."""
    yield "came"
    for horizon in HORIZONS:
        if day + horizon * DAY <= over:
            yield from (f"{STAYED}{horizon}", f"{ACTIVE}{horizon}")


def _count(account_id: int, name: str, day: date, zone: ZoneInfo) -> int:
    since, until = bounds(day, zone)
    if name == "came":
        return effect_cohorts.came(account_id, since, until)
    kind = STAYED if name.startswith(STAYED) else ACTIVE
    begins, ends = bounds(day + int(name.removeprefix(kind)) * DAY, zone)
    if kind == STAYED:
        return effect_cohorts.stayed(account_id, since, until, ends)
    return effect_cohorts.active(account_id, since, until, begins, ends)


def _keep(account_id: int, day: date, numbers: Mapping[str, int], now: datetime) -> None:
    with transaction():
        figures.put(account_id, [Figure(REPORT, day.isoformat(), "", numbers)], now)


def between(account_id: int, first: date, last: date) -> list[Cohort]:
    """The cohorts that were counted of the days from first to last, in their order."""
    found = figures.of_days(account_id, first.isoformat(), last.isoformat(), REPORT)
    return [_cohort(one.day, one.numbers) for one in found]


def _cohort(day: str, numbers: Mapping[str, int]) -> Cohort:
    came = int(numbers.get("came", 0))
    known = [one for one in HORIZONS if f"{ACTIVE}{one}" in numbers]
    return Cohort(
        day,
        came,
        dict.fromkeys(known, came),
        {one: int(numbers[f"{STAYED}{one}"]) for one in known},
        {one: int(numbers[f"{ACTIVE}{one}"]) for one in known},
    )


def weekly(cohorts: Sequence[Cohort]) -> list[Cohort]:
    """The same by weeks, each from its Monday."""
    weeks: dict[str, list[Cohort]] = {}
    for one in cohorts:
        day = date.fromisoformat(one.day)
        weeks.setdefault((day - timedelta(days=day.weekday())).isoformat(), []).append(one)
    return [together(monday, held) for monday, held in weeks.items()]


def together(day: str, cohorts: Sequence[Cohort]) -> Cohort:
    """Their sums. A horizon counts those for whom it has come."""

    def added(of: Callable[[Cohort], Mapping[int, int]]) -> dict[int, int]:
        return {
            one: sum(of(held).get(one, 0) for held in cohorts)
            for one in HORIZONS
            if any(one in held.due for held in cohorts)
        }

    return Cohort(
        day,
        sum(one.came for one in cohorts),
        added(lambda one: one.due),
        added(lambda one: one.stayed),
        added(lambda one: one.active),
    )
