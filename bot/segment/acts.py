"""Conditions about what somebody did, got, or was sent; the rest of them stands in `rules`.

{event: order, sum: amount_fen, at_least: 20000, within_days: 30, where: {shop: A1}}
{event: message.text, at_most: 0, within_days: 7}          at_least, at_most, exactly, never
{sequence: [{event: coupon.claimed}, {event: order, within_days: 7}], within_days: 60}
{sequence: [{event: coupon.claimed}, {event: order, within_days: 7, not: true}]}
{coupon: autumn-20, state: claimed, at_least: 1, within_days: 30}
{campaign: autumn, outcome: clicked, variant: a}           {list: gold-card}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import InvalidInput
from bot.segment import reading
from bot.segment.reading import Document, Where, path

FIGURES = ("sum", "min", "max", "avg")
MOST_AMOUNT = 10**12
COUPON_STATES = ("issued", "claimed", "redeemed", "expired")
OUTCOMES = ("sent", "clicked", "redeemed", "held_out", "skipped", "not_clicked")
MOST_STEPS = 5
_BOUNDS = ("at_least", "at_most", "exactly", "within_days")
EVENT_KEYS = ("event", *FIGURES, *_BOUNDS, "never", "where")
SEQUENCE_KEYS = ("sequence", "within_days")
COUPON_KEYS = ("coupon", "state", *_BOUNDS, "never")
CAMPAIGN_KEYS = ("campaign", "outcome", "variant")


@dataclass(frozen=True, slots=True)
class Event:
    """So many events of a kind or family; `within_days` None: ever. `at_most` None: no end."""

    kind: str
    at_least: int
    within_days: float | None
    where: Where
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A figure over a fact of events, between bounds; None: open. Whole numbers of at most 12
    digits count, whatever else stands there does not. The sum of nothing is 0, other figures of
    nothing are in no bounds."""

    kind: str
    figure: str
    fact: str
    at_least: int | None
    at_most: int | None
    within_days: float | None
    where: Where


@dataclass(frozen=True, slots=True)
class Step:
    """An act of a sequence: later than the one before, by `within_days` at most (None: ever).

    absent  the last step only: it has not come about in these days, and they are over
    """

    kind: str
    where: Where
    within_days: float | None
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Succession:
    """One act after another; the first in the last `within_days` (None: ever)."""

    steps: tuple[Step, ...]
    within_days: float | None


@dataclass(frozen=True, slots=True)
class Coupon:
    """So many codes of a batch that came to this; `within_days` counts from that instant."""

    batch: str
    state: str
    at_least: int
    at_most: int | None
    within_days: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a campaign's ledger says; `variant` "": any."""

    campaign: str
    outcome: str
    variant: str


@dataclass(frozen=True, slots=True)
class Listed:
    """He is in the list of this segment."""

    slug: str


@dataclass(frozen=True, slots=True)
class Pinned:
    """A marketer put him into a segment, or kept him out. Not written in documents: see plan."""

    segment_id: int
    included: bool


Act = Event | Aggregate | Succession | Coupon | Outcome | Listed | Pinned


def read_event(document: Document, at: str, depth: int) -> Event | Aggregate:
    kind = reading.kind(document, at)
    figures = [key for key in FIGURES if key in document]
    within, where = reading.days(document, at), reading.where(document, at)
    if not figures:
        low, high = reading.times(document, at)
        return Event(kind, low, within, where, high)
    if len(figures) > 1 or "never" in document:
        raise InvalidInput("one figure at a time", path(at, [*figures, "never"][1]))
    fact = reading.fact(document[figures[0]], path(at, figures[0]))
    least, most = reading.bounds(document, at, -MOST_AMOUNT, -MOST_AMOUNT, MOST_AMOUNT)
    if least is None and most is None:
        raise InvalidInput("a figure needs at_least, at_most or exactly", path(at, "at_least"))
    return Aggregate(kind, figures[0], fact, least, most, within, where)


def read_sequence(document: Document, at: str, depth: int) -> Succession:
    parts, here = document["sequence"], path(at, "sequence")
    if not isinstance(parts, Sequence) or isinstance(parts, str):
        raise InvalidInput(f"a list of 2 to {MOST_STEPS} steps", here)
    if not 2 <= len(parts) <= MOST_STEPS:
        raise InvalidInput(f"a list of 2 to {MOST_STEPS} steps", here)
    steps = [_step(part, f"{here}[{place}]") for place, part in enumerate(parts)]
    for place, step in enumerate(steps):
        if step.absent and place + 1 < len(steps):
            raise InvalidInput("only the last step can be a not", f"{here}[{place}].not")
    if steps[0].within_days is not None:
        raise InvalidInput("the first step follows none", f"{here}[0].within_days")
    return Succession(tuple(steps), reading.days(document, at))


def _step(document: Any, at: str) -> Step:
    if not isinstance(document, Mapping):
        raise InvalidInput("a step is an object such as {event: order}", at)
    reading.known(document, ("event", "where", "within_days", "not"), at)
    absent = document.get("not", False)
    if not isinstance(absent, bool):
        raise InvalidInput("true: it did not follow", path(at, "not"))
    within = reading.days(document, at)
    if absent and within is None:
        raise InvalidInput("what did not follow needs its days", path(at, "within_days"))
    return Step(reading.kind(document, at), reading.where(document, at), within, absent)


def read_coupon(document: Document, at: str, depth: int) -> Coupon:
    batch = reading.slug(document, "coupon", at)
    state = reading.word(document, "state", COUPON_STATES, at)
    low, high = reading.times(document, at)
    return Coupon(batch, state, low, high, reading.days(document, at))


def read_campaign(document: Document, at: str, depth: int) -> Outcome:
    slug = reading.slug(document, "campaign", at)
    outcome = reading.word(document, "outcome", OUTCOMES, at)
    variant = document.get("variant", "")
    return Outcome(slug, outcome, variant and reading.text(variant, 16, path(at, "variant")))


def read_list(document: Document, at: str, depth: int) -> Listed:
    return Listed(reading.slug(document, "list", at))
