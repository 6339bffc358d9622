"""A small town for journeys: the campaigns' world, a journey, and the jobs that move it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot import journey
from bot.clock import to_ms
from bot.profile.refresh import fold_new
from bot.segment.refresh import refresh_all
from bot.store import events, journey_runs, journeys
from bot.store.db import Store, fetch, run
from bot.store.journey_runs import Run
from tests.bot.campaign.world import World, found_world

URL = "https://h.example"
TEXT = {"purpose": "service", "text": "您好"}


def a_journey(*steps: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Begun by following, changed as named."""
    document: dict[str, Any] = {
        "slug": "welcome",
        "name": "迎新",
        "trigger": {"when": "subscribe"},
        "steps": [*steps] or [{"id": "hello", "send": TEXT}, {"id": "end", "end": "finished"}],
    }
    document |= changes
    return {name: value for name, value in document.items() if value is not ...}


@dataclass
class Town:
    world: World
    people: list[int]
    number: int = 0

    @property
    def now(self) -> datetime:
        return self.world.now

    @property
    def account_id(self) -> int:
        return self.world.account_id

    def define(self, document: dict[str, Any], **how: Any) -> journeys.JourneyState:
        return journey.define(self.account_id, document, self.now, **how)

    def start(self, document: dict[str, Any]) -> journeys.JourneyState:
        made = self.define(document)
        return journey.start(self.account_id, made.slug, self.now)

    def happens(self, kind: str, *who: int, at: datetime | None = None, **facts: Any) -> None:
        for one in who:
            self.number += 1
            events.append(
                self.account_id, one, kind, at=at or self.now, received_at=self.now,
                source="callback", key=f"{kind}:{self.number}", facts=facts,
            )  # fmt: skip

    def turn(self, **span: float) -> int:
        """Time passes, then the jobs have their turn."""
        self.world.later(**(span or {"seconds": 2}))
        fold_new(self.now)
        refresh_all(self.now)
        moved = journey.advance_due(self.world.services, self.now)
        self.world.push()
        return moved

    def run(self, who: int) -> Run:
        """Their latest way."""
        return journey_runs.of_follower(who)[0]

    def where(self, who: int) -> str:
        """The step they stand at, or how they left."""
        found = journey_runs.of_follower(who)
        return (found[0].outcome or found[0].step) if found else ""

    def ways(self, who: int) -> list[str]:
        return [f"{step} {way}".strip() for step, _, way in self.run(who).trace]

    def texts(self, who: int) -> list[str]:
        """What reached their phone."""
        return [
            body["text"]["content"].split("\n")[0]
            for body in self.world.platform.sent
            if body["touser"] == f"o-{who}"
        ]


def found_town(store: Store, followers: int = 3) -> Town:
    """Followers 1, 2 ... with windows open for as long as a test lasts."""
    world = found_world(store, followers=followers)
    run("UPDATE follower SET window_until = ?, window_left = 99", (to_ms(world.now) + 10**11,))
    run("UPDATE coupon_batch SET per_person = 9")
    return Town(world, [row[0] for row in fetch("SELECT id FROM follower ORDER BY id")])


DAY = timedelta(days=1)
