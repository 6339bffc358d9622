"""From a tapped offer to the till, purchases that no message caused, and the record of both."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Protocol

from bot.sandbox.crowd import response
from bot.sandbox.crowd.errands import Errands
from bot.sandbox.crowd.life import Life
from bot.sandbox.crowd.offers import TOPICS, Offer, read
from bot.sandbox.crowd.reactions import Reaction
from bot.sandbox.crowd.readers import Readers
from bot.sandbox.crowd.response import Chances
from bot.sandbox.crowd.table import Table
from bot.sandbox.people import Person
from bot.sandbox.world import World

OPENS, CLOSES = 10.0, 21.0  # the shop's hours in Shanghai
DELAY_HOURS, DELAY_SPREAD = 30.0, 0.9  # from the claim to the till: median, sigma
LONGEST_HOURS = 21 * 24.0
FARMERS_WAIT = (1.0, 20.0)
FARMERS_PAY_FEN = 100
TELLS = 0.05  # of a redemption that went well
TWICE = 0.01  # share of used codes that somebody tries to use again


class Around(Protocol):
    """What customers need of the town."""

    def hours(self) -> float: ...

    def week_hour(self) -> float: ...

    def later(self, hours: float, do: Callable[[], None]) -> None: ...

    def bring_a_friend(self, rng: random.Random) -> None: ...


class Customers:
    def __init__(
        self, world: World, errands: Errands, readers: Readers, table: Table, town: Around
    ) -> None:
        self._world, self._errands = world, errands
        self._table, self._town = table, town
        self._readers = readers

    def note(self, openid: str, via: str, offer: Offer, chances: Chances) -> None:
        """The truth about one received offer: what it changes, known to nobody else."""
        self._world.ledger.add(
            "offer",
            self._world.clock(),
            openid=openid,
            via=via,
            topic=TOPICS[offer.topic] if offer.topic >= 0 else "",
            value=round(offer.value, 3),
            link=offer.link,
            tap=round(chances.tap, 5),
            redeems=round(chances.redeems, 5),
            buys_without=round(chances.buys_without, 5),
            buys_with=round(chances.buys_with, 5),
        )

    def tap(self, life: Life, person: Person, reaction: Reaction, rng: random.Random) -> None:
        """Opens the link, claims what the page offers, and later goes to the shop with it."""
        offer = reaction.offer or read("", reaction.detail)
        affinity = life.affinity_to(offer.topic)
        wants = life.farms or rng.random() < response.claim(affinity)

        link = self._readers.follow(life, person, reaction.detail, rng)
        if not link:
            return

        def visiting() -> None:
            seen = self._errands.open(person.openid, link, wants)
            self._readers.answer_popup(life, person, seen.notices, rng)
            if seen.code and self._world.config.shop_url and self._errands.first_sight(seen.code):
                self._decide(life, offer, seen.code, rng)

        self._errands.hand(visiting)

    def _decide(self, life: Life, offer: Offer, code: str, rng: random.Random) -> None:
        worth = offer.value * life.frugality
        likely = response.redeem(life.affinity_to(offer.topic), worth)
        if not life.farms and rng.random() >= likely:
            return
        if life.farms:
            wait = rng.uniform(*FARMERS_WAIT)
        else:
            wait = min(LONGEST_HOURS, 0.5 + DELAY_HOURS * rng.lognormvariate(0.0, DELAY_SPREAD))
        wait = self._in_shop_hours(wait, rng)
        self._town.later(
            wait, lambda: self._errands.hand(lambda: self._redeem(life, offer, code, rng))
        )

    def _in_shop_hours(self, wait: float, rng: random.Random) -> float:
        """The same wait, or until some time of the next opening."""
        hour = (self._town.week_hour() + wait) % 24
        if OPENS <= hour < CLOSES:
            return wait
        return wait + (OPENS - hour) % 24 + rng.uniform(0, CLOSES - OPENS)

    def _redeem(self, life: Life, offer: Offer, code: str, rng: random.Random) -> None:
        amount = max(offer.minimum_fen, FARMERS_PAY_FEN if life.farms else _basket(life, rng))
        order = f"SBX{life.index:06d}{rng.randrange(10**6):06d}"
        if self._errands.pay(life.openid, code, f"{order}0", amount):
            self._table.redeemed_at[life.index] = self._town.hours()
            if not life.farms and rng.random() < TELLS:
                self._town.bring_a_friend(rng)
        if rng.random() < TWICE:
            self._errands.pay(life.openid, code, f"{order}1", amount)

    def buy(self, life: Life, rng: random.Random) -> None:
        """Buys without a coupon; not again where a coupon has just brought the person in.

        Only the ledger hears of it: there is no call by which a till reports a sale without a code.
        """
        since = self._town.hours() - self._table.redeemed_at[life.index]
        if since < 24 * response.RESPONSE_DAYS:
            return
        amount = _basket(life, rng)
        self._world.ledger.add(
            "purchase", self._world.clock(), openid=life.openid, amount_fen=amount
        )


def _basket(life: Life, rng: random.Random) -> int:
    return round(life.basket_fen * rng.lognormvariate(0.0, 0.4))
