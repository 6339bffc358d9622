"""The collision calendar: who is aimed at twice, and whom a cap will then keep from it.

Sets are exact, as they are now: segments change until a campaign starts, and the held out, who
will get nothing, are not drawn yet. Earlier campaigns are taken to reach all whom they aim at, so
what is told of a cap is the most that can happen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.store import campaigns, effect_overlap
from bot.store.campaigns import CampaignState
from bot.store.effect_overlap import Cap, People

NEAR = timedelta(days=7)
_SPANS = (("per_day", 1), ("per_week", 7), ("per_month", 30))
_DEFAULTS = {"per_day": 1, "per_week": 2, "per_month": 4}
PLANNED, RUNNING = ("scheduled",), ("planning", "running", "paused")

# (definition, after, until) -> when a recurring campaign runs in between; none for any other.
Recurs = Callable[[Mapping[str, Any], datetime, datetime], Sequence[datetime]]


@dataclass(frozen=True, slots=True)
class Planned:
    """A run to come, or under way. people: whom it aims at; waiting: who has still to get it."""

    slug: str
    name: str
    at: datetime
    state: str
    size: int
    marketing: bool
    caps: Mapping[str, int | None]
    people: People
    waiting: People

    def to_json(self) -> dict[str, Any]:
        return {
            "campaign": self.slug, "name": self.name, "at": self.at.isoformat(timespec="minutes"),
            "state": self.state, "people": self.size,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Collision:
    """Two runs near each other. capped: of `common`, who will be at a cap when `later` comes.

    move_to   from when on none of them would be, as far as the two go; None: nothing to move
    """

    earlier: Planned
    later: Planned
    common: int
    capped: int
    move_to: datetime | None

    @property
    def share(self) -> float:
        return self.common / self.later.size if self.later.size else 0.0

    def to_json(self) -> dict[str, Any]:
        return {
            "earlier": self.earlier.to_json(),
            "later": self.later.to_json(),
            "common": self.common,
            "share": self.share,
            "capped": self.capped,
            "move_to": self.move_to.isoformat(timespec="minutes") if self.move_to else None,
        }


@dataclass(frozen=True, slots=True)
class Calendar:
    """Runs in the order of time, and what collides."""

    runs: tuple[Planned, ...]
    collisions: tuple[Collision, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "runs": [run.to_json() for run in self.runs],
            "collisions": [one.to_json() for one in self.collisions],
        }


def calendar(
    account_id: int, since: datetime, until: datetime, now: datetime, recurs: Recurs
) -> Calendar:
    """Runs of [since, until) that are to come or under way, and their collisions."""
    runs = sorted(
        (run for one in campaigns.all_of(account_id) for run in _runs(one, now, until, recurs)),
        key=lambda run: (run.at, run.slug),
    )
    found = [
        _collision(account_id, runs[:place], earlier, later)
        for place, later in enumerate(runs)
        for earlier in runs[:place]
        if later.at - earlier.at < NEAR and since <= later.at
    ]
    inside = tuple(run for run in runs if since <= run.at)
    return Calendar(inside, tuple(one for one in found if one.common))


def _runs(campaign: CampaignState, now: datetime, until: datetime, recurs: Recurs) -> list[Planned]:
    """Of this campaign, those that start before `until`."""
    found = []
    if campaign.state in RUNNING and campaign.generation:
        run = campaigns.generation(campaign.id, campaign.generation)
        found.append(
            _planned(
                campaign,
                run.started_at,
                run.definition,
                effect_overlap.planned(campaign.id, run.number),
                effect_overlap.planned(campaign.id, run.number, waiting=True),
            )
        )
    document, times = campaign.definition, times_of(campaign, now, until, recurs)
    aimed = effect_overlap.aimed(campaign.account_id, audience_of(document)) if times else None
    return found + [_planned(campaign, at, document, aimed, aimed) for at in times if aimed]


def times_of(
    campaign: CampaignState, now: datetime, until: datetime, recurs: Recurs
) -> list[datetime]:
    """When this campaign's runs to come start, before `until`."""
    document = campaign.definition
    first = campaign.due_at if campaign.state in PLANNED else None
    times = [] if first is None or first >= until else [first]
    if campaign.state in (*PLANNED, *RUNNING):
        after = first or now
        times += [at for at in recurs(document, after, until) if at not in times]
        most = (document.get("schedule") or {}).get("times")
        times = times if most is None else times[: max(0, most - campaign.generation)]
    return times


def audience_of(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A definition's audience in its long form."""
    return document.get("audience") or {"any": [document.get("segment") or ""]}


def _planned(
    campaign: CampaignState,
    at: datetime,
    document: Mapping[str, Any],
    people: People,
    waiting: People,
) -> Planned:
    rails = document.get("guardrails") or {}
    return Planned(
        campaign.slug, campaign.name, at, campaign.state, effect_overlap.size(people),
        document.get("purpose") == "marketing",
        {name: rails.get(name, _DEFAULTS[name]) for name, _ in _SPANS}, people, waiting,
    )  # fmt: skip


def _collision(
    account_id: int, before: Sequence[Planned], earlier: Planned, later: Planned
) -> Collision:
    common = effect_overlap.common(later.people, earlier.people)
    gap = later.at - earlier.at
    caps = []
    if common and earlier.marketing and later.marketing:
        caps = [
            _cap(account_id, before, later, most, timedelta(days=days))
            for name, days in _SPANS
            if (most := later.caps[name]) is not None and gap < timedelta(days=days)
        ]
    kept = effect_overlap.capped(later.people, earlier.people, caps)
    longest = max((cap.span for cap in caps), default=timedelta()) if kept else timedelta()
    return Collision(earlier, later, common, kept, earlier.at + longest if kept else None)


def _cap(
    account_id: int,
    before: Sequence[Planned],
    later: Planned,
    most: int,
    span: timedelta,
) -> Cap:
    """What reaches people in `span` before `later`: what did already, and what is planned."""
    planned = [run.waiting for run in before if run.marketing and run.at > later.at - span]
    return Cap(most, span, (effect_overlap.recent(account_id, later.at - span), *planned))
