"""What a person makes of a message that has come: nothing, mostly; decided in microseconds."""

from __future__ import annotations

import random
from dataclasses import dataclass

from bot.sandbox.crowd import fatigue, phrases, response
from bot.sandbox.crowd.fatigue import FINE, IGNORES, LEFT, OPTED_OUT, SILENT
from bot.sandbox.crowd.life import Lives
from bot.sandbox.crowd.offers import Offer, read
from bot.sandbox.crowd.response import Chances
from bot.sandbox.crowd.rhythm import RHYTHMS
from bot.sandbox.crowd.table import Table

SECOND = 1 / 3600
LOOKS_WITHIN = 2.5  # hours of one's own activity, on average, until the phone is looked at
LEAVES_AFTER_OPT_OUT = 0.5  # of those who said no and get more all the same
GRACE_HOURS = 1.0
ASKED = ("reply", "menu", "agent")  # channels of what a person has asked for


@dataclass(slots=True)
class Reaction:
    """kind: tap, say, unfollow; after: hours from now; nth: of the message it answers."""

    kind: str
    after: float
    detail: str = ""
    offer: Offer | None = None
    nth: int = 0


@dataclass(slots=True)
class Received:
    """`chances`: of an offer, told to whoever judges; `end`: how the person stands from now on."""

    offer: Offer
    chances: Chances | None = None
    reactions: tuple[Reaction, ...] = ()
    end: int = FINE


class Reactions:
    """Changes the table, nothing else."""

    def __init__(self, lives: Lives, table: Table, begins: float) -> None:
        self._lives, self._table, self._begins = lives, table, begins

    def receive(self, index: int, via: str, text: str, url: str, now: float) -> Received | None:
        """The message has come at `now`, hours since the start. None: nobody looks any more."""
        table = self._table
        nth = table.received[index]
        table.received[index] = nth + 1
        offer = read(text, url)
        if table.farms[index]:
            return self._farmed(index, nth, offer)
        mood = table.mood[index]
        if mood == SILENT:
            return None
        asked = via in ASKED
        affinity = table.affinity_to(index, offer.topic)
        rested = now - table.last_at[index]
        level = fatigue.decayed(table.fatigue[index], rested)
        table.last_at[index] = now
        table.fatigue[index] = tired = level + fatigue.weight(asked, affinity)
        taps, ends = self._lives.draws.two(b"seen", index, nth)
        chances: Chances | None = None
        reactions: tuple[Reaction, ...] = ()
        if offer.link:
            chances = self._chances(index, via, offer, affinity, rested, level)
            if taps < chances.tap:
                reactions = (self._tap(index, nth, asked, offer, now),)
        if asked:
            return Received(offer, chances, reactions)
        end = self._end(index, mood, tired, ends, now)
        if end == FINE:
            return Received(offer, chances, reactions)
        table.mood[index] = end
        return Received(offer, chances, reactions + self._parting(index, nth, end, now), end)

    def _chances(
        self, index: int, via: str, offer: Offer, affinity: float, rested: float, level: float
    ) -> Chances:
        table = self._table
        worth = offer.value * table.frugality[index]
        deaf = via not in ASKED and table.mood[index] != FINE
        tired = level / table.patience[index]
        seen = self._seen(index, via)
        tapped = 0.0 if deaf else response.tap(affinity, worth, rested, tired, seen)
        return Chances(
            tapped,
            response.claim(affinity),
            response.redeem(affinity, worth),
            response.buys_without(table.buys[index]),
        )

    def _seen(self, index: int, via: str) -> float:
        """The chance to look at it."""
        if via in ASKED:
            return 1.0
        return response.SEEN.get(via, response.SEEN_ELSE) * self._table.attention[index]

    def _end(self, index: int, mood: int, tired: float, chance: float, now: float) -> int:
        """How the person stands after this message; FINE: as before."""
        table = self._table
        if mood == OPTED_OUT:
            late = now - table.opted_out_at[index] > GRACE_HOURS
            return LEFT if late and chance < LEAVES_AFTER_OPT_OUT else FINE
        if mood != FINE:
            return FINE
        limit = fatigue.chance_of_the_end(tired, table.patience[index])
        if chance >= limit:
            return FINE
        return fatigue.which_end(chance / limit)

    # --- the few who do something ------------------------------------------------------------

    def _tap(self, index: int, nth: int, asked: bool, offer: Offer, now: float) -> Reaction:
        rng = self._lives.draws.rng(b"tap", index, nth)
        after = rng.uniform(3, 60) * SECOND if asked else self._look(index, rng, now)
        return Reaction("tap", after, offer.link, offer, nth)

    def _parting(self, index: int, nth: int, end: int, now: float) -> tuple[Reaction, ...]:
        rng = self._lives.draws.rng(b"end", index, nth)
        if end in (IGNORES, SILENT):
            return ()
        after = self._look(index, rng, now)
        if end == LEFT:
            return (Reaction("unfollow", after),)
        self._table.opted_out_at[index] = now + after
        return (Reaction("say", after, rng.choice(phrases.OPT_OUTS)),)

    def _look(self, index: int, rng: random.Random, now: float) -> float:
        """Hours until the phone is in the hand."""
        rhythm = RHYTHMS[self._table.rhythm[index]]
        at = self._begins + now
        return rhythm.after(at, rng.expovariate(1 / LOOKS_WITHIN)) - at

    def _farmed(self, index: int, nth: int, offer: Offer) -> Received:
        """Farmers take all, at once, with each account."""
        if not offer.link:
            return Received(offer)
        after = self._lives.draws.rng(b"farmed", index, nth).uniform(5, 60) * SECOND
        return Received(
            offer, Chances(1.0, 1.0, 1.0, 0.0), (Reaction("tap", after, offer.link, offer, nth),)
        )
