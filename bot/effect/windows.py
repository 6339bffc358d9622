"""转化漏斗 with windows: of what was sent on some days, how much led to each step within N days.

Each step is counted of all that was sent, whether or not the steps before it were taken: an order
needs no click, and most channels tell of no delivery. A document of every campaign is counted
ahead (bot.effect.keeping) and added up by days, channels and windows here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import from_ms
from bot.effect import keeping
from bot.effect.days import DAY, bounds
from bot.effect.keeping import FINAL
from bot.store import (
    accounts,
    campaigns,
    effect_windows,
    kept_answers,
    run_list,
    send_progress,
    sizes,
)
from bot.store.effect_funnel import QUARTER_MS
from bot.store.effect_windows import ACTS, STEPS, WIDEST
from bot.store.kept_answers import Kept

KIND, WEEK = "funnel", "week"  # of bot.effect.keeping
WINDOWS = (1, 3, 7, 14, 30)
USUAL_WINDOW = 7
FEW = 10_000  # messages of a campaign, or things done since it began, that a page counts at first
_FEW_CAMPAIGNS, _MOST_KEPT = 20, 200


@dataclass(slots=True)
class Steps:
    """Messages that led to each step."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STEPS, 0))

    def add(self, other: Steps) -> None:
        for name, many in other.counts.items():
            self.counts[name] += many

    def of_first(self, step: str) -> float | None:
        """Share of all that was sent."""
        return self.counts[step] / self.counts["sent"] if self.counts["sent"] else None

    def before(self, step: str, steps: Sequence[str] = STEPS) -> str:
        """The nearest of these steps before it that anybody took; "" where none is."""
        earlier = steps[: steps.index(step)]
        return next((one for one in reversed(earlier) if self.counts[one]), "")

    def of_before(self, step: str, steps: Sequence[str] = STEPS) -> float | None:
        """Share of that step; above 1 where people skip it."""
        before = self.before(step, steps)
        return self.counts[step] / self.counts[before] if before else None


def refs(account_id: int, now: datetime) -> Iterable[str]:
    """Campaigns that ever ran, by slug."""
    return [slug for slug, _ in run_list.ever_ran(account_id)]


def count(account_id: int, ref: str, now: datetime) -> dict[str, Any]:
    """{"days": {day: {channel: {step: [by 0, 1 ... 30 days late]}}}}, sent and delivered as one
    number; final when the widest window of its last message is over and it is closed.
    Raises NotFound."""
    campaign = campaigns.by_slug(account_id, ref)
    zone = ZoneInfo(accounts.by_id(account_id).timezone)
    days: dict[str, dict[str, dict[str, Any]]] = {}

    def cell(quarter: int, channel: str) -> dict[str, Any]:
        day = from_ms(quarter * QUARTER_MS).astimezone(zone).date().isoformat()
        return days.setdefault(day, {}).setdefault(channel, {"sent": 0, "delivered": 0})

    for gone in effect_windows.sent(campaign.id):
        held = cell(gone.quarter, gone.channel)
        held["sent"] += gone.sent
        held["delivered"] += gone.delivered
    for act in ACTS if days else ():
        for one in effect_windows.done(campaign.id, act):
            late = cell(one.quarter, one.channel).setdefault(act, [0] * WIDEST)
            late[one.late] += one.sends
    return {"days": days, FINAL: _is_final(campaign.state, max(days, default=""), zone, now)}


def few(account_id: int, ref: str, now: datetime) -> bool:
    """Whether a campaign's funnel is small. Raises NotFound."""
    return sizes.few_of_campaign(campaigns.by_slug(account_id, ref).id, FEW)


