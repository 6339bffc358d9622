"""A journey's document changed step by step, as a canvas does it. Pure; what is not touched stays.

A step goes on with the one below it where its document says nothing. Before a change that is
written down, and afterwards taken away again where it says no more than the order does.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import InvalidInput
from bot.journey.definition import SEND_WAYS, Kind
from bot.journey.step_reading import MOST_STEPS

Document = dict[str, Any]
Way = tuple[str, str]  # name of the way, the step it leads to ("" nowhere)
AWAITED = ("event", "segment", "scan", "any")


@dataclass(frozen=True, slots=True)
class Spot:
    """Behind the way `way` of the step `after`; "" for before the first step."""

    after: str = ""
    way: str = ""


def kind_of(step: Mapping[str, Any]) -> Kind | None:
    """What a step does; None where its document says nothing, or several things."""
    found = [kind for kind in Kind if step.get(kind.value) is not None]
    return found[0] if len(found) == 1 else None


def steps_of(document: Mapping[str, Any]) -> list[Document]:
    return [one for one in document.get("steps") or () if isinstance(one, dict)]


def step_of(document: Mapping[str, Any], id_: str) -> Document | None:
    return next((one for one in steps_of(document) if one.get("id") == id_), None)


def following(document: Mapping[str, Any], id_: str) -> str:
    """The step below, "" below the last."""
    ids = [str(one.get("id", "")) for one in steps_of(document)]
    place = ids.index(id_) + 1 if id_ in ids else len(ids)
    return ids[place] if place < len(ids) else ""


def ways_of(step: Mapping[str, Any], below: str) -> list[Way]:
    """As bot.journey.definition.Step.ways, of a document that may not be whole."""
    kind = kind_of(step)
    what = step.get(kind.value) if kind else None
    inner = what if isinstance(what, Mapping) else {}
    onward = str(step.get("next") or below)
    if kind is Kind.WAIT and any(inner.get(name) for name in AWAITED):
        return [(name, str(inner.get(key) or onward)) for name, key in _HEARD]
    if kind is Kind.WAIT:
        return [("over", onward)]
    if kind in (Kind.BRANCH, Kind.SPLIT):
        ways = [(str(n), str(one.get("to") or "")) for n, one in enumerate(_listed(inner), 1)]
        return ways + ([("else", str(inner.get("else") or onward))] * (kind is Kind.BRANCH))
    if kind is Kind.OUTCOME:
        ways = [(way, str(inner[way])) for way in SEND_WAYS if inner.get(way)]
        return [*ways, ("else", str(inner.get("else") or onward))]
    return [] if kind is Kind.END else [("", onward)]


_HEARD = (("heard", "then"), ("over", "else"))


def _listed(what: Mapping[str, Any]) -> list[Document]:
    found = what.get("ways")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def new_id(document: Mapping[str, Any], kind: Kind) -> str:
    """send, send-2, ..."""
    taken = {one.get("id") for one in steps_of(document)}
    numbers = (f"{kind.value}-{n}" for n in range(2, MOST_STEPS + 2))
    return next(one for one in (kind.value, *numbers) if one not in taken)


def put(document: Mapping[str, Any], spot: Spot, step: Document) -> Document:
    """With `step` between the spot and where it led. Raises InvalidInput: no such spot, too many
    steps."""
    if len(steps_of(document)) >= MOST_STEPS:
        raise InvalidInput(f"steps: at most {MOST_STEPS}", "steps")
    found = _explicit(document)
    return _implicit(_put(found, spot, copy.deepcopy(step)))


def _put(found: Document, spot: Spot, step: Document) -> Document:
    steps = steps_of(found)
    to = _target(found, spot)
    _lead_on(step, to)
    if spot.after:
        lead(_the(found, spot.after), spot.way, step["id"])
    ids = [one["id"] for one in steps]
    after = ids.index(spot.after) if spot.after else -1
    place = ids.index(to) if to in ids and ids.index(to) > after else after + 1
    found["steps"] = [*steps[:place], step, *steps[place:]] if spot.after else [step, *steps]
    return found


def _target(document: Mapping[str, Any], spot: Spot) -> str:
    if not spot.after:
        return next((str(one.get("id")) for one in steps_of(document)), "")
    ways = dict(ways_of(_the(document, spot.after), ""))
    if spot.way not in ways:
        raise InvalidInput(f"{spot.after}: there is no way {spot.way!r}", "at")
    return ways[spot.way]


def _the(document: Mapping[str, Any], id_: str) -> Document:
    found = step_of(document, id_)
    if found is None:
        raise InvalidInput(f"there is no step {id_!r}", "step")
    return found


def remove(document: Mapping[str, Any], id_: str) -> Document:
    """Without the step; what led to it leads to where it went on first. Raises InvalidInput for the
    last step, and for an end that something leads to."""
    found = _explicit(document)
    step = _the(found, id_)
    if len(steps_of(found)) == 1:
        raise InvalidInput("steps: wants one at least", "steps")
    onward = _onward(step)
    if not onward and any(id_ in _targets(one) for one in steps_of(found) if one is not step):
        raise InvalidInput(f"{id_}: other steps lead here", "reached")
    return _implicit(_without(found, id_, onward))


def _without(found: Document, id_: str, onward: str) -> Document:
    first = steps_of(found)[0]["id"] == id_
    found["steps"] = [one for one in steps_of(found) if one["id"] != id_]
    for one in found["steps"]:
        for way, to in list(ways_of(one, "")):
            if to == id_:
                lead(one, way, onward)
    if first and onward:
        found["steps"].sort(key=lambda one: one["id"] != onward)
    return found


def _onward(step: Mapping[str, Any]) -> str:
    """Where a step goes on, were it not there: by its last way that does not come back to it."""
    ways = [to for _, to in ways_of(step, "") if to and to != step.get("id")]
    return ways[-1] if ways else ""


def _targets(step: Mapping[str, Any]) -> set[str]:
    return {to for _, to in ways_of(step, "")}


def move(document: Mapping[str, Any], id_: str, spot: Spot) -> Document:
    """The step taken out and put in at the spot; its other ways lead where they led. Raises
    InvalidInput where it cannot: to itself, or an end."""
    found = _explicit(document)
    step = _the(found, id_)
    if spot.after == id_ or kind_of(step) is Kind.END:
        raise InvalidInput(f"{id_}: cannot stand there", "at")
    onward = _onward(step)
    if not onward:
        raise InvalidInput(f"{id_}: leads nowhere else", "at")
    _target(found, spot)  # there is such a spot
    way = [way for way, to in ways_of(step, "") if to == onward][-1]
    found = _without(found, id_, onward)
    lead(step, way, _target(found, spot))
    return _implicit(_put(found, spot, step))


def replace(document: Mapping[str, Any], id_: str, step: Mapping[str, Any]) -> Document:
    """With the step's document as it is now; its id stays. Raises InvalidInput: no such step."""
    found = _explicit(document)
    _the(found, id_)
    new = {**copy.deepcopy(dict(step)), "id": id_}
    found["steps"] = [new if one["id"] == id_ else one for one in steps_of(found)]
    return _implicit(found)


