"""The scarce goods of a month: used, left, and wanted by what is planned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bot.campaign.document.aim import aim_of, chunks
from bot.campaign.document.definition import Definition, parse
from bot.campaign.drawing.draw import CHUNK
from bot.campaign.permission.market import demand_key
from bot.campaign.permission.order import zone_of
from bot.campaign.states import CampaignStatus
from bot.channels.registry import A_MONTH_EACH, BATCHED, CHANNELS
from bot.clock import SHANGHAI
from bot.errors import HongyanError, InvalidInput, NotFound
from bot.i18n import t
from bot.store import campaigns, entitlements, quotas, segments, send_months, trials
from bot.store.campaigns import CampaignState
from bot.store.quotas import Look
from bot.values.audience import Channel

_S = CampaignStatus
AHEAD = (_S.SCHEDULED, _S.PLANNING, _S.RUNNING, _S.PAUSED)
TESTS = "tests"  # of test messages, beside the channels
OFFSET = timedelta(hours=8)  # the platform's days and months begin in Shanghai


@dataclass(frozen=True, slots=True)
class Need:
    """A campaign of the month and what it may use up at most.

    day        on which it starts; today for one that runs
    audience   followers at most: those who wait yet, or everybody in its segments
    """

    slug: str
    day: date
    audience: int
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """
    chances   of mass messages: how many followers have 4, 3, 2, 1, 0 left
    days      by date: sends by channel that went, and TESTS, which use up calls and windows too
    rights    (channel, template, open rights, followers)
    """

    month: str
    reachable: int
    chances: dict[int, int]
    days: dict[str, dict[str, int]]
    calls: list[quotas.Count]
    rights: list[tuple[str, str, int, int]]
    needs: list[Need]

    @property
    def mass_left(self) -> int:
        """Mass messages that the month still has room for, over all followers."""
        return sum(chances * people for chances, people in self.chances.items())

    @property
    def mass_wanted(self) -> int:
        return sum(need.audience for need in self.needs if not BATCHED.isdisjoint(need.channels))

    def warnings(self, lang: str = "zh") -> list[str]:
        """What does not suffice, in words."""
        return [*_mass_warnings(self, lang), *_call_warnings(self, lang)]

    def to_json(self) -> dict[str, Any]:
        return {
            "month": self.month,
            "mass": {
                "reachable": self.reachable,
                "followers_by_chances_left": {str(n): p for n, p in self.chances.items()},
                "left": self.mass_left,
                "wanted": self.mass_wanted,
            },
            "days": self.days,
            "calls": [
                {"api": c.api, "day": c.period, "used": c.used, "limit": c.limit}
                for c in self.calls
            ],
            "rights": [
                {"channel": channel, "template": template, "open": rights, "followers": people}
                for channel, template, rights, people in self.rights
            ],
            "planned": [
                {
                    "campaign": need.slug,
                    "day": need.day.isoformat(),
                    "audience_at_most": need.audience,
                    "channels": [channel.value for channel in need.channels],
                }
                for need in self.needs
            ],
            "warnings": self.warnings(),
        }


def month_of(account_id: int, month: str, now: datetime) -> Month:
    """`month` "2026-12", "" the present one. Raises InvalidInput."""
    first, end = bounds(month or f"{now.astimezone(SHANGHAI):%Y-%m}")
    people = send_months.reachable(account_id)
    used = send_months.mass_used(account_id, first, end)
    last = (end - timedelta(days=1)).astimezone(SHANGHAI).date()
    return Month(
        f"{first:%Y-%m}",
        people,
        _chances(people, used),
        _days(account_id, first, end),
        quotas.counts(account_id, f"{first:%Y-%m-%d}", last.isoformat()),
        entitlements.stock(account_id),
        sorted(_needs(account_id, first, end, now), key=lambda need: (need.day, need.slug)),
    )


def note_demand(account_id: int, now: datetime) -> None:
    """Keep what the month's campaigns want of mass messages over what is left: it is their price
    (bot.channels.planner)."""
    found = month_of(account_id, "", now)
    for channel in BATCHED:
        wanted, left = found.mass_wanted, found.mass_left
        quotas.keep_look(
            account_id, Look(demand_key(channel), now, found.month, wanted, wanted, left)
        )


def bounds(month: str) -> tuple[datetime, datetime]:
    """From its first instant to the next month's, in Shanghai. Raises InvalidInput."""
    try:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=SHANGHAI)
    except ValueError:
        raise InvalidInput(f"{month}: wants a month like 2026-12", "month") from None
    if not 2000 <= first.year <= 9000:
        raise InvalidInput(f"{month}: there is no calendar for that", "month")
    return first, (first + timedelta(days=32)).replace(day=1)


