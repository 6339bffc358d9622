"""The whole platform: world, pusher, people and their time, started and stopped together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.clock import to_ms
from bot.clockfile import ClockFile
from bot.sandbox.acts import Acts
from bot.sandbox.clock import MovableClock, PlatformClock, SteppedClock
from bot.sandbox.config import SandboxConfig
from bot.sandbox.crowd.errands import Web
from bot.sandbox.crowd.inhabitants import inhabitants
from bot.sandbox.gateway import Desk, Gateway
from bot.sandbox.pusher import Pusher
from bot.sandbox.stepper import Stepper
from bot.sandbox.timeline import Timeline
from bot.sandbox.wire import AnyWire
from bot.sandbox.world import World


class NotStepped(Exception):
    """Only a platform with a `start` has a time that can be run."""


class Platform:
    """Nothing moves before `start`. `wire`, `web`: ways to the program other than HTTP."""

    def __init__(
        self,
        config: SandboxConfig,
        clock: MovableClock | None = None,
        wire: AnyWire | None = None,
        web: Web | None = None,
    ) -> None:
        self.config = config
        self.stepper: Stepper | None = None
        chosen: PlatformClock | None = clock
        start = config.start_at()
        shared = _clock_file(config, start)
        if start is not None:
            stepped = SteppedClock(start, shared)
            self.stepper, chosen = Stepper(stepped, shared, config.lockstep), stepped
        elif shared is not None:
            chosen = MovableClock(shared=shared)
        self.world = World(config, chosen)
        timeline = self.stepper.timeline if self.stepper else Timeline
        pushing = self.stepper.timeline() if self.stepper else None
        self.pusher = Pusher(self.world, timeline=pushing, wire=wire)
        self.acts = Acts(self.world, self.pusher.push)
        self.timeline = timeline()
        self.gateway = Gateway(Desk(self.world, self.acts, self.timeline))
        self.population = inhabitants(self.world, self.acts, self.pusher, timeline(), web)
        self._opening = threading.Thread(target=self._open, name="opening", daemon=True)

    def start(self) -> None:
        """Verifies the callback until the bot is up; then the people begin."""
        self.timeline.start()
        self.pusher.start()
        self._opening.start()

    def _open(self) -> None:
        if self.pusher.nobody or self.pusher.verify_until_up():
            self.population.start()

    # --- virtual time ------------------------------------------------------------------------

    def run(self, seconds: float, told: Callable[[datetime], None] | None = None) -> int:
        """Lives through `seconds` of virtual time, telling `told` of each hour. How many tasks.

        Raises NotStepped for a platform on the wall clock, Busy where another runs it already.
        """
        if self.stepper is None:
            raise NotStepped
        if seconds < 0:
            raise ValueError("time does not go back")
        self._opening.join()  # the people have been told to begin
        until = self.world.clock() + timedelta(seconds=seconds)
        done = 0
        while (now := self.world.clock()) < until:
            done += self.stepper.run(min(until, now + timedelta(hours=1)))
            if told is not None:
                told(self.world.clock())
        done += self.stepper.run(until)
        self.world.ledger.flush()
        return done

    def advance(self, seconds: float) -> None:
        """Moves the clock: at once on the wall clock, living through it on a virtual one."""
        if self.stepper is not None:
            self.run(seconds)
        elif isinstance(self.world.clock, MovableClock):
            with self.world.lock:
                self.world.clock.advance(seconds)

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
            "faults_met": world.faults.report(),
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
            accepted, replied = (
                {openid: [one.as_json(openid) for one in each] for openid, each in kept.items()}
                for kept in (world.deliveries, world.replies)
            )
        return {
            **self.state(),
            "accepted": accepted,
            "replied": replied,
            "people": followers,
            "taps": world.ledger.records("tap"),
            "claims": world.ledger.records("claim"),
            "unheard": world.ledger.records("tap_lost", "claim_refused"),
            "redemptions": world.ledger.records("redemption"),
            "faults": world.ledger.records("fault", "api_fault", "push_fault", "alarm", "dropped"),
        }


def _clock_file(config: SandboxConfig, start: datetime | None) -> ClockFile | None:
    """The file that the program under test reads; None where none is wanted."""
    if not config.clock_path:
        return None
    base = 0 if start is None else to_ms(start)
    return ClockFile.create(Path(config.clock_path), base, flowing=start is None)
