"""What a message does to a person: the true chances; acts are drawn from them, truth is told."""

from __future__ import annotations

import math
from dataclasses import dataclass

RESPONSE_DAYS = 7  # within which a purchase counts as an answer to a message
MONTH_DAYS = 30.0
SEEN = {"custom": 0.9, "template": 0.8, "subscribe": 0.8, "mass": 0.55}
SEEN_ELSE = 0.6
BASE, LIKING, WORTH, REST, TIRED = -4.0, 5.0, 1.8, 0.6, 1.2
RESTED_HOURS = 72.0
CLAIM, CLAIM_LIKING = 0.55, 0.4
TILL_BASE, TILL_LIKING, TILL_WORTH = -1.6, 2.6, 1.4


@dataclass(slots=True)
class Chances:
    """Of one person for one message; all 0..1.

    tap, claim, redeem    claim given a tap, redeem given a claim
    buys_without          buys within RESPONSE_DAYS though the message never came
    buys_with             buys in that time, with or without the coupon
    """

    tap: float
    claim: float
    redeem: float
    buys_without: float

    @property
    def redeems(self) -> float:
        return self.tap * self.claim * self.redeem

    @property
    def buys_with(self) -> float:
        return 1.0 - (1.0 - self.buys_without) * (1.0 - self.redeems)

    @property
    def uplift(self) -> float:
        """What the message is worth: purchases that would not have been."""
        return self.buys_with - self.buys_without


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


def tap(affinity: float, worth: float, rested_hours: float, tired: float, seen: float) -> float:
    """worth: value x frugality. rested: since the last message. tired: fatigue over patience.

    seen: the chance to look at it, SEEN x attention; 1 for what was asked for.
    """
    rested = min(1.0, rested_hours / RESTED_HOURS)
    return seen * logistic(BASE + LIKING * affinity + WORTH * worth + REST * rested - TIRED * tired)


def claim(affinity: float) -> float:
    return CLAIM + CLAIM_LIKING * affinity


def redeem(affinity: float, worth: float) -> float:
    return logistic(TILL_BASE + TILL_LIKING * affinity + TILL_WORTH * worth)


def buys_without(buys_a_month: float) -> float:
    return 1.0 - math.exp(-buys_a_month * RESPONSE_DAYS / MONTH_DAYS)
