"""The candidates that are tried, and the ways to join them."""

from __future__ import annotations

from bot.insight.candidate import Candidate, Combiner
from bot.insight.propensity.linear import Logistic
from bot.insight.propensity.neural import Neural
from bot.insight.propensity.svm import SupportVectors
from bot.insight.propensity.trees import Boosting, DecisionTree, Forest

CANDIDATES: tuple[Candidate, ...] = (
    Logistic(),
    DecisionTree(),
    Boosting(),
    Forest(),
    SupportVectors(),
    Neural(),
)
COMBINERS: tuple[Combiner, ...] = ()
