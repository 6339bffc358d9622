"""The draw over an audience: who is held out, and who sees which variant, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.campaign.drawing import arms as experiments
from bot.campaign.drawing.assign import HELD_OUT, Assignment
from bot.campaign.permission.order import Order
from bot.experiment.exclusion import GlobalControl

CHUNK = 2000  # of an audience, planned together


@dataclass(frozen=True, slots=True)
class Drawn:
    """
    arms       (variant, the chance by which it was drawn; None: no draw) -> followers
    held_out   all of them: by the run's own draw, those of the account's control group, which are
               `control`, and those whom another experiment of the group has, `elsewhere`
    """

    arms: experiments.Arms
    held_out: list[int]
    elsewhere: list[int] = field(default_factory=list)
    control: list[int] = field(default_factory=list)

    def parts(self) -> dict[str, list[int]]:
        """The followers of each variant, and of HELD_OUT; those with none are left out."""
        found: dict[str, list[int]] = {}
        for (variant, _), ids in self.arms.items():
            found.setdefault(variant, []).extend(ids)
        return found | ({HELD_OUT: self.held_out} if self.held_out else {})


def assignment(order: Order) -> Assignment:
    return Assignment(
        order.campaign_id, order.generation, order.definition.holdout, order.definition.texts()
    )


def draw(order: Order, members: Sequence[int], control: GlobalControl | None = None) -> Drawn:
    """Whom `control` holds is held out, whatever this run's own draw says."""
    held = {who for who in members if control is not None and control.holds(who)}
    apart = sorted(held)
    parts = assignment(order).split([who for who in members if who not in held])
    held_out = sorted([*parts.pop(HELD_OUT, []), *apart])
    part = order.definition.experiment
    if part is not None:
        going = sorted(who for ids in parts.values() for who in ids)
        found = experiments.placed(order, part, going)
        return Drawn(found.arms, sorted([*held_out, *found.elsewhere]), found.elsewhere, apart)
    several = len(order.definition.texts()) > 1
    shares = experiments.shares_of(experiments.defined(order)) if several else {}
    arms = {(name, shares.get(name)): ids for name, ids in parts.items()}
    return Drawn(arms, held_out, control=apart)


def drawn(order: Order, members: Sequence[int]) -> dict[str, list[int]]:
    """The followers of each variant, and of HELD_OUT; those with none are left out."""
    return draw(order, members, order.limits.control).parts()