def _chances(people: int, used: dict[int, int]) -> dict[int, int]:
    """Chances left -> followers. Who left since has used some, too: nobody is counted below 0."""
    left = dict.fromkeys(range(A_MONTH_EACH, -1, -1), 0)
    for had, count in used.items():
        left[max(0, A_MONTH_EACH - had)] += count
    left[A_MONTH_EACH] = max(0, people - sum(used.values()))
    return left


def _days(account_id: int, first: datetime, end: datetime) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    tests = [(number, TESTS, count) for number, count in trials.by_day(account_id, first, end)]
    for number, channel, count in [*send_months.by_day(account_id, first, end, OFFSET), *tests]:
        day = (first + timedelta(days=number)).date().isoformat()
        found.setdefault(day, {})[channel] = count
    return dict(sorted(found.items()))


def _needs(account_id: int, first: datetime, end: datetime, now: datetime) -> Iterable[Need]:
    waiting = send_months.waiting(account_id)
    for campaign in campaigns.in_states(AHEAD):
        if campaign.account_id != account_id:
            continue
        at = max(campaign.due_at or now, now) if campaign.state == _S.SCHEDULED else now
        if not first <= at < end:
            continue
        need = _need(campaign, at, waiting)
        if need is not None and need.audience:
            yield need


def _need(campaign: CampaignState, at: datetime, waiting: dict[int, int]) -> Need | None:
    """None for a definition that cannot be read any more."""
    try:
        zone = zone_of(campaign.account_id)
        definition = parse(campaign.definition, zone, standing=campaign.standing)
    except HongyanError:
        return None
    planned = campaign.state in (_S.RUNNING, _S.PAUSED)
    audience = waiting.get(campaign.id, 0) if planned else _audience(campaign, definition)
    day = at.astimezone(SHANGHAI).date()
    return Need(campaign.slug, day, audience, definition.channels)


def _audience(campaign: CampaignState, definition: Definition) -> int:
    """Who is in its audience now, each once; nobody where a segment of it is gone. Of one segment
    alone as it was last counted: it need not be read for that."""
    named = definition.aim()
    try:
        if named.segments == named.named() and len(named.segments) == 1:
            return segments.by_slug(campaign.account_id, named.segments[0]).size
        aim = aim_of(campaign.account_id, definition)
    except NotFound:
        return 0
    return sum(len(members) for members in chunks(aim, CHUNK))


def _mass_warnings(month: Month, lang: str) -> list[str]:
    wanted, left = month.mass_wanted, month.mass_left
    if wanted <= left:
        return []
    return [t("quota.mass_short", lang, wanted=wanted, left=left, over=wanted - left)]


def _call_warnings(month: Month, lang: str) -> list[str]:
    """Days on which a channel's calls do not suffice for what starts then, if all went by it."""
    by_day: dict[tuple[date, Channel], int] = {}
    for need in month.needs:
        for channel in need.channels:
            if CHANNELS[channel].api and not CHANNELS[channel].batched:
                by_day[need.day, channel] = by_day.get((need.day, channel), 0) + need.audience
    return [
        t(
            "quota.calls_short",
            lang,
            day=day.isoformat(),
            channel=t(f"fan.channel.{channel.value}", lang),
            wanted=wanted,
            left=_left(month, day, channel),
        )
        for (day, channel), wanted in sorted(by_day.items())
        if wanted > _left(month, day, channel)
    ]


def _left(month: Month, day: date, channel: Channel) -> int:
    api, limit = CHANNELS[channel].api, CHANNELS[channel].daily_limit
    known = [count for count in month.calls if count.api == api]
    today = [count.left for count in known if count.period == day.isoformat()]
    return today[0] if today else known[-1].limit if known else limit
