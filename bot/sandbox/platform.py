"""The whole platform: world, pusher, people and their time, started and stopped together."""

from __future__ import annotations

import threading
from typing import Any

from bot.sandbox.acts import Acts
from bot.sandbox.clock import MovableClock
from bot.sandbox.config import SandboxConfig
from bot.sandbox.gateway import Desk, Gateway
from bot.sandbox.population import Population
from bot.sandbox.pusher import Pusher
from bot.sandbox.timeline import Timeline
from bot.sandbox.world import World


class Platform:
    """Nothing moves before `start`."""

    def __init__(self, config: SandboxConfig, clock: MovableClock | None = None) -> None:
        self.config = config
        self.world = World(config, clock)
        self.pusher = Pusher(self.world)
        self.acts = Acts(self.world, self.pusher.push)
        self.timeline = Timeline()
        self.gateway = Gateway(Desk(self.world, self.acts, self.timeline))
        self.population = Population(self.world, self.acts, self.pusher)
        self._opening = threading.Thread(target=self._open, name="opening", daemon=True)

    def start(self) -> None:
        """Verifies the callback until the bot is up; then the people begin."""
        self.timeline.start()
        self.pusher.start()
        self._opening.start()

    def _open(self) -> None:
        if self.pusher.verify_until_up():
            self.population.start()

    def settle(self, timeout: float) -> bool:
        """The people stop; all that is under way ends. False: not within `timeout` seconds.

        An answer can set off a job-finish event and the other way round: so twice.
        """
        self.population.stop()
        return all(
            part.drain(timeout)
            for part in (self.population, self.timeline, self.pusher, self.timeline, self.pusher)
        )

    def stop(self) -> None:
        self.population.close()
        self.timeline.stop()
        self.pusher.stop()
        self.world.ledger.close()

    # --- the books ---------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """The counts so far."""
        world = self.world
        with world.lock:
            follows = len(world.followers)
            subscribed = len(world.subscribed())
            accepted = sum(map(len, world.deliveries.values()))
        return {
            "followers": follows,
            "subscribed": subscribed,
            "verified": self.pusher.verified.is_set(),
            "callbacks": self.pusher.report(),
            "acts": self.world.ledger.counts(),
            "accepted": accepted,
            "story": self.population.report(),
            "now": world.clock().isoformat(),
        }

    def ledger(self) -> dict[str, Any]:
        """Everything, for a comparison with the product's own books."""
        world = self.world
        with world.lock:
            people = [world.people[openid] for openid in world.followers]
            followers = [
                {
                    "openid": person.openid,
                    "subscribed": person.subscribed,
                    "scene": person.scene,
                    "interests": list(person.interests),
                }
                for person in people
            ]
            accepted = {openid: list(entries) for openid, entries in world.deliveries.items()}
        return {
            **self.state(),
            "accepted": accepted,
            "people": followers,
            "taps": world.ledger.records("tap"),
            "claims": world.ledger.records("claim"),
            "unheard": world.ledger.records("tap_lost", "claim_refused"),
            "redemptions": world.ledger.records("redemption"),
            "faults": world.ledger.records("fault", "api_fault"),
        }
