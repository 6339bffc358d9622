"""The figures of an experiment, gathered and judged: what a look decides on and people see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bot.campaign.drawing.arms import in_force, shares_of
from bot.campaign.sending.brake import LOST_ALLOWED, MOST_ALLOWED
from bot.experiment.arms import Arm
from bot.experiment.compare import Comparison, compare
from bot.experiment.guardrail import ALPHA, Guardrail, guardrail
from bot.experiment.srm import SampleRatio, check
from bot.store import experiment_figures, experiments, send_brake
from bot.store.effect_responses import LEAVING
from bot.store.experiment_figures import Reach
from bot.store.experiments import ExperimentState

# The time in which an answer counts, from the send on. A bandit waits a shorter one, and counts
# only who has had it.
ANSWERS_WITHIN = {
    "clicked": timedelta(days=3),
    "claimed": timedelta(days=3),
    "redeemed": timedelta(days=7),
    "ordered": timedelta(days=7),
}
RIPE = {
    "clicked": timedelta(hours=6),
    "claimed": timedelta(hours=24),
    "redeemed": timedelta(days=3),
    "ordered": timedelta(days=3),
}
LEFT_WITHIN = timedelta(days=3)
MARGIN = 0.1  # of the common rate: less than that makes no difference in practice
LEAST_PLANNED = 100


@dataclass(frozen=True, slots=True)
class Leaving:
    """How many of an arm left, in one of the ways of LEAVING, against what is allowed."""

    arm: str
    kind: str
    found: Guardrail


def arms(state: ExperimentState, now: datetime, *, ripe: bool = False) -> list[Arm]:
    """Those that somebody still gets, control first: people sent to, and who did what the metric
    asks. With `ripe` only who has had the time to answer, within that time."""
    metric = state.rule["metric"]
    within = RIPE[metric] if ripe else ANSWERS_WITHIN[metric]
    reach = Reach(state.id, now - within if ripe else now, within)
    people = experiment_figures.sent(reach)
    hits = experiment_figures.did(reach, metric)
    return [
        Arm(name, people.get(name, 0), hits.get(name, 0))
        for name in state.arms
        if name not in state.out
    ]


def compared(state: ExperimentState, found: list[Arm]) -> Comparison:
    """Every arm against control. Shares that were not the same all along are not checked."""
    people, hits = sum(arm.people for arm in found), sum(arm.successes for arm in found)
    weights = _weights(state)
    return compare(
        found,
        Random(f"{state.key}:{people}:{hits}"),
        weights=weights,
        people=None if weights is None else experiment_figures.drawn(state.id),
        planned=state.planned or LEAST_PLANNED,
        margin=MARGIN * hits / people if people else 0.0,
    )


def planned(state: ExperimentState) -> int:
    """People per arm, from those who are drawn by now."""
    drawn = experiment_figures.drawn(state.id)
    return max(LEAST_PLANNED, sum(drawn.values()) // max(1, len(state.arms)))


# --- shares ------------------------------------------------------------------------------------


def ratios(state: ExperimentState) -> dict[str, SampleRatio]:
    """drawn: the rows in the ledger; arrived: the messages sent, of runs that are through. Nothing
    where the shares were not the same all along."""
    weights = _weights(state)
    if weights is None:
        return {}
    counted = {
        "drawn": experiment_figures.drawn(state.id),
        "arrived": experiment_figures.arrived(state.id),
    }
    return {name: check(counts, weights) for name, counts in counted.items()}


def _weights(state: ExperimentState) -> dict[str, float] | None:
    """The shares that arms were to get; None where they were not the same all along: a decision has
    changed them, or runs define others, among whom followers of earlier ones kept their arm."""
    alike = [shares_of(run.weights) for run in experiments.runs(state.id)]
    if state.weights or state.winner or any(shares != alike[0] for shares in alike):
        return None
    return alike[0] if alike else None


# --- guardrails --------------------------------------------------------------------------------


def leavings(state: ExperimentState, now: datetime) -> list[Leaving]:
    """Each arm's guardrails; together they raise a false alarm with a chance of at most ALPHA."""
    reach = Reach(state.id, now, LEFT_WITHIN)
    people, left = experiment_figures.sent(reach), experiment_figures.left(reach)
    if not any(any(arms.values()) for arms in left.values()):
        usual: dict[str, float] = {}
    else:
        usual = send_brake.base_rates(state.account_id, LEAVING, state.opened_at)
    names = [name for name in state.arms if name not in state.out]
    alpha = ALPHA / (len(names) * len(LEAVING))
    days = LEFT_WITHIN / timedelta(days=1)
    found = []
    for kind in LEAVING:
        allowed = min(MOST_ALLOWED, LOST_ALLOWED.get(kind, 0.01) + usual.get(kind, 0.0) * days)
        for name in names:
            many = left[kind].get(name, 0)
            found.append(Leaving(name, kind, guardrail(many, people.get(name, 0), allowed, alpha)))
    return found


def shares_now(state: ExperimentState) -> dict[str, float]:
    """By which whoever comes next is drawn, were a run to define equal shares as the first did."""
    if state.winner:
        return {name: float(name == state.winner) for name in state.arms}
    return in_force(state.arms, state)
