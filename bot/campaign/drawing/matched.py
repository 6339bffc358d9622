"""Which of several offers each follower of a run gets: planned once, for the whole audience.

Asked when all of the audience is in the ledger, and by a dry run of those who would be. As much as
the run itself it is bound by permission: only who may be sent to as things stand takes of stock and
budget. Decided by what was known as the run began and with a seed of its own, so that who takes
over comes to the same (bot.campaign.drawing.matched_decide).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bot.campaign.document.parts import Choice
from bot.campaign.permission.order import OFFER, Order
from bot.campaign.permission.policy import next_opening
from bot.campaign.permission.purse import prices_of
from bot.campaign.permission.verdicts import CODE, DELAYED, OUTCOMES, verdicts
from bot.clock import to_ms
from bot.learning import features, serving, worth
from bot.store import (
    budgets,
    consents,
    coupons,
    effect_costs,
    interest_levels,
    send_matches,
    sends,
)
from bot.store.campaigns import GenerationState
from bot.store.coupons import BatchState
from bot.store.predictions import UPLIFT
from bot.store.send_matches import Given
from bot.values.interest import score

if TYPE_CHECKING:
    from bot.insight.matching import Chunk, Matching, Offer

Doubles = NDArray[np.float64]
Spans = Callable[[], Iterable[Sequence[int]]]  # follower ids, ascending; the same each time
MATCH = "match"  # of a generation's forecast: Planned.summary
REDEEM = "redeem"  # the model whose predictions are chances
NOBODY = 0  # no follower has this id: what is said of who is not known


@dataclass(frozen=True)
class Planned:
    """What each follower gets.

    by_model   chances are predictions, not an assumption
    by_uplift  and what the message changes is counted, not who takes the coupon
    """

    matching: Matching
    batches: tuple[BatchState, ...]
    by_model: bool
    by_uplift: bool = False

    def place(self, follower_id: int) -> int | None:
        """Among those who were matched; None: permission kept them out."""
        ids = self.matching.ids
        at = int(np.searchsorted(ids, follower_id))
        return at if at < len(ids) and ids[at] == follower_id else None

    def batch(self, at: int) -> BatchState | None:
        choice = int(self.matching.choice[at])
        return self.batches[choice] if choice >= 0 else None

    def among(self, follower_ids: Iterable[int]) -> dict[int, int]:
        """Batch id by follower; who gets none is left out."""
        places = ((who, self.place(who)) for who in follower_ids)
        found = ((who, self.batch(at)) for who, at in places if at is not None)
        return {who: batch.id for who, batch in found if batch is not None}

    def told(self, at: int) -> dict[str, Any]:
        """Why this and not the runner-up, JSON-ready; money in fen."""
        why = self.matching.why(at)
        parts = {
            "response_fen": why.response_fen,
            "offer_cost_fen": why.offer_cost_fen,
            "message_fen": why.message_fen,
            "fatigue_fen": why.fatigue_fen,
            "value_fen": why.value_fen,
            "ahead_fen": why.margin_fen,
        }
        return {
            "choice": why.choice,
            "runner_up": why.runner_up,
            "why_not": why.reason.name.lower(),
            "chance": round(why.chance, 6),
            "by_model": self.by_model,
            **{name: round(value, 2) for name, value in parts.items()},
        }

    def summary(self) -> dict[str, Any]:
        """Of the whole audience: what each offer gives, and how near the best it is."""
        found = self.matching
        return {
            "people": len(found.ids),
            "served": int(found.sold.sum()),
            "worth_fen": round(found.total_fen, 2),
            "bound_fen": round(found.bound_fen, 2),
            "gap": round(found.gap, 6),
            "by_model": self.by_model,
            **({"by_uplift": True} if self.by_uplift else {}),
            "fen_is_worth": round(float(found.prices.budget), 6),
            "offers": {
                offer.name: {
                    "stock": offer.stock,
                    "given": int(found.sold[j]),
                    "price_fen": round(float(found.prices.stock[j]), 2),
                }
                for j, offer in enumerate(found.offers)
            },
        }


# --- planning ----------------------------------------------------------------------------------


def opening(order: Order, started: datetime) -> datetime:
    """When a run that begins then sends its first."""
    return next_opening(order.policy(OFFER), started) or started


def planned(order: Order, spans: Spans, at: datetime) -> Planned:
    """Nothing is written. `at`: as of when permission, stock and chances are asked."""
    from bot.insight.matching import Terms, match_offers  # scipy: not for who matches nothing

    part = order.definition.match
    assert part is not None, "only an order with choices is matched"
    budget = order.definition.budget_fen
    if budget is not None:
        budget = max(0, budget - budgets.spent(order.campaign_id, order.generation))
    terms = Terms(budget, minimum_fen=part.minimum_fen, seed=_seed(order))
    found = match_offers(_offers(order, at), lambda: chunks(order, spans, at), terms)
    by_uplift = part.by == UPLIFT and serving.serving(order.account_id, UPLIFT) is not None
    by_model = by_uplift or serving.serving(order.account_id, REDEEM) is not None
    return Planned(found, order.choices, by_model, by_uplift)


def _seed(order: Order) -> int:
    name = f"match:{order.campaign_id}:{order.generation}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest())


def _offers(order: Order, at: datetime) -> list[Offer]:
    from bot.insight.matching import Offer

    part, prices = order.definition.match, effect_costs.prices(order.account_id)
    assert part is not None, "only an order with choices is matched"
    return [
        Offer(batch.slug, margin_of(choice, batch, prices) or 0, batch.terms.cost, _left(batch, at))
        for choice, batch in zip(part.offers, order.choices, strict=True)
    ]


def margin_of(choice: Choice, batch: BatchState, prices: Mapping[str, int]) -> int | None:
    """What a redemption earns, in fen; None: neither the document nor the account says."""
    permille = prices.get(effect_costs.MARGIN, 0)
    if choice.margin_fen is None and not (permille and batch.threshold_fen):
        return None
    return choice.margin_fen or batch.threshold_fen * permille // 1000


def _left(batch: BatchState, at: datetime) -> int:
    ended = batch.valid_until is not None and batch.valid_until <= at
    return 0 if ended or batch.withdrawn_at else coupons.stock(batch.id)["available"]


def chunks(order: Order, spans: Spans, at: datetime) -> Iterator[Chunk]:
    """Those of the spans whom permission lets through."""
    from bot.insight.matching import Chunk

    prices = prices_of(order)
    price = {way.value: prices.of(way) for way in order.channels()}
    price[DELAYED] = max(price.values())  # by whichever way it goes tomorrow
    for span in spans():
        found, codes = verdicts(order, span, at)
        goes = np.flatnonzero(codes >= CODE[DELAYED])
        ids = [found[place] for place in goes]
        if ids:
            message = np.array([price[OUTCOMES[codes[place]]] for place in goes], np.float64)
            tired = _tired(order, ids, at)
            yield Chunk(ids, _chances(order, ids, at), _eligible(order, ids), message, tired)


def _eligible(order: Order, ids: Sequence[int]) -> NDArray[np.bool_]:
    """Who has as many of a batch as one person may, or refused its topics, cannot have it."""
    found = np.ones((len(ids), len(order.choices)), np.bool_)
    place = {who: i for i, who in enumerate(ids)}
    for j, batch in enumerate(order.choices):
        held = sends.codes_held(batch.id, ids).items()
        barred = {who for who, codes in held if codes >= batch.per_person}
        for who in barred | consents.refusing(ids, batch.topics):
            found[place[who], j] = False
    return found


def _chances(order: Order, ids: Sequence[int], at: datetime) -> Doubles:
    """(n, k) as the models in use predict; without one by interest alone. Of who does not want acts
    to decide what is shown it is what is said of a person of whom nothing is known."""
    found, unknown = (_predicted(order, some, at) for some in (ids, [NOBODY]))
    if found is None or unknown is None:
        return _by_interest(order, ids, at)
    return _of_the_willing(ids, found, unknown)


def _predicted(order: Order, ids: Sequence[int], at: datetime) -> Doubles | None:
    terms = [
        features.Terms(batch.topics, batch.face_value_fen, batch.threshold_fen)
        for batch in order.choices
    ]
    response = serving.response(order.account_id, REDEEM, ids, terms, at)
    part = order.definition.match
    assert part is not None, "only an order with choices is matched"
    if part.by != UPLIFT:
        return response
    uplift = serving.response(order.account_id, UPLIFT, ids, terms, at)
    if uplift is None:
        return response
    offers = _offers(order, at)
    margins, costs = ([getattr(one, name) for one in offers] for name in ("margin_fen", "cost_fen"))
    return worth.of_uplift(uplift, response, np.array(margins), np.array(costs))


def _tired(order: Order, ids: Sequence[int], at: datetime) -> Doubles:
    """(n) fen: what one more message costs by those whom it drives away; 0 without a model."""
    part = order.definition.match
    assert part is not None, "only an order with choices is matched"
    if not part.leaver_fen:
        return np.zeros(len(ids))
    found, unknown = (worth.driven_away(order.account_id, one, at) for one in (ids, [NOBODY]))
    if found is None or unknown is None:
        return np.zeros(len(ids))
    return part.leaver_fen * _of_the_willing(ids, found[:, None], unknown[:, None])[:, 0]


def _of_the_willing(ids: Sequence[int], found: Doubles, unknown: Doubles) -> Doubles:
    personal = send_matches.personal(ids)
    rows = np.array([who in personal for who in ids], np.bool_)
    return np.where(rows[:, None], found, unknown)


def _by_interest(order: Order, ids: Sequence[int], at: datetime) -> Doubles:
    part = order.definition.match
    assert part is not None, "only an order with choices is matched"
    topics = sorted({topic for batch in order.choices for topic in batch.topics})
    column = {topic: j for j, topic in enumerate(topics)}
    held, now_ms = interest_levels.levels(ids, topics), to_ms(at)
    likes = np.zeros((len(ids), len(topics)))
    for i, who in enumerate(ids):
        for topic, level in held.get(who, {}).items():
            likes[i, column[topic]] = score(level, now_ms)
    liked = np.zeros((len(ids), len(order.choices)))
    for j, batch in enumerate(order.choices):
        if batch.topics:
            liked[:, j] = likes[:, [column[topic] for topic in batch.topics]].max(axis=1)
    return part.assumed * (1 + liked)


# --- a run -------------------------------------------------------------------------------------


def owed(order: Order, generation: GenerationState) -> bool:
    """All of the audience is in the ledger, and not decided on."""
    at_end = generation.cursor >= generation.upper
    return bool(order.choices) and at_end and MATCH not in (generation.forecast or {})


def planned_for(order: Order, run: GenerationState) -> Planned:
    """Of the rows of a run."""
    number = (order.campaign_id, order.generation)

    def spans() -> Iterator[list[int]]:
        return ([who for _, who in some] for some in send_matches.waiting(*number))

    return planned(order, spans, opening(order, run.started_at))


def write(order: Order, found: Planned) -> None:
    """All of a run of a few, in the transaction that decides."""
    for some in send_matches.waiting(order.campaign_id, order.generation):
        write_batch(found, some)


def write_batch(found: Planned, rows: Sequence[tuple[int, int]]) -> None:
    """What these rows, (send id, follower id), carry, in place of what they did."""
    placed = [(send_id, who, found.place(who)) for send_id, who in rows]
    send_matches.take_back([send_id for send_id, *_ in placed])
    send_matches.give(
        [
            Given(send_id, who, batch.id if (batch := found.batch(at)) else None, found.told(at))
            for send_id, who, at in placed
            if at is not None
        ]
    )


def carried(order: Order) -> Callable[[Sequence[int]], dict[int, int]]:
    """What rows of the run carry: batch id by follower, of those who get any."""

    def of(follower_ids: Sequence[int]) -> dict[int, int]:
        rows = send_matches.batches_for(order.campaign_id, order.generation, follower_ids)
        return {who: batch_id for who, batch_id in rows.items() if batch_id is not None}

    return of
