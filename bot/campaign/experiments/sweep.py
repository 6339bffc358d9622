"""Giving a decision to whatever still waits: batch by batch, the same however often it is repeated.

No cursor is kept: a row that has what was decided is passed over, so whoever finds a sweep
unfinished begins at the start. Each batch asks for the decision anew.
"""

from __future__ import annotations

from bot.campaign.drawing.arms import Arms, arms_of
from bot.store import experiment_rows, experiments
from bot.store.db import again, transaction
from bot.store.experiments import RunOf

BATCH = 1000
THROUGH = ("closed", "cancelled")
Place = tuple[int, int]  # not_before, id


def sweep(experiment_id: int) -> int:
    """Rows that got another arm, or another chance; 0 where nothing was decided."""
    state = experiments.get(experiment_id)
    if not state.sweeping:
        return 0
    moved = 0
    for run in experiments.runs(experiment_id):
        place: Place | None = (-1, 0)
        while place is not None and run.state not in THROUGH:
            some, place = _batch(experiment_id, run, place)
            moved += some
    experiments.swept(state)
    return moved


@again
def _batch(experiment_id: int, run: RunOf, after: Place) -> tuple[int, Place | None]:
    """(rows changed, where the next batch begins; None: there is none)."""
    with transaction():
        state = experiments.get(experiment_id)
        rows = experiment_rows.waiting(run.campaign_id, run.generation, after, BATCH)
        people = sorted({row.follower_id for row in rows})
        arms = arms_of(state.account_id, state.key, run.weights, state, people)
        moved = sum(
            experiment_rows.redraw(ids, variant, chance)
            for (variant, chance), ids in _changed(rows, arms).items()
        )
    return moved, (rows[-1].not_before, rows[-1].id) if len(rows) == BATCH else None


def _changed(rows: list[experiment_rows.Waiting], arms: Arms) -> Arms:
    """(variant, chance) -> ids of the rows that have something else."""
    meant = {who: arm for arm, ids in arms.items() for who in ids}
    found: Arms = {}
    for row in rows:
        arm = meant[row.follower_id]
        if arm != (row.variant, row.chance):
            found.setdefault(arm, []).append(row.id)
    return found
