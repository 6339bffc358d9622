"""A recommender as a model file: history, neighbours, topics and weights as arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from bot.insight.modelfile import Learnt
from bot.insight.recommend.blend import Look, only
from bot.insight.recommend.habit import Habits
from bot.insight.recommend.history import History
from bot.insight.recommend.neural import Weights
from bot.insight.recommend.topics import Field

_SPARSE = ("had", "strength")
_DENSE = ("crowd", "known", "ridge", "cosine")


def kept(
    card: Mapping[str, Any], events: History, found: Look, weights: Mapping[str, Weights]
) -> Learnt:
    """The file's card and arrays; no array holds objects."""
    arrays: dict[str, NDArray[Any]] = {
        "users": _packed(events.users),
        "items": _packed(events.items),
        **{f"look_{name}": getattr(found, name) for name in _DENSE},
        **{f"seen_{name}": values for name, values in asdict(found.seen).items()},
        "strength": found.strength.data,
    }
    for number, field in enumerate(found.fields):
        arrays[f"topics_{number}"] = _packed(field.names)
        for part in ("data", "indices", "indptr"):
            arrays[f"field_{number}_{part}"] = getattr(field.of, part)
    for which, parts in weights.items():
        arrays.update({f"{which}_{name}": values for name, values in parts.items()})
    return Learnt({**card, "fields": [one.title for one in found.fields]}, arrays)


def impersonal(learnt: Learnt) -> Learnt:
    """The same without its users: weights, crowd and neighbours, for `blend.of_others`."""
    names, found, weights = opened(learnt)
    none = np.empty(0, np.intp)
    events = History((), names.items, none, none, np.empty(0), np.empty(0))
    return kept({**learnt.card, "users": 0}, events, only(found, none), weights)


def opened(learnt: Learnt) -> tuple[Names, Look, Mapping[str, Weights]]:
    """What kept put there: names of users and items, what is known, and weights by question."""
    held = learnt.arrays
    users, items = _unpacked(held["users"]), _unpacked(held["items"])
    seen = Habits(**{one.name: held[f"seen_{one.name}"] for one in fields(Habits)})
    shape = (len(users), len(items))
    had, strength = (
        sparse.csr_matrix((values, seen.item, seen.starts), shape=shape)
        for values in (np.ones(len(seen.item), np.float32), held["strength"])
    )
    about = [_field(held, n, title, len(items)) for n, title in enumerate(learnt.card["fields"])]
    dense = {name: held[f"look_{name}"] for name in _DENSE}
    found = Look(seen=seen, had=had, strength=strength, fields=about, **dense)
    weights = {which: _under(held, f"{which}_") for which in ("all", "new")}
    return Names(users, items), found, weights


def _under(held: Mapping[str, NDArray[Any]], prefix: str) -> Weights:
    return {n.removeprefix(prefix): v for n, v in held.items() if n.startswith(prefix)}


class Names:
    """Users and items by place and by name."""

    def __init__(self, users: Sequence[str], items: Sequence[str]) -> None:
        self.users, self.items = tuple(users), tuple(items)
        self.user = {name: at for at, name in enumerate(self.users)}
        self.item = {name: at for at, name in enumerate(self.items)}


def _field(held: Mapping[str, NDArray[Any]], number: int, title: str, items: int) -> Field:
    topics = _unpacked(held[f"topics_{number}"])
    parts = tuple(held[f"field_{number}_{part}"] for part in ("data", "indices", "indptr"))
    return Field(title, topics, sparse.csr_matrix(parts, shape=(items, len(topics))))


def _packed(names: Sequence[str]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(list(names), ensure_ascii=False).encode(), np.uint8)


def _unpacked(data: NDArray[Any]) -> tuple[str, ...]:
    return tuple(json.loads(data.tobytes()))
