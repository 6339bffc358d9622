"""The condition about what a learnt model says: {model: churn, at_least: 0.7}.

Of models that number followers instead, by their group or their best hour, {model: clusters,
group: 3}; of topics that somebody will take up {model: topic-咖啡, at_least: 0.3}.
Scores stand in the table of predictions and move only when they are written, never with time.
Whom no model speaks of is in no such condition, whichever way its bound goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import InvalidInput
from bot.segment.reading import is_slug, path, text
from bot.store.predictions import LIKE, NUMBERED, RECOMMEND, TOPIC, UPLIFT
from bot.values.facts import FollowerFacts

KEYS = ("model", "at_least", "at_most", "group")
MOST_SLUG = 32
MOST_GROUP = 9999

_NUMBERED = {
    "zh": {"clusters": "属于相近人群第 {:g} 组", "hours": "最常在 {:g} 点活跃"},
    "en": {"clusters": "in the group {:g} of similar people", "hours": "most active at {:g}:00"},
}
_NAMES = {
    "zh": {"churn": "流失风险", "buy": "近期购买的可能性", "redeem": "用券的可能性",
           "answer": "回应消息的可能性", "uplift": "消息带来的购买可能性变化",
           "next_order": "一个月内再次下单的可能性", "fatigue": "因消息过多而离开的可能性"},
    "en": {"churn": "risk of leaving", "buy": "chance of buying soon",
           "redeem": "chance of using a coupon", "answer": "chance of answering a message",
           "uplift": "change of the chance of buying by a message",
           "next_order": "chance of ordering again within a month",
           "fatigue": "chance of leaving for too many messages"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Predicted:
    """A bound that is None is none. Of NUMBERED models both are the number that is meant."""

    model: str
    at_least: float | None
    at_most: float | None


def read_predicted(document: Mapping[str, Any], at: str, depth: int) -> Predicted:
    """Raises InvalidInput."""
    model = _model(document["model"], path(at, "model"))
    if model in NUMBERED:
        number = _group(document, at)
        return Predicted(model, number, number)
    if "group" in document:
        raise InvalidInput(f"a group is of {' or '.join(NUMBERED)}", path(at, "group"))
    least, most = (_bound(document, key, model, at) for key in ("at_least", "at_most"))
    if least is None and most is None:
        raise InvalidInput("at_least or at_most, a score from 0 to 1", at)
    if least is not None and most is not None and least > most:
        raise InvalidInput("at_most is below at_least", path(at, "at_most"))
    return Predicted(model, least, most)


def _model(value: Any, at: str) -> str:
    if isinstance(value, str) and value.startswith(TOPIC):
        return text(value, MOST_SLUG, at)
    if not is_slug(value) or len(value) > MOST_SLUG:
        raise InvalidInput(f"a model's slug: a-z, 0-9, _ and -, at most {MOST_SLUG}", at)
    if value == RECOMMEND:
        raise InvalidInput(f"{RECOMMEND} speaks of topics: name one, as in {TOPIC}咖啡", at)
    return str(value)


def _group(document: Mapping[str, Any], at: str) -> float:
    value = document.get("group")
    if type(value) is not int or not 0 <= value <= MOST_GROUP:
        raise InvalidInput(f"a number from 0 to {MOST_GROUP}", path(at, "group"))
    for key in ("at_least", "at_most"):
        if key in document:
            raise InvalidInput("a number names a group: there is no more or less", path(at, key))
    return float(value)


def _bound(document: Mapping[str, Any], key: str, model: str, at: str) -> float | None:
    if key not in document:
        return None
    value: Any = document[key]
    lowest = -1 if model == UPLIFT else 0
    if type(value) not in (int, float) or not lowest <= value <= 1:
        raise InvalidInput(f"a score from {lowest} to 1", path(at, key))
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
    if leaf.model in NUMBERED:
        bounds = {"group": leaf.at_least}
    said = {key: bound for key, bound in bounds.items() if bound is not None}
    return {"model": leaf.model, **said, "found": facts.predictions.get(leaf.model)}


def said(leaf: Predicted, lang: str) -> str:
    """In words; `lang` is zh or en."""
    low, high = leaf.at_least, leaf.at_most
    if leaf.model in NUMBERED:
        return _NUMBERED[lang][leaf.model].format(low)
    name = _name(leaf.model, lang)
    if lang == "zh":
        if low is not None and high is not None:
            return f"{name}在 {low:g} 到 {high:g} 之间"
        return f"{name}不低于 {low:g}" if low is not None else f"{name}不高于 {high:g}"
    if low is not None and high is not None:
        return f"{name} between {low:g} and {high:g}"
    return f"{name} of {low:g} or more" if low is not None else f"{name} of {high:g} or less"


def _name(model: str, lang: str) -> str:
    like, topic = model.removeprefix(LIKE), model.removeprefix(TOPIC)
    if model.startswith(LIKE):
        return f"与人群「{like}」的相像度" if lang == "zh" else f'likeness to the segment "{like}"'
    if model.startswith(TOPIC):
        zh = lang == "zh"
        return f"近期关注「{topic}」的可能性" if zh else f'chance of taking up "{topic}" soon'
    other = f"模型「{model}」的分数" if lang == "zh" else f'score of the model "{model}"'
    return _NAMES[lang].get(model, other)
