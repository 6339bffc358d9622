"""Scripted followers at work: what tests want to happen, at the times they want it.

    scripts = Scripts(platform.world, platform.acts, platform.timeline)
    scripts.play(Script("小林", at("23:50", follow()), at("00:10", say("营业到几点"))))
    platform.run(days=1)

They need no population. What a step cannot do (nothing to tap, not following) is no error: it is
written down as `script_failed` and stands in `failures`, and the next step is played.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from bot.sandbox import articles
from bot.sandbox.acts import Acts, NotFollowing
from bot.sandbox.crowd.errands import Errands, Web
from bot.sandbox.crowd.readers import article_of
from bot.sandbox.crowd.script_words import Deed, Script, ScriptError, Step
from bot.sandbox.crowd.visitor import first_link
from bot.sandbox.people import Person
from bot.sandbox.stepper import SteppedTimeline
from bot.sandbox.timeline import Timeline
from bot.sandbox.world import World

AMOUNT_FEN = 5000


@dataclass(frozen=True)
class Failure:
    name: str
    at: datetime
    act: str
    reason: str


class CannotDo(Exception):
    """The step makes no sense for this person now."""


@dataclass
class _Actor:
    """One script under way."""

    person: Person
    rng: random.Random
    codes: list[str] = field(default_factory=list)
    orders: int = 0
    steps: int = 0


class Scripts:
    """Plays any number of scripts; a person of the same name is the same person."""

    def __init__(
        self,
        world: World,
        acts: Acts,
        timeline: Timeline | SteppedTimeline,
        web: Web | None = None,
    ) -> None:
        self._world, self._acts, self._timeline = world, acts, timeline
        self._errands = Errands(world, web)
        self._actors: dict[str, _Actor] = {}
        self.failures: list[Failure] = []

    def play(self, *scripts: Script) -> None:
        """From now on; the times are counted from the present. Raises ScriptError, then no step is.

        On the wall clock `time_scale` shortens the waits.
        """
        now = self._world.clock()
        planned = [(script, list(script.times(now))) for script in scripts]
        for script, times in planned:
            actor = self._actor(script.name)
            self._plan(actor, script.name, list(zip(script.steps, times, strict=True)))

    def _plan(self, actor: _Actor, name: str, rest: list[tuple[Step, datetime]]) -> None:
        """One step of a script waits at a time."""
        if not rest:
            return
        actor.steps += 1
        (step, when), later = rest[0], rest[1:]

        def perform() -> None:
            self._perform(actor, name, step.deed)
            self._plan(actor, name, later)

        wait = (when - self._world.clock()).total_seconds()
        self._timeline.later(max(0.0, wait) / self._world.config.time_scale, perform)

    def person(self, name: str) -> Person:
        """The person who plays the script of this name."""
        return self._actor(name).person

    def _actor(self, name: str) -> _Actor:
        known = self._actors.get(name)
        if known is None:
            rng = random.Random(f"{self._world.config.seed}:script:{name}")
            known = self._actors[name] = _Actor(self._met(name), rng)
        return known

    def _met(self, name: str) -> Person:
        with self._world.lock:
            for person in self._world.people.values():
                if person.name == name:
                    return person
            return self._world.person(name=name)

    def close(self) -> None:
        self._errands.close()

    # --- acts --------------------------------------------------------------------------------

    def _perform(self, actor: _Actor, name: str, deed: Deed) -> None:
        try:
            if deed.act in ("tap", "claim", "redeem"):
                self._errand(actor, name, deed)
            else:
                self._doing(actor)[deed.act](deed.argument)
        except NotFollowing:
            self._failed(name, deed, "does not follow")
        except (CannotDo, ValueError) as error:
            self._failed(name, deed, str(error))

    def _failed(self, name: str, deed: Deed, reason: str) -> None:
        now = self._world.clock()
        self.failures.append(Failure(name, now, deed.act, reason))
        self._world.ledger.add("script_failed", now, name=name, act=deed.act, reason=reason)

    def _doing(self, actor: _Actor) -> dict[str, Callable[[str], object]]:
        acts, who = self._acts, actor.person
        return {
            "follow": partial(acts.follow, who),
            "unfollow": lambda _: acts.unfollow(who),
            "say": partial(acts.say, who),
            "voice": partial(acts.send_voice, who),
            "picture": lambda _: acts.send_picture(who),
            "location": lambda label: acts.send_location(who, label, actor.rng),
            "click": partial(acts.click, who),
            "view": partial(acts.view, who),
            "scan": partial(acts.scan, who),
            "revoke": partial(acts.revoke, who),
            "cancel": lambda _: acts.cancel(who),
            "modify": lambda _: acts.modify(who),
        }

    # --- errands -----------------------------------------------------------------------------

    def _errand(self, actor: _Actor, name: str, deed: Deed) -> None:
        """Over the network: by a hand on the wall clock, at once on virtual time."""

        def run() -> None:
            try:
                self._run(actor, deed)
            except CannotDo as error:
                self._failed(name, deed, str(error))

        self._errands.hand(run)

    def _run(self, actor: _Actor, deed: Deed) -> None:
        if deed.act == "tap":
            self._open(actor, wants=False)
        elif deed.act == "claim":
            self._claim(actor)
        else:
            if not actor.codes:
                self._claim(actor)
            actor.orders += 1
            order = f"SCRIPT{actor.person.openid[-8:]}{actor.orders:04d}"
            amount = int(deed.argument or AMOUNT_FEN)
            if not self._errands.pay(actor.person.openid, actor.codes[-1], order, amount):
                raise CannotDo("the till refused")

    def _claim(self, actor: _Actor) -> None:
        code = self._open(actor, wants=True)
        if not code:
            raise CannotDo("got no code")
        actor.codes.append(code)

    def _open(self, actor: _Actor, wants: bool) -> str:
        """Opens the last link; the code that its page shows."""
        link = self._last_link(actor.person)
        if not link:
            raise CannotDo("no link has been shown")
        if key := article_of(self._world, link):
            link = self._read(actor.person, key)
        return self._errands.open(actor.person.openid, link, wants).code

    def _read(self, person: Person, key: str) -> str:
        """Reads an article and taps its 阅读原文; the address that it leads to."""
        try:
            articles.read(self._world, person.openid, key)
            link = articles.open_source(self._world, person.openid, key)
        except (articles.NoArticle, articles.Gone):
            raise CannotDo("the article is gone") from None
        if not link:
            raise CannotDo("the article leads nowhere")
        return link

    def _last_link(self, person: Person) -> str:
        with self._world.lock:
            shown = [bubble for bubble in person.chat if bubble.side == "account"]
        links = (first_link(bubble.text, bubble.url) for bubble in reversed(shown))
        return next((link for link in links if link), "")


__all__ = ["CannotDo", "Failure", "ScriptError", "Scripts"]