def leads(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(step, way, where to) of every way."""
    for step in steps_of(document):
        for way, to in ways_of(step, following(document, str(step.get("id", "")))):
            yield str(step.get("id", "")), way, to


# --- where it goes on, written down --------------------------------------------------------------


def lead(step: Document, way: str, to: str) -> None:
    """Let a way of the step lead to `to`; "" for nowhere yet."""
    kind = kind_of(step)
    if kind is Kind.WAIT and any(step["wait"].get(name) for name in AWAITED):
        _set(step["wait"], dict(_HEARD)[way], to)
    elif kind in (Kind.BRANCH, Kind.OUTCOME) and way == "else":
        _set(step[kind.value], "else", to)
        step.pop("next", None)
    elif kind in (Kind.BRANCH, Kind.SPLIT):
        _set(_listed(step[kind.value])[int(way) - 1], "to", to)
    elif kind is Kind.OUTCOME:
        _set(step["outcome"], way, to)
    else:
        _set(step, "next", to)


def _set(where: Document, name: str, to: str) -> None:
    where.pop(name, None)
    if to:
        where[name] = to


def _lead_on(step: Document, to: str) -> None:
    """Every way of a step that leads nowhere yet leads to `to`."""
    for way, held in ways_of(step, ""):
        if not held and to:
            lead(step, way, to)


def _explicit(document: Mapping[str, Any]) -> Document:
    """A copy in which every step says where it goes on."""
    found = copy.deepcopy(dict(document))
    steps = steps_of(found)
    for step, below in zip(steps, _below(steps), strict=True):
        for way, to in ways_of(step, below):
            if to:
                lead(step, way, to)
    found["steps"] = steps
    return found


def _implicit(found: Document) -> Document:
    """Without what the order of the steps says already."""
    steps = steps_of(found)
    for step, below in zip(steps, _below(steps), strict=True):
        kind = kind_of(step)
        what = step.get(kind.value) if kind else None
        for name in ("then", "else"):
            if isinstance(what, dict) and below and what.get(name) == below:
                del what[name]
        if below and step.get("next") == below:
            del step["next"]
    return found


def _below(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    return [*(str(one.get("id", "")) for one in steps[1:]), ""] if steps else []
