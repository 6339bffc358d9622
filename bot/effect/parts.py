"""A day's figures told apart: messages by hour, meaning and answer, taps by button, our callbacks.

A day that is over is counted once; the present one anew every quarter of an hour, so that a look at
it costs the same however much is written on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.effect.days import DAY, KEPT_DAYS, SETTLED, bounds
from bot.store import accounts, day_parts, figures
from bot.store.db import transaction
from bot.store.figures import Figure

TALK, MENU, CALLS = "hongyan.talk", "hongyan.menu", "hongyan.calls"
REPORTS = (TALK, MENU, CALLS)
AGAIN = timedelta(minutes=15)
MOST = 200  # of one day's intents, words or buttons
HOUR = timedelta(hours=1)
_AT = "at"  # ms: counted so far


@dataclass(frozen=True)
class Part:
    """A day's figures of one report. `as_of` None: it is over, and this is all of it."""

    day: str
    numbers: Mapping[str, Any]
    as_of: datetime | None


def count(account_id: int, day: date, zone: ZoneInfo, now: datetime) -> dict[str, dict[str, Any]]:
    """report -> numbers of the day, up to now."""
    since, until = bounds(day, zone)
    return {
        TALK: _talk(account_id, since, min(until, now), zone),
        MENU: {
            "taps": {one.button: [one.taps, one.people] for one in
                     day_parts.taps(account_id, since, until)[:MOST]},
        },
        CALLS: day_parts.calls(account_id, since, until)._asdict(),
    }  # fmt: skip


def _talk(account_id: int, since: datetime, until: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """By hour, by what was meant, by command word, by what answered."""
    hours, intents, words, by = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    start = since
    while start < until:
        for one in day_parts.messages(account_id, start, min(start + HOUR, until)):
            hours[str(start.astimezone(zone).hour)] += 1
            intents[str(one.facts.get("intent") or "")] += 1
            words[str(one.facts.get("word") or "")] += 1
            by[one.handler.partition(".")[0]] += 1
        start += HOUR
    named = {"intents": intents, "words": words, "by": by}
    return {"hours": dict(hours), **{name: _most(held) for name, held in named.items()}}


def _most(held: Counter[str]) -> dict[str, int]:
    return dict(held.most_common(MOST))


def between(account_id: int, report: str, first: date, last: date) -> list[Part]:
    """What was counted of the days from first to last, in their order."""
    found = figures.of_days(account_id, first.isoformat(), last.isoformat(), report)
    return [
        Part(one.day, {name: value for name, value in one.numbers.items() if name != _AT},
             _as_of(one.numbers))
        for one in found
    ]  # fmt: skip


def _as_of(numbers: Mapping[str, Any]) -> datetime | None:
    told = numbers.get(_AT)
    return datetime.fromisoformat(told) if told else None


def fill_due(now: datetime) -> int:
    """Count what is over and not counted to its end, and the present day; how many days."""
    done = 0
    for account in accounts.all_accounts():
        zone = ZoneInfo(account.timezone)
        today = now.astimezone(zone).date()
        settled = (now - SETTLED).astimezone(zone).date()
        kept = _kept(account.id, today - KEPT_DAYS * DAY, today)
        for number in range(KEPT_DAYS + 1):
            day = today - number * DAY
            if _is_due(kept.get(day.isoformat()), day < settled, now):
                _keep(account.id, day, zone, now, over=day < settled)
                done += 1
    return done


def _kept(account_id: int, first: date, last: date) -> dict[str, Part]:
    return {one.day: one for one in between(account_id, CALLS, first, last)}


def _is_due(kept: Part | None, over: bool, now: datetime) -> bool:
    if kept is None:
        return True
    return kept.as_of is not None and (over or now - kept.as_of >= AGAIN)


def _keep(account_id: int, day: date, zone: ZoneInfo, now: datetime, *, over: bool) -> None:
    found = count(account_id, day, zone, now)
    mark = {} if over else {_AT: now.isoformat(timespec="seconds")}
    rows = [
        Figure(report, day.isoformat(), "", {**numbers, **mark})
        for report, numbers in found.items()
    ]
    with transaction():
        figures.put(account_id, rows, now)


def summed(parts: list[Part], name: str) -> Counter[str]:
    """One table of counts over all days: what -> how many."""
    whole = Counter[str]()
    for one in parts:
        whole.update({key: int(many) for key, many in (one.numbers.get(name) or {}).items()})
    return whole
