"""Who will answer, redeem or buy: the chance of a yes for each row."""

from __future__ import annotations

from bot.insight import training
from bot.insight.kinds import Kind, Request
from bot.insight.modelfile import Learnt
from bot.insight.propensity.roster import CANDIDATES, COMBINERS
from bot.insight.search import Roster

ROSTER = Roster(CANDIDATES, COMBINERS)


def train(request: Request) -> Learnt:
    """See bot.insight.training.train."""
    return training.train(request, "propensity", ROSTER)


KIND = Kind("propensity", train, training.evaluate, training.predict)
