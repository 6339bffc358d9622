"""The simulated followers at work: their scripts, and what they do about what reaches them.

Chance is drawn from (seed, person, how manyth message), never from the order of threads: the same
seed against the same bot gives the same story, but for what time itself shuffles.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Protocol

from bot.sandbox.acts import Acts, NotFollowing
from bot.sandbox.crowd import personas
from bot.sandbox.crowd.ending import Ending
from bot.sandbox.crowd.errands import Errands, Web
from bot.sandbox.crowd.personas import Act, Persona
from bot.sandbox.crowd.visitor import first_link
from bot.sandbox.people import Bubble, Person
from bot.sandbox.pusher import Pusher
from bot.sandbox.stepper import SteppedTimeline
from bot.sandbox.timeline import Timeline
from bot.sandbox.world import World

BUSY = 400  # followers with waiting pushes: people hold back, or the story would run away
HOLD_BACK = 0.2
OTHER_TOPIC = 0.15  # share of one's affinity left for a link on something else
CLAIMS = 0.9
TWICE = 0.03  # share of used codes that somebody tries to use again
# `1 咖啡`, `1. 咖啡`, `1、咖啡`, and the keycap digits of a phone.
_OPTION = re.compile(r"^\s*(\d{1,2})\ufe0f?\u20e3?\s*[.、):：)]?\s*(\S.*?)\s*$", re.MULTILINE)


class Interested(Protocol):
    @property
    def interests(self) -> Mapping[str, float]: ...


def chosen_option(welcome: str, who: Interested, rng: random.Random) -> str:
    """What this person answers to lines like `1 咖啡`: the number or the word; "" for nothing."""
    options = _OPTION.findall(welcome)
    for topic in who.interests:
        for number, words in options:
            if topic in words:
                return str(rng.choice((number, words)))
    return ""


class Population(Ending):
    """`start` begins the story; `stop` ends all new acts; `drain` waits for those under way."""

    def __init__(
        self,
        world: World,
        acts: Acts,
        pusher: Pusher,
        timeline: Timeline | SteppedTimeline,
        web: Web | None = None,
    ) -> None:
        self._world, self._acts, self._pusher = world, acts, pusher
        config = world.config
        self._config = config
        self._who = {
            who.openid: who
            for who in (personas.persona(config.seed, n) for n in range(config.followers))
        }
        self._seen: Counter[str] = Counter()
        # A timeline of their own: at the end what they would still do is dropped, what the
        # platform owes is not.
        super().__init__(timeline, Errands(world, web))
        self._began: float | None = None
        # Think times shrink with a short story, so that a tap still falls inside it.
        self._pace = min(1.0, (config.seconds or 40.0) / 40.0) / config.time_scale

    # --- the story ---------------------------------------------------------------------------

    def start(self) -> None:
        if self._stopped:
            return
        config = self._config
        for who in self._who.values():
            person = self._world.person(who.openid, who.name)
            person.interests = tuple(who.interests)
        self._world.listeners.append(self._notice)
        self._began = self._now()
        self._timeline.start()
        for who in self._who.values():
            self._schedule(who, self._acts_of(who))
        if config.seconds is not None:
            ends = config.seconds / config.time_scale
            self._timeline.later(ends * personas.ENDS_AT, self.stop)

    def _acts_of(self, who: Persona) -> Iterator[Act]:
        config = self._config
        if config.seconds is None:
            spread = min(60.0, 5.0 + config.followers / 20)
            return personas.endless(who, config.seed, spread)
        return iter(personas.script(who, config.seed, config.seconds, config.followers))

    def _elapsed(self) -> float:
        """Story seconds since its begin."""
        return (self._now() - (self._began or 0.0)) * self._config.time_scale

    def _now(self) -> float:
        """In seconds of the clock that the timeline runs by."""
        return self._world.clock().timestamp() if self._config.stepped else time.monotonic()

    def _schedule(self, who: Persona, acts: Iterator[Act]) -> None:
        """One act of a person waits at a time: memory stays flat, order is kept."""
        act = next(acts, None)
        if act is None or self._stopped:
            return

        def perform() -> None:
            if self._stopped:
                return
            if self._pusher.backlog > BUSY:
                self._timeline.later(HOLD_BACK, perform)
                return
            self._perform(who, act)
            self._schedule(who, acts)

        self._timeline.later(max(0.0, act.at - self._elapsed()) / self._config.time_scale, perform)

    def _perform(self, who: Persona, act: Act) -> None:
        person, acts = self._world.person(who.openid), self._acts
        doing: dict[str, Callable[[], object]] = {
            "follow": lambda: acts.follow(person, act.detail),
            "unfollow": lambda: acts.unfollow(person),
            "say": lambda: acts.say(person, act.detail),
            "voice": lambda: acts.send_voice(person, act.detail),
            "picture": lambda: acts.send_picture(person),
            "location": lambda: acts.send_location(person, act.detail, self._rng(who, act.at)),
            "click": lambda: acts.click(person, act.detail),
            "scan": lambda: acts.scan(person, act.detail),
        }
        with suppress(NotFollowing):  # gone meanwhile by hand, on the phone page
            doing[act.kind]()

    def _rng(self, who: Persona, *place: object) -> random.Random:
        return random.Random(f"{self._config.seed}:{who.index}:{':'.join(map(str, place))}")

    # --- what reaches a phone ----------------------------------------------------------------

    def _notice(self, person: Person, bubble: Bubble) -> None:
        who = self._who.get(person.openid)
        if who is None or bubble.side != "account" or self._stopped:
            return
        self._seen[person.openid] += 1
        rng = self._rng(who, "seen", self._seen[person.openid])
        if bubble.answers == "subscribe":
            self._answer_welcome(who, person, bubble.text, rng)
        link = first_link(bubble.text, bubble.url)
        if not link:
            return
        wish = who.affinity * (1.0 if who.likes(bubble.text) else OTHER_TOPIC)
        if rng.random() < wish:
            wants = rng.random() < CLAIMS
            self._later(rng.uniform(1, 3), lambda: self._tap(who, link, wants, rng))

    def _answer_welcome(
        self, who: Persona, person: Person, welcome: str, rng: random.Random
    ) -> None:
        answer = chosen_option(welcome, who, rng)
        if answer and rng.random() < who.patience:
            self._later(
                rng.uniform(0.5, 2),
                lambda: self._perform(who, Act(0.0, "say", answer)),
                by_hand=False,
            )

    def _later(self, seconds: float, do: Callable[[], None], by_hand: bool = True) -> None:
        """After the think time; on a hand of the pool where it waits on the network.

        What comes due after the story's end is not done any more.
        """

        def begin() -> None:
            if self._stopped:
                return
            if by_hand:
                self._errands.hand(do)
            else:
                do()

        if self._stopped:
            return
        self._timeline.later(seconds * self._pace, begin)

    def _tap(self, who: Persona, link: str, wants: bool, rng: random.Random) -> None:
        seen = self._errands.open(who.openid, link, wants)
        if not seen.code or not self._config.shop_url or not self._errands.first_sight(seen.code):
            return
        if rng.random() < who.affinity:
            self._later(rng.uniform(2, 6), lambda: self._redeem(who, seen.code, rng))

    def _redeem(self, who: Persona, code: str, rng: random.Random) -> None:
        tries = 2 if rng.random() < TWICE else 1
        for number in range(tries):
            order = f"SBX{who.index:06d}{rng.randrange(10**6):06d}{number}"
            self._errands.pay(who.openid, code, order, rng.randrange(3000, 30000))

    # --- the end -----------------------------------------------------------------------------

    def report(self) -> dict[str, Any]:
        """How far the story is."""
        began = self._began is not None
        return {
            "people": len(self._who),
            "began": began,
            "elapsed": round(self._elapsed(), 1) if began else 0.0,
            "seconds": self._config.seconds,
            "ended": self._stopped,
        }
