"""A follower as the row that models read: the profile's columns, what we sent, what is offered.

The same function makes the rows that teach, as of a moment past, and those that are scored now: a
model is never asked in other words than it was taught in.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log1p, nan
from typing import Any

from bot.clock import to_ms
from bot.profile.parts import State
from bot.profile.vector import FEATURES, FEATURES_VERSION, vector
from bot.values.interest import DAY_MS, level, score

LEDGER_DAYS = 30
LEDGER = ("sent_month_log", "rest_days")
OFFER = ("offer_interest", "offer_value_log", "offer_threshold_log")
PERSON = (*FEATURES, *LEDGER)
VERSION = 1  # of LEDGER and OFFER; up by one whenever one of them changes its meaning


@dataclass(frozen=True, slots=True)
class Terms:
    """What an offer promises. Topics that are none: it is about nothing in particular."""

    topics: tuple[str, ...] = ()
    face_value_fen: int = 0
    threshold_fen: int = 0


def columns(with_offer: bool) -> tuple[str, ...]:
    return (*PERSON, *OFFER) if with_offer else PERSON


def made_of(with_offer: bool) -> dict[str, Any]:
    """What a model's card keeps of its columns, for `fits`."""
    return {
        "version": [FEATURES_VERSION, VERSION],
        "features": list(columns(with_offer)),
    }


def fits(card: Mapping[str, Any], with_offer: bool) -> bool:
    """Whether a model was taught by these very columns."""
    return card.get("made_of") == made_of(with_offer)


def person_row(state: State, received: Sequence[int], now: datetime) -> list[float]:
    """The follower in PERSON order.

    state      folded from what was known before `now`, and nothing later
    received   instants (ms) of messages that arrived, ascending; later ones than now are passed by
    """
    now_ms = to_ms(now)
    until = bisect_left(received, now_ms)
    month = until - bisect_left(received, now_ms - LEDGER_DAYS * DAY_MS)
    rest = (now_ms - received[until - 1]) / DAY_MS if until else float(LEDGER_DAYS)
    return [*vector(state, now), log1p(month), min(float(LEDGER_DAYS), rest)]


def offer_row(interests: Mapping[str, float], terms: Terms) -> list[float]:
    """The offer to this follower in OFFER order.

    interests   topic -> score 0..1
    """
    liked = max((interests.get(topic, 0.0) for topic in terms.topics), default=nan)
    return [liked, log1p(terms.face_value_fen / 100), log1p(terms.threshold_fen / 100)]


def interests(state: State, now: datetime) -> dict[str, float]:
    """Topic -> score 0..1 at `now`."""
    now_ms = to_ms(now)
    held = {topic: level(days) for topic, days in state.get("topics", {}).items()}
    return {topic: score(one, now_ms) for topic, one in held.items() if one is not None}
