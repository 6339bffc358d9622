"""Who lives: a person's hidden nature, drawn from (seed, index) alone, made when asked for."""

from __future__ import annotations

import math
import random
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache

from bot.sandbox.crowd import phrases
from bot.sandbox.crowd.draws import Draws
from bot.sandbox.crowd.habits import Habits
from bot.sandbox.crowd.offers import NO_TOPIC, TOPICS
from bot.sandbox.crowd.rhythm import RHYTHMS, Rhythm

KEPT = 4096  # people in memory; any other is made again
NO_GROUP = -1
BLOCK = 5  # neighbours by index of whom some may be one farmer's accounts
TALK_SPREAD, PURCHASE_SPREAD = 1.9, 1.0  # sigma of the lognormals
MOST_A_MONTH = 600.0  # nobody writes or buys more
DAYS_BEFORE = 400
GRAIN = 255  # affinities are kept in one byte each


@dataclass(frozen=True, slots=True)
class Life:
    """Hidden from every API; a product can only find it out.

    interests   topic -> weight, the strongest first; the weights add up to 1
    affinity    0..1 to each of TOPICS, in their order: what decides about taps
    patience    messages' worth of fatigue that the person bears
    attention   chance to look at a message that nobody asked for
    frugality   how much the value of an offer counts, 0..1
    talks, buys a month, on average
    group       the farmer whose account this is, or NO_GROUP
    arrives     hours after the start; below 0: follows since before; inf: a friend must tell
    """

    index: int
    openid: str
    name: str
    interests: dict[str, float]
    affinity: tuple[float, ...]
    rhythm: Rhythm
    talks: float
    patience: float
    attention: float
    frugality: float
    buys: float
    basket_fen: int
    group: int
    arrives: float

    @property
    def farms(self) -> bool:
        return self.group != NO_GROUP

    def affinity_to(self, topic: int) -> float:
        """Of a message about nothing in particular: the mean."""
        return sum(self.affinity) / len(TOPICS) if topic == NO_TOPIC else self.affinity[topic]


class Lives:
    """All people of one seed."""

    def __init__(self, seed: int, people: int, habits: Habits, begins: float) -> None:
        """begins: hours since Monday, 0:00, at which the run starts."""
        self.draws = Draws(seed)
        self.people = people
        self._habits = habits
        self._begins = begins
        self._friends_from = people - round(people * habits.friends)
        self.of = lru_cache(KEPT)(self._made)

    def openid(self, index: int) -> str:
        """28 characters, as the platform's are."""
        digest = self.draws.digest(b"openid", index) + self.draws.digest(b"openid", index, 1)
        return "o" + urlsafe_b64encode(digest).decode()[:27]

    def group(self, index: int) -> int:
        """The farmer whose account this is, or NO_GROUP: three to five neighbours are one's."""
        number, place = divmod(index, BLOCK)
        chosen, size = self.draws.two(b"farm", number)
        accounts = 3 + int(size * (BLOCK - 2))
        # Of a chosen block not all are farmed: so as many blocks more.
        share = min(1.0, self._habits.farmers * BLOCK / 4)
        return number if chosen < share and place < accounts else NO_GROUP

    def reserved(self) -> range:
        """Those whom only a friend brings."""
        return range(self._friends_from, self.people)

    def _made(self, index: int) -> Life:
        rng, habits = self.draws.rng(b"person", index), self._habits
        weights = _interests(rng)
        group = self.group(index)
        return Life(
            index=index,
            openid=self.openid(index),
            name=f"{rng.choice(phrases.NICKNAMES)}{rng.choice(('', '', str(rng.randint(1, 99))))}",
            interests=weights,
            affinity=tuple(_affinity(weights.get(topic, 0.0), rng) for topic in TOPICS),
            rhythm=_rhythm(rng),
            talks=0.0 if group >= 0 else _rate(habits.messages_a_month, TALK_SPREAD, rng),
            patience=rng.lognormvariate(math.log(4.0), 0.5),
            attention=0.15 + 0.4 * (rng.random() + rng.random()),
            frugality=rng.random(),
            buys=0.0 if group >= 0 else _rate(habits.purchases_a_month, PURCHASE_SPREAD, rng),
            basket_fen=round(rng.lognormvariate(math.log(8000), 0.5)),
            group=group,
            arrives=self.arrives(index),
        )

    def arrives(self, index: int) -> float:
        """Hours after the start; what `Life.arrives` says, without making the whole person."""
        group = self.group(index)
        if index >= self._friends_from:
            return math.inf
        first = index if group == NO_GROUP else group * BLOCK  # one's accounts come together
        chance, when = self.draws.two(b"arrives", first)
        apart = (index - first) * 0.05
        if chance < self._habits.present / max(1e-9, 1.0 - self._habits.friends):
            return -24.0 * DAYS_BEFORE * when - apart - 1.0
        rhythm = _rhythm(self.draws.rng(b"comes", first))
        wait = 24.0 * self._habits.arrival_days * when
        return rhythm.after(self._begins, wait) - self._begins + apart


def _interests(rng: random.Random) -> dict[str, float]:
    topics = rng.sample(TOPICS, rng.choice((1, 2, 2, 3)))
    raw = sorted((rng.uniform(0.2, 1.0) for _ in topics), reverse=True)
    return dict(zip(topics, (weight / sum(raw) for weight in raw), strict=True))


def _affinity(weight: float, rng: random.Random) -> float:
    """High for an interest, the higher the stronger it is; low for all else, but not for all."""
    chance = rng.random()
    drawn = 1.0 - 0.75 * chance ** (1.0 + 2.0 * weight) if weight else 0.85 * chance**5
    return round(drawn * GRAIN) / GRAIN


def _rate(mean: float, sigma: float, rng: random.Random) -> float:
    """A lognormal with this mean: most are far below it."""
    return min(MOST_A_MONTH, mean * rng.lognormvariate(-sigma * sigma / 2, sigma))


def _rhythm(rng: random.Random) -> Rhythm:
    return rng.choices(RHYTHMS, [rhythm.share for rhythm in RHYTHMS])[0]
