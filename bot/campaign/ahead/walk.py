"""The walk of a dry run over the audience: chunk by chunk as planning goes, so that scarce goods
run out at the same follower; memory is that of one chunk and the counters."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from bot.campaign.drawing.assign import HELD_OUT
from bot.campaign.drawing.draw import Drawn, draw
from bot.campaign.permission.order import Order
from bot.campaign.permission.purse import prices_of
from bot.campaign.permission.verdicts import CODE, DELAYED, OUTCOMES, verdicts
from bot.store import budgets, coupons, sends
from bot.values.audience import Channel, Skip

SAMPLES = 10


@dataclass(frozen=True, slots=True, order=True)
class Chosen:
    """A follower whose message is shown; `draw` decides who."""

    draw: float
    follower_id: int
    variant: str
    channel: str


@dataclass
class Tally:
    """What the audience comes to.

    held_out   those of the account's control group included, which are `control`, and those whom
               another experiment of the group has, `elsewhere`
    delayed    who is at a cap and will be asked again the next day
    skipped    by reason
    channels   sends by channel
    cost_fen   of messages and coupons, each coupon as if it were redeemed
    """

    audience: int = 0
    held_out: int = 0
    control: int = 0
    delayed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)
    variants: Counter[str] = field(default_factory=Counter)
    burn: int = 0
    cost_fen: int = 0
    elsewhere: int = 0


class Walk:
    """Counts one audience as it is sent to `at`, when the quiet hours are over.

    carried   of a run that matches several batches: which one each follower gets
    """

    def __init__(
        self,
        order: Order,
        at: datetime,
        carried: Callable[[Sequence[int]], Mapping[int, int]] | None = None,
    ) -> None:
        self.order, self.at = order, at
        self.carried = carried
        self.given: Mapping[int, int] = {}
        self.tally = Tally()
        stock = [coupons.stock(batch.id)["available"] for batch in order.batches()]
        self.stock = sum(stock) if stock else None
        self.left = None if order.choices else self.stock
        self.money = order.definition.budget_fen
        if self.money is not None:
            self.money -= budgets.spent(order.campaign_id, order.generation)
        self.prices = prices_of(order)
        self.chosen: list[Chosen] = []
        self._random = random.Random(order.campaign_id)

    def held(self) -> dict[str, Any]:
        """JSON-ready, all that `resumed` needs."""
        tally = {part.name: getattr(self.tally, part.name) for part in fields(Tally)}
        return {"stock": self.stock, "left": self.left, "money": self.money, "tally": tally}

    def look_at(self, members: Sequence[int]) -> None:
        """One chunk, in the order in which planning writes it."""
        tally = self.tally
        found, codes = verdicts(self.order, members, self.at)
        code_of = dict(zip(found, codes.tolist(), strict=True))
        tally.audience += len(code_of)
        offer = self.order.offer
        held = sends.codes_held(offer.id, members) if offer and members else {}
        self.given = self.carried(members) if self.carried else {}
        draws = draw(self.order, members, self.order.limits.control)
        self._hold_out(draws, code_of)
        parts = draws.parts()
        parts.pop(HELD_OUT, None)
        for variant, ids in parts.items():
            here = [who for who in ids if who in code_of]
            tally.variants[variant] += len(here)
            self._look_at(variant, here, code_of, held)

    def _hold_out(self, draws: Drawn, code_of: dict[int, int]) -> None:
        tally = self.tally
        tally.held_out += sum(who in code_of for who in draws.held_out)
        tally.control += sum(who in code_of for who in draws.control)
        tally.elsewhere += sum(who in code_of for who in draws.elsewhere)

    def _look_at(
        self, variant: str, ids: Sequence[int], code_of: dict[int, int], held: dict[int, int]
    ) -> None:
        ends: Counter[str] = Counter()
        if self.left is None and self.money is None and not self.order.choices:
            tried: Counter[int] = Counter(code_of[who] for who in ids)
            ends.update({OUTCOMES[code]: many for code, many in tried.items()})
            self._sample(variant, ids, code_of)
        else:
            for who in ids:
                word = OUTCOMES[code_of[who]]
                short = self._short(word, held.get(who, 0), who) if _goes(code_of[who]) else None
                ends[short or word] += 1
                if short is None:
                    self._sample(variant, (who,), code_of)
        for word, many in ends.items():
            self._count(word, many)

    def _count(self, word: str, many: int) -> None:
        if CODE[word] < CODE[DELAYED]:
            self.tally.skipped[word] += many
            return
        if word == DELAYED:
            self.tally.delayed += many
            return
        self.tally.channels[word] += many
        self.tally.cost_fen += many * self.prices.of(Channel(word))

    def _short(self, word: str, codes_held: int, who: int) -> Skip | None:
        """Take the money and one code of the stock, in mind; or what is missing."""
        batch_id = self.given.get(who)
        if self.order.choices and batch_id is None:
            return Skip.NO_OFFER
        coupon = self.prices.coupons.get(batch_id or 0, self.prices.coupon)
        price = coupon if word == DELAYED else self.prices.of(Channel(word), batch_id)
        if self.money is not None and price > self.money:
            return Skip.BUDGET
        offer = self.order.offer
        if offer is not None and self.left is not None:
            if codes_held >= offer.per_person:
                return Skip.PERSON_LIMIT
            ended = offer.valid_until is not None and offer.valid_until <= self.at
            if self.left == 0 or ended or offer.withdrawn_at is not None:
                return Skip.NO_STOCK
            self.left -= 1
            self.tally.burn += 1
        if batch_id is not None:  # that there is one left, the matching has seen to
            self.tally.burn += 1
            self.tally.cost_fen += coupon if word != DELAYED else 0
        if self.money is not None:
            self.money -= price
        return None

    def _sample(self, variant: str, ids: Sequence[int], code_of: dict[int, int]) -> None:
        """Ten of those who get it, each as likely as the other."""
        for who in ids:
            if not _goes(code_of[who]):
                continue
            draw = self._random.random()
            if len(self.chosen) < SAMPLES:
                heapq.heappush(self.chosen, Chosen(draw, who, variant, OUTCOMES[code_of[who]]))
            elif draw > self.chosen[0].draw:
                one = Chosen(draw, who, variant, OUTCOMES[code_of[who]])
                heapq.heapreplace(self.chosen, one)


def resumed(order: Order, at: datetime, held: dict[str, Any] | None) -> Walk:
    """A walk that goes on where another process stopped; it chooses no examples any more."""
    walk = Walk(order, at)
    if held is not None:
        walk.stock, walk.left, walk.money = held["stock"], held["left"], held["money"]
        tally = held["tally"]
        counters = {name: Counter(tally[name]) for name in ("skipped", "channels", "variants")}
        walk.tally = Tally(**{**tally, **counters})
    return walk


def _goes(code: int) -> bool:
    return code >= CODE[DELAYED]
