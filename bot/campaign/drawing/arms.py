"""Which arm of an experiment each follower gets: by its key, the same in every run and entry.

The hash decides (bot.experiment.assign); the store only says which weights are in force, who has
seen an arm already, and which followers belong to another experiment of the group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.campaign.document.parts import Experiment
from bot.campaign.permission.order import Order
from bot.experiment.assign import Assignment
from bot.experiment.exclusion import FREE, SLOTS, ExclusionGroup
from bot.store import experiment_rows, experiments
from bot.store.db import transaction
from bot.store.experiments import ExperimentState
from bot.store.send_arms import Arm

Arms = dict[Arm, list[int]]
DEFAULT_METRIC = "clicked"


@dataclass(frozen=True, slots=True)
class Placed:
    """Followers by arm, and those whom the group keeps for another experiment, or for none."""

    arms: Arms
    elsewhere: list[int]


def placed(order: Order, part: Experiment, ids: Sequence[int]) -> Placed:
    """Where the order's experiment puts these. Writes nothing, so a dry run may ask."""
    state = experiments.find(order.account_id, part.key)
    group = group_of(order.account_id, part) if part.group else None
    here = [who for who in ids if group is None or group.owner(who) == part.key]
    inside = set(here)
    arms = arms_of(order.account_id, part.key, defined(order), state, here)
    return Placed(arms, [who for who in ids if who not in inside])


def defined(order: Order) -> dict[str, float]:
    return {variant.name: variant.weight for variant in order.definition.texts()}


def arms_of(
    account_id: int,
    key: str,
    weights: Mapping[str, float],
    state: ExperimentState | None,
    ids: Sequence[int],
) -> Arms:
    """Who has seen an arm keeps it as long as anybody gets it; everybody else is drawn by the
    weights in force. After a decision for good everybody gets the winner, and nobody was drawn.

    weights   as the run defines them
    """
    if state is not None and state.winner in weights:
        return {(state.winner, None): list(ids)} if ids else {}
    shares = in_force(weights, state)
    draw = Assignment(f"experiment:{account_id}:{key}", shares)
    seen = _seen(weights, state, ids)
    found: Arms = {}
    for who in ids:
        arm, chance = seen.get(who, ("", 0.0))
        if shares.get(arm, 0.0) == 0.0:
            arm = draw.arm(who)
            chance = shares[arm]
        found.setdefault((arm, chance), []).append(who)
    return found


def _seen(
    weights: Mapping[str, float], state: ExperimentState | None, ids: Sequence[int]
) -> dict[int, tuple[str, float]]:
    """Asked only where the hash alone might have moved somebody: the weights have changed."""
    if state is None or (not state.weights and shares_of(weights) == state.arms):
        return {}
    return experiment_rows.seen(state.id, ids)


def shares_of(weights: Mapping[str, float]) -> dict[str, float]:
    whole = sum(weights.values())
    return {name: weight / whole for name, weight in weights.items()}


def in_force(weights: Mapping[str, float], state: ExperimentState | None) -> dict[str, float]:
    """The shares by which a run that defines `weights` draws now; they sum to 1. An arm on which
    nothing was decided yet has the share that the run defines."""
    shares = shares_of(weights)
    if state is None:
        return shares
    known = {name: state.weights[name] for name in shares if name in state.weights}
    fresh = {name: share for name, share in shares.items() if name not in known}
    if sum(known.values()) > 0:
        room = (1 - sum(fresh.values())) / sum(known.values())
        shares = {name: fresh.get(name, known.get(name, 0.0) * room) for name in shares}
    left = {name: 0.0 if name in state.out else share for name, share in shares.items()}
    return shares_of(left) if any(left.values()) else shares


# --- groups ------------------------------------------------------------------------------------


def group_of(account_id: int, part: Experiment) -> ExclusionGroup:
    """The group as it is, or as it will be once this experiment has begun."""
    owners = experiments.slots(account_id, part.group)
    return with_room(exclusion(account_id, part.group, owners), part.key)


def exclusion(account_id: int, name: str, owners: Sequence[str]) -> ExclusionGroup:
    return ExclusionGroup(f"{account_id}:{name}", tuple(owners) or (FREE,) * SLOTS)


def with_room(group: ExclusionGroup, key: str) -> ExclusionGroup:
    """An experiment for which nothing was reserved takes half of what is free."""
    return group if group.share(key) else group.reserve(key, group.share() / 2)


# --- the beginning -----------------------------------------------------------------------------


def enter(order: Order, generation: int, now: datetime) -> None:
    """The run draws by its experiment from now on; in the transaction that writes its rows.

    generation   experiments.ALL_ENTRIES for a journey's action
    """
    part = order.definition.experiment
    if part is None:
        return
    run = (order.campaign_id, generation)
    experiments.enter(order.account_id, part.key, run, _rule(part), defined(order), now)
    if part.group and part.key not in experiments.slots(order.account_id, part.group):
        with transaction():
            owners = experiments.slots(order.account_id, part.group, lock=True)
            group = with_room(exclusion(order.account_id, part.group, owners), part.key)
            experiments.set_slots(order.account_id, part.group, group.slots)


def _rule(part: Experiment) -> dict[str, str | float | bool | None]:
    return {
        "bandit": part.bandit,
        "metric": part.winner.metric if part.winner else DEFAULT_METRIC,
        "after_hours": part.winner.after_hours if part.winner else None,
        "group": part.group,
    }
