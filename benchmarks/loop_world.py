"""The sandbox's people for the loop: hidden affinities, moods that wear out, virtual weeks.

They read, tap, claim, redeem, tire and leave by the sandbox's own functions (bot.sandbox.crowd);
the product gets what it would get: words, taps, claims, redemptions, goodbyes. One world can be
copied, so that several ways of choosing meet the same people in the same state.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.sandbox.crowd import customers, response
from bot.sandbox.crowd.fatigue import LEFT, OPTED_OUT
from bot.sandbox.crowd.habits import Habits
from bot.sandbox.crowd.life import Lives
from bot.sandbox.crowd.offers import TOPICS
from bot.sandbox.crowd.personas import talk
from bot.sandbox.crowd.reactions import Reaction, Reactions
from bot.sandbox.crowd.rhythm import hours_into_week
from bot.sandbox.crowd.table import Table

HOUR = timedelta(hours=1)
LINK = "https://shop.example/t/"
# Off how much, from how much (yuan), offer by offer: some are dearer to all, whatever they like.
PROMISES = ((5, 30), (8, 40), (10, 50), (10, 40), (12, 60), (15, 60), (15, 80), (20, 90),
            (25, 120), (30, 150))  # fmt: skip


class Promise(NamedTuple):
    """An offer: one a topic."""

    topic: str
    off: int
    least: int

    @property
    def text(self) -> str:
        said = f"【{self.topic}】本周满{self.least}减{self.off}元，点击领取："
        return f"{said}{LINK}{TOPICS.index(self.topic)}"


OFFERS = tuple(
    Promise(topic, off, least) for topic, (off, least) in zip(TOPICS, PROMISES, strict=True)
)


class Act(NamedTuple):
    """What somebody did: says, tap, claim, redeem, leave, opt_out."""

    person: int
    kind: str
    at: datetime
    detail: str = ""
    sent: int = -1  # place of the message among those of its run


@dataclass
class World:
    """gone, refused   who unfollowed, who said that he wants no more
    redeemed   how many by each person since the beginning, or since it is a twin
    """

    seed: int
    people: int
    start: datetime
    lives: Lives = field(init=False)
    table: Table = field(init=False)
    gone: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    redeemed: dict[int, int] = field(default_factory=dict)
    worth: float = 0.0  # purchases that would not have been, by the true chances

    def __post_init__(self) -> None:
        begins = hours_into_week(self.start)
        habits = Habits(present=1.0, friends=0.0, farmers=0.0)
        self.lives = Lives(self.seed, self.people, habits, begins)
        self.table = Table(self.people)
        for index in range(self.people):
            self.table.learn(self.lives.of(index))
        self._reactions = Reactions(self.lives, self.table, begins)

    def twin(self) -> World:
        """The same people in the same state, with a life of their own from now on."""
        other = copy.copy(self)
        other.table = copy.deepcopy(self.table)
        other.gone, other.refused = set(self.gone), set(self.refused)
        other.redeemed, other.worth = {}, 0.0
        other._reactions = Reactions(self.lives, other.table, hours_into_week(self.start))
        return other

    @property
    def reachable(self) -> list[int]:
        return [one for one in range(self.people) if one not in self.gone | self.refused]

    def talks(self, since: datetime, days: float) -> Iterator[Act]:
        """What they say of their own accord in these days."""
        for index in range(self.people):
            life = self.lives.of(index)
            rng = self.lives.draws.rng(b"talks", index)
            expected, at = life.talks * days / 30, rng.expovariate(1.0)
            while at < expected:
                yield Act(
                    index, "says", since + at / expected * days * 24 * HOUR,
                    talk(life.interests, rng),
                )  # fmt: skip
                at += rng.expovariate(1.0)

    def receive(self, chosen: Sequence[tuple[int, int]], now: datetime) -> Iterator[Act]:
        """Each (person, offer) gets his message at `now`; what comes of it, in no order."""
        hours = (now - self.start) / HOUR
        for place, (index, offer) in enumerate(chosen):
            heard = self._reactions.receive(index, "custom", OFFERS[offer].text, "", hours)
            if heard is None:
                continue
            if heard.chances is not None:
                self.worth += heard.chances.uplift
            for reaction in heard.reactions:
                yield from self._react(index, reaction, now, place)
            if heard.end == LEFT:
                self.gone.add(index)
            elif heard.end == OPTED_OUT:
                self.refused.add(index)

    def _react(self, index: int, reaction: Reaction, now: datetime, place: int) -> Iterator[Act]:
        at = now + reaction.after * HOUR
        if reaction.kind == "unfollow":
            yield Act(index, "leave", at)
        elif reaction.kind == "say":
            yield Act(index, "opt_out", at)
        elif reaction.offer is not None:
            yield from self._tapped(index, reaction, at, place)

    def _tapped(self, index: int, reaction: Reaction, at: datetime, place: int) -> Iterator[Act]:
        """As bot.sandbox.crowd.customers has it: page, claim, till."""
        assert reaction.offer is not None
        life, offer = self.lives.of(index), reaction.offer
        topic = TOPICS[offer.topic]
        rng = self.lives.draws.rng(b"visit", index, reaction.nth)
        yield Act(index, "tap", at, topic, place)
        liking = life.affinity_to(offer.topic)
        if rng.random() >= response.claim(liking):
            return
        yield Act(index, "claim", at, topic, place)
        if rng.random() >= response.redeem(liking, offer.value * life.frugality):
            return
        delay = customers.DELAY_HOURS * rng.lognormvariate(0.0, customers.DELAY_SPREAD)
        wait = min(customers.LONGEST_HOURS, 0.5 + delay)
        self.redeemed[index] = self.redeemed.get(index, 0) + 1
        yield Act(index, "redeem", at + wait * HOUR, topic, place)