def count_week(account_id: int, ref: str, now: datetime) -> dict[str, Any]:
    """{"counts": {step: messages}, "at": the oldest part's ISO time, "after": messages that went
    since each part was counted} of what all campaigns sent on the last 7 days; of their kept
    documents, and of the ledger where one is not there, or has grown and is quick to count."""
    today = now.astimezone(ZoneInfo(accounts.by_id(account_id).timezone)).date()
    # What is final went longer ago than that.
    kept = kept_answers.of_kind(account_id, KIND, going=True)
    known = kept_answers.standing(account_id, KIND)
    senders = _of_week(account_id, now)
    for slug, (_, last) in senders.items():
        if slug not in known or (slug in kept and last + send_progress.MINUTE > kept[slug].at):
            kept[slug] = keeping.answer(KIND, account_id, slug, now, count)
    found = Steps()
    for one in kept.values():
        found.add(total(steps(one.document, today - 6 * DAY, today, USUAL_WINDOW).values()))
    oldest = min((one.at for one in kept.values()), default=None)
    return {
        "counts": found.counts,
        "at": oldest.isoformat() if oldest else "",
        "after": sum(_after(kept[slug], *one) for slug, one in senders.items() if slug in kept),
    }


def _after(kept: Kept, campaign_id: int, last: datetime) -> int:
    return send_progress.sent_after(campaign_id, kept.at) if last > kept.at else 0


def few_week(account_id: int, ref: str, now: datetime) -> bool:
    """Whether the week is a sum of few kept documents, and of small campaigns not counted yet."""
    known = kept_answers.standing(account_id, KIND)
    new = [slug for slug in _of_week(account_id, now) if slug not in known]
    going = len(known) - sum(one.final for one in known.values())
    return (
        going <= _MOST_KEPT
        and len(new) <= _FEW_CAMPAIGNS
        and all(few(account_id, slug, now) for slug in new)
    )


def sent_in_week(account_id: int, now: datetime) -> int:
    """Messages of campaigns and journeys on the last 7 days, as they were settled."""
    return send_progress.sent_between(account_id, _week_began(account_id, now), now + DAY)


def sent_since(account_id: int, at: datetime, now: datetime) -> int:
    """The same of the whole minutes after the one of `at`."""
    return send_progress.sent_between(account_id, at + timedelta(milliseconds=1), now + DAY)


def _of_week(account_id: int, now: datetime) -> dict[str, tuple[int, datetime]]:
    """Who sent on the last 7 days, as send_progress.senders tells it."""
    return send_progress.senders(account_id, _week_began(account_id, now))


def _week_began(account_id: int, now: datetime) -> datetime:
    zone = ZoneInfo(accounts.by_id(account_id).timezone)
    return bounds(now.astimezone(zone).date() - 6 * DAY, zone)[0]


def _is_final(state: str, last: str, zone: ZoneInfo, now: datetime) -> bool:
    if state not in ("closed", "cancelled"):
        return False
    today = now.astimezone(zone).date()
    return not last or date.fromisoformat(last) + (WIDEST + 2) * DAY < today


def steps(document: Mapping[str, Any], first: date, last: date, window: int) -> dict[str, Steps]:
    """channel -> steps of what was sent from `first` to `last`, done within `window` days."""
    found: dict[str, Steps] = {}
    low, high = first.isoformat(), last.isoformat()
    for day, channels in document["days"].items():
        if low <= day <= high:
            for channel, held in channels.items():
                found.setdefault(channel, Steps()).add(_within(held, window))
    return found


def _within(held: Mapping[str, Any], window: int) -> Steps:
    found = Steps()
    for name, many in held.items():
        found.counts[name] = many if isinstance(many, int) else sum(many[:window])
    return found


def total(parts: Iterable[Steps]) -> Steps:
    whole = Steps()
    for one in parts:
        whole.add(one)
    return whole


def span_of(document: Mapping[str, Any], today: date) -> tuple[date, date]:
    """The first and the last day on which anything was sent; today where nothing was."""
    days = sorted(document["days"])
    if not days:
        return today, today
    return date.fromisoformat(days[0]), date.fromisoformat(days[-1])


def open_windows(last: date, window: int, today: date) -> bool:
    """Whether what was sent until `last` may still lead to something within the window."""
    return last + timedelta(days=window) >= today
