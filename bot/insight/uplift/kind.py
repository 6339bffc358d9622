"""Models of what a treatment changes: `hongyan model train uplift`."""

from __future__ import annotations

from bot.insight.kinds import Kind
from bot.insight.uplift.serving import evaluate, predict
from bot.insight.uplift.training import train

KIND = Kind("uplift", train, evaluate, predict)
