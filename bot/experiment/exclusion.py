"""Which experiments may have a person at all: global control, groups of which he is in one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.errors import Conflict, InvalidInput
from bot.experiment.assign import HELD_OUT, Assignment, Unit, draw

SLOTS = 1000
FREE = ""


@dataclass(frozen=True, slots=True)
class GlobalControl:
    """The few who get no marketing at all for a period, so that all of it can be measured.

    period  such as "2026Q4"; another period draws others, so that nobody is left out for ever
    """

    share: float
    period: str

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise InvalidInput(f"a control group is a share of 0 to 1: {self.share}", "share")

    def holds(self, unit: Unit) -> bool:
        return draw(("global control", self.period), unit) < self.share


@dataclass(frozen=True, slots=True)
class ExclusionGroup:
    """Experiments that must not share people: each owns some of SLOTS slots, a person has one.

    slots   the owner of each slot by the experiment's key, or FREE
    """

    key: str
    slots: tuple[str, ...] = (FREE,) * SLOTS

    def slot(self, unit: Unit) -> int:
        return int(draw(("exclusion", self.key), unit) * SLOTS)

    def owner(self, unit: Unit) -> str:
        """The one experiment of the group that may have the unit, or FREE."""
        return self.slots[self.slot(unit)]

    def share(self, experiment: str = FREE) -> float:
        """What an experiment owns, or what is free."""
        return self.slots.count(experiment) / SLOTS

    def reserve(self, experiment: str, share: float) -> ExclusionGroup:
        """With `share` of 0 to 1 owned by the experiment, to a slot.

        What it already owns it keeps; what is too much becomes free. Raises Conflict when not so
        much is free.
        """
        wanted = round(share * SLOTS)
        if experiment == FREE or not 0 <= wanted <= SLOTS:
            raise InvalidInput("an experiment has a name and a share of 0 to 1", "share")
        kept = [i for i, owner in enumerate(self.slots) if owner == experiment][:wanted]
        free = [i for i, owner in enumerate(self.slots) if owner == FREE]
        added = free[: wanted - len(kept)]
        if len(kept) + len(added) < wanted:
            raise Conflict(
                f"group {self.key} has {len(free) / SLOTS:.1%} free, "
                f"and {experiment} needs {(wanted - len(kept)) / SLOTS:.1%} more"
            )
        mine = {*kept, *added}
        rest = (FREE if owner == experiment else owner for owner in self.slots)
        return replace(
            self,
            slots=tuple(experiment if i in mine else owner for i, owner in enumerate(rest)),
        )

    def release(self, experiment: str) -> ExclusionGroup:
        """Without it. Its people were just shown something, which the next owner inherits."""
        return self.reserve(experiment, 0.0)


class Why(StrEnum):
    """Why a person is where he is."""

    ASSIGNED = "assigned"
    HELD_OUT = "held_out"
    ELSEWHERE = "elsewhere"  # the group keeps him for another experiment, or for none
    GLOBAL_CONTROL = "global_control"


@dataclass(frozen=True, slots=True)
class Placement:
    """`arm` is HELD_OUT unless `why` is ASSIGNED."""

    arm: str
    why: Why


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a person is put, asked in this order: control, group, hold-out, arm."""

    assignment: Assignment
    group: ExclusionGroup | None = None
    control: GlobalControl | None = None

    def of(self, unit: Unit) -> Placement:
        if self.control is not None and self.control.holds(unit):
            return Placement(HELD_OUT, Why.GLOBAL_CONTROL)
        if self.group is not None and self.group.owner(unit) != self.assignment.key:
            return Placement(HELD_OUT, Why.ELSEWHERE)
        arm = self.assignment.of(unit)
        return Placement(arm, Why.HELD_OUT if arm == HELD_OUT else Why.ASSIGNED)
