"""The condition about what a learnt model says: {model: churn, at_least: 0.7}.

Scores stand in the table of predictions and move only when they are written, never with time.
Whom no model speaks of is in no such condition, whichever way its bound goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import InvalidInput
from bot.segment.reading import is_slug, path
from bot.store.predictions import LIKE
from bot.values.facts import FollowerFacts

KEYS = ("model", "at_least", "at_most")
MOST_SLUG = 32

_NAMES = {
    "zh": {"churn": "流失风险", "buy": "近期购买的可能性", "redeem": "用券的可能性",
           "answer": "回应消息的可能性"},
    "en": {"churn": "risk of leaving", "buy": "chance of buying soon",
           "redeem": "chance of using a coupon", "answer": "chance of answering a message"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Predicted:
    """A bound that is None is none."""

    model: str
    at_least: float | None
    at_most: float | None


def read_predicted(document: Mapping[str, Any], at: str, depth: int) -> Predicted:
    """Raises InvalidInput."""
    model = document["model"]
    if not is_slug(model) or len(model) > MOST_SLUG:
        raise InvalidInput(
            f"a model's slug: a-z, 0-9, _ and -, at most {MOST_SLUG}", path(at, "model")
        )
    least, most = (_bound(document, key, at) for key in ("at_least", "at_most"))
    if least is None and most is None:
        raise InvalidInput("at_least or at_most, a score from 0 to 1", at)
    if least is not None and most is not None and least > most:
        raise InvalidInput("at_most is below at_least", path(at, "at_most"))
    return Predicted(model, least, most)


def _bound(document: Mapping[str, Any], key: str, at: str) -> float | None:
    if key not in document:
        return None
    value: Any = document[key]
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise InvalidInput("a score from 0 to 1", path(at, key))
    return float(value)


def holds(leaf: Predicted, facts: FollowerFacts) -> bool:
    return within(leaf, facts.predictions.get(leaf.model))


def within(leaf: Predicted, score: float | None) -> bool:
    """Whether a score lies in the bounds; None never does."""
    return (
        score is not None
        and (leaf.at_least is None or score >= leaf.at_least)
        and (leaf.at_most is None or score <= leaf.at_most)
    )


def condition(leaf: Predicted, alias: str) -> tuple[str, list[Any]]:
    """In SQL over a row of predictions, with its parameters."""
    parts, params = [f"{alias}.slug = ?"], list[Any]([leaf.model])
    for bound, sign in ((leaf.at_least, ">="), (leaf.at_most, "<=")):
        if bound is not None:
            parts.append(f"{alias}.score {sign} ?")
            params.append(bound)
    return f"({' AND '.join(parts)})", params


def found(leaf: Predicted, facts: FollowerFacts) -> dict[str, Any]:
    """The condition and what stands against it, as plain JSON for reasons."""
    bounds = {"at_least": leaf.at_least, "at_most": leaf.at_most}
    said = {key: bound for key, bound in bounds.items() if bound is not None}
    return {"model": leaf.model, **said, "found": facts.predictions.get(leaf.model)}


def said(leaf: Predicted, lang: str) -> str:
    """In words; `lang` is zh or en."""
    low, high = leaf.at_least, leaf.at_most
    if lang == "zh":
        like = f"与人群「{leaf.model.removeprefix(LIKE)}」的相像度"
        other = like if leaf.model.startswith(LIKE) else f"模型「{leaf.model}」的分数"
        name = _NAMES["zh"].get(leaf.model, other)
        if low is not None and high is not None:
            return f"{name}在 {low:g} 到 {high:g} 之间"
        return f"{name}不低于 {low:g}" if low is not None else f"{name}不高于 {high:g}"
    alike = f'likeness to the segment "{leaf.model.removeprefix(LIKE)}"'
    another = alike if leaf.model.startswith(LIKE) else f'score of the model "{leaf.model}"'
    name = _NAMES["en"].get(leaf.model, another)
    if low is not None and high is not None:
        return f"{name} between {low:g} and {high:g}"
    return f"{name} of {low:g} or more" if low is not None else f"{name} of {high:g} or less"
