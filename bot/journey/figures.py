"""How many stand at a step, went on from it, and were lost there, from counters alone: nobody's
run is read for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.journey.advance import AGAIN, HELD
from bot.journey.definition import ACTIONS, Flow, Step
from bot.store.journey_figures import Passed, Standing
from bot.store.journeys import MOVE, Version


@dataclass(frozen=True, slots=True)
class StepCount:
    """Of a step of one version; held: those of `through` who are held out.

    left   came here, and neither stand here nor went on: out of the journey. None where people were
           moved from version to version, so that the counters cannot tell
    ways   name of the way -> how many took it
    """

    here: int = 0
    through: int = 0
    held: int = 0
    left: int | None = 0
    ways: Mapping[str, int] = field(default_factory=dict)


def counted(
    flow: Flow, number: int, passed: Sequence[Passed], standing: Sequence[Standing], moved: bool
) -> dict[str, StepCount]:
    """By step of the version `number`, whose flow it is. moved: see `was_moved`."""
    went, held = Counter[tuple[str, str]](), Counter[str]()
    for one in passed:
        if one.version == number:
            went[one.step, one.way] += one.people
            held[one.step] += one.people if one.held_out else 0
    here = {one.step: one.people for one in standing if one.version == number}
    ways = {id_: _ways(step, went) for id_, step in flow.steps.items()}
    arrived = Counter({flow.first: went["", "entered"]})
    for id_, step in flow.steps.items():
        for way, to in step.ways():
            arrived[to] += ways[id_][way]
    return {
        id_: StepCount(
            here.get(id_, 0),
            sum(ways[id_].values()),
            held[id_],
            None if moved else max(0, arrived[id_] - sum(ways[id_].values()) - here.get(id_, 0)),
            ways[id_],
        )
        for id_ in flow.steps
    }


def _ways(step: Step, went: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """What was noted of an action beside its passing (no coupon was left) is no way out of it."""
    if step.kind in ACTIONS:
        return {"": sum(went.get((step.id, way), 0) for way in ("", AGAIN, HELD))}
    names = [way for way, _ in step.ways()]
    if not names:  # an end: noted by its own name
        return {"": sum(people for (id_, _), people in went.items() if id_ == step.id)}
    return {way: went.get((step.id, way), 0) for way in names}


def was_moved(versions: Sequence[Version], number: int) -> bool:
    """People came to this version, or left it, by the policy of a new one."""
    return any(one.policy == MOVE and one.number >= number for one in versions)
