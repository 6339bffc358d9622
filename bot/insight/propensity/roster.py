"""The candidates that are tried, and the ways to join them.

Fewer settings than a candidate declares where they cost most and won least: all of it on 8,890 rows
of 26 columns stays within two minutes of CPU.
"""

from __future__ import annotations

from bot.insight.candidate import Candidate, Combiner
from bot.insight.propensity.blend import Blend
from bot.insight.propensity.construct import Crossed
from bot.insight.propensity.linear import Logistic
from bot.insight.propensity.neural import Neural
from bot.insight.propensity.svm import SupportVectors
from bot.insight.propensity.trees import Boosting, DecisionTree, Forest

_WIDE_FOREST = {"encoding": "codes", "min_samples_leaf": 5, "max_features": 0.3}
_USUAL_FOREST = {"encoding": "mixed", "min_samples_leaf": 3, "max_features": "sqrt"}
_BOOSTED = {
    "encoding": "codes",
    "learning_rate": 0.03,
    "max_iter": 120,
    "max_leaf_nodes": 8,
    "l2_regularization": 5.0,
    "max_features": 0.3,
}
_BOOSTED_LONGER = {**_BOOSTED, "max_iter": 250, "max_leaf_nodes": 16}

CANDIDATES: tuple[Candidate, ...] = (
    Logistic(),
    DecisionTree(),
    Boosting(settings=Boosting.settings[:3]),
    Forest(120, settings=(_WIDE_FOREST, _USUAL_FOREST)),
    SupportVectors(settings=({"C": 1.0, "gamma": 0.3}, {"C": 1.0, "gamma": 1.0})),
    Neural(settings=Neural.settings[:2]),
    Crossed(Logistic(), "logistic regression on crosses", 6, ({"C": 0.03}, {"C": 0.003})),
    Crossed(Boosting(), "gradient boosting on crosses", 7, (_BOOSTED, _BOOSTED_LONGER)),
    Crossed(Forest(120), "random forest on crosses", 8, (_WIDE_FOREST,)),
)
COMBINERS: tuple[Combiner, ...] = (Blend(),)
