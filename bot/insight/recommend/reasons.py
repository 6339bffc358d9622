"""Why an item is shown: the part of its score that says most, as a locale key with parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bot.insight.recommend.blend import Look
from bot.insight.recommend.habit import NAMES
from bot.insight.recommend.topics import likeness

HABIT = "recommend.reason.habit"  # {item}, {times}
DUE = "recommend.reason.due"  # {item}
NEIGHBOUR = "recommend.reason.neighbour"  # {other}
TOPIC = "recommend.reason.topic"  # {topic}
POPULAR = "recommend.reason.popular"
KEYS = (HABIT, DUE, NEIGHBOUR, TOPIC, POPULAR)

_ALIKE = 0.25  # likeness of topics from which one may say "you often look at"
_PULL = 0.02  # share of a ridge score from which one item may be named


@dataclass(frozen=True)
class Reason:
    """Words are t(key, lang, **values)."""

    key: str
    values: Mapping[str, str]


def reason(found: Look, items: tuple[str, ...], user: int, item: int) -> Reason:
    """Why this user is shown this item: own habit, then neighbours, then topics, then the crowd.

    The same question has the same answer; nothing is said that the user's history does not show.
    """
    own = np.arange(found.seen.starts[user], found.seen.starts[user + 1])
    had = own[found.seen.item[own] == item]
    if len(had):
        return _habit(found, items[item], int(had[0]))
    return (
        _neighbour(found, items, found.seen.item[own], item)
        or _topic(found, user, item)
        or Reason(POPULAR, {})
    )


def _habit(found: Look, name: str, pair: int) -> Reason:
    own = dict(zip(NAMES, found.seen.features[pair].tolist(), strict=True))
    times = round(np.expm1(own["times"]))
    if times > 1 and own["due"] >= 1:
        return Reason(DUE, {"item": name})
    return Reason(HABIT, {"item": name, "times": str(times)})


def _neighbour(found: Look, items: tuple[str, ...], own: np.ndarray, item: int) -> Reason | None:
    place = {int(one): number for number, one in enumerate(found.known.tolist())}
    if item not in place:
        return None
    rows = [place[one] for one in own.tolist() if one in place]
    if not rows:
        return None
    pull = found.ridge[rows, place[item]]
    best = int(np.argmax(pull))
    if pull[best] < _PULL:
        return None
    return Reason(NEIGHBOUR, {"other": items[int(found.known[rows[best]])]})


def _topic(found: Look, user: int, item: int) -> Reason | None:
    best: tuple[float, str] = (_ALIKE, "")
    for field in found.fields:
        like = float(likeness(field, found.strength[user])[0, item])
        topics = field.of[item].indices
        if like > best[0] and len(topics):
            best = (like, field.names[int(topics[0])])
    return Reason(TOPIC, {"topic": best[1]}) if best[1] else None
