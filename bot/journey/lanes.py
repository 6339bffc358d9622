"""A version of a journey made ready to be walked: its flow, its standing campaigns, the zone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.journey.definition import Flow
from bot.journey.reading import parse
from bot.store import accounts, journeys
from bot.store.journeys import JourneyState, Version


@dataclass(frozen=True)
class Lane:
    """`actions`: sending step -> slug of its standing campaign."""

    journey: JourneyState
    number: int
    flow: Flow
    actions: Mapping[str, str]
    zone: ZoneInfo

    @property
    def running(self) -> bool:
        return self.journey.state == journeys.RUNNING


@lru_cache(maxsize=512)
def flow_of(definition: str, zone: str) -> Flow:
    """The flow of a stored definition, which never changes."""
    return parse(json.loads(definition), ZoneInfo(zone))


def lane_of(journey: JourneyState, version: Version) -> Lane:
    zone = accounts.by_id(journey.account_id).timezone
    flow = flow_of(version.definition, zone)
    return Lane(journey, version.number, flow, version.actions, ZoneInfo(zone))


def latest(journey: JourneyState) -> Lane:
    """By which people enter now. Raises NotFound for a journey without a version."""
    return lane_of(journey, journeys.version(journey.id, journey.version))


class Lanes:
    """The lanes of some journeys, each read once: for one batch, or one tick."""

    def __init__(self, found: Mapping[int, JourneyState] | None = None) -> None:
        self._journeys = dict(found or {})
        self._lanes: dict[tuple[int, int], Lane] = {}

    def journey(self, journey_id: int) -> JourneyState:
        if journey_id not in self._journeys:
            self._journeys[journey_id] = journeys.get(journey_id)
        return self._journeys[journey_id]

    def of(self, journey_id: int, number: int) -> Lane:
        if (journey_id, number) not in self._lanes:
            version = journeys.version(journey_id, number)
            self._lanes[journey_id, number] = lane_of(self.journey(journey_id), version)
        return self._lanes[journey_id, number]
