"""Experiments: their state, the runs that belong to them, the diary, the groups that share nobody.

A decision names the look it rests on: `decide` changes nothing where somebody else has looked
since then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from bot.errors import NotFound
from bot.store.db import insert_new, is_sqlite, transaction
from bot.store.models import Campaign, Experiment, ExperimentGroup, ExperimentPage, ExperimentRun

RUNNING, WON, BROKEN, OVER = "running", "won", "broken", "over"
ALL_ENTRIES = 0  # generation of a journey's action


@dataclass(frozen=True, slots=True)
class ExperimentState:
    """
    rule      bandit, metric, after_hours, group
    arms      name -> share as defined, control first
    weights   in force since a decision; {}: as each run defines them
    out       arms that nobody gets any more
    winner    what everybody gets who still waits; "": none
    planned   people per arm, fixed at the first look; 0 before
    sweeping  what waits is still to get the latest decision
    """

    id: int
    account_id: int
    key: str
    state: str
    rule: dict[str, Any]
    arms: dict[str, float]
    weights: dict[str, float]
    out: tuple[str, ...]
    winner: str
    planned: int
    opened_at: datetime
    looked_at: datetime
    ended_at: datetime | None
    sweeping: bool

    @property
    def control(self) -> str:
        return next(iter(self.arms))


@dataclass(frozen=True, slots=True)
class RunOf:
    """A run of an experiment; generation 0: every entry of a journey's action. `state`: of its
    campaign."""

    campaign_id: int
    slug: str
    state: str
    generation: int
    weights: dict[str, float]


@dataclass(frozen=True, slots=True)
class Page:
    """Of the diary; `words`: language -> sentences."""

    at: datetime
    kind: str
    words: dict[str, list[str]]
    evidence: dict[str, Any]


def _state(row: Any) -> ExperimentState:
    return ExperimentState(
        row.id, row.account_id, row.key, row.state, row.rule, row.arms, row.weights,
        tuple(row.out), row.winner, row.planned, row.opened_at, row.looked_at, row.ended_at,
        bool(row.sweeping),
    )  # fmt: skip


def find(account_id: int, key: str) -> ExperimentState | None:
    """None before its first run is planned."""
    row = Experiment.get_or_none((Experiment.account == account_id) & (Experiment.key == key))
    return None if row is None else _state(row)


def get(experiment_id: int) -> ExperimentState:
    return _state(Experiment.get_by_id(experiment_id))


def by_key(account_id: int, key: str) -> ExperimentState:
    """Raises NotFound."""
    found = find(account_id, key)
    if found is None:
        raise NotFound(f"there is no experiment {key!r}: it begins with its first run")
    return found


def all_of(account_id: int) -> list[ExperimentState]:
    """The account's, the newest first."""
    query = Experiment.select().where(Experiment.account == account_id)
    return [_state(row) for row in query.order_by(Experiment.id.desc())]


def watched(since: datetime) -> list[ExperimentState]:
    """Every account's that run, or whose decision still reaches rows, or ended since then."""
    still = (Experiment.state == RUNNING) | Experiment.sweeping
    query = Experiment.select().where(still | (Experiment.ended_at >= since))
    return [_state(row) for row in query.order_by(Experiment.id)]


# --- runs --------------------------------------------------------------------------------------


def enter(
    account_id: int,
    key: str,
    run: tuple[int, int],
    rule: Mapping[str, Any],
    weights: Mapping[str, float],
    now: datetime,
) -> ExperimentState:
    """The run (campaign id, generation) draws by this experiment from now on; in the transaction
    that writes its first rows. Repeated: nothing changes. One that was over goes on."""
    member = (ExperimentRun.campaign == run[0]) & (ExperimentRun.generation == run[1])
    known = find(account_id, key)
    if known is not None and ExperimentRun.get_or_none(member) is not None:
        return known
    with transaction():
        values = {"rule": dict(rule), "arms": _shares(weights), "opened_at": now, "looked_at": now}
        Experiment.insert(account=account_id, key=key, **values).on_conflict_ignore().execute()
        mine = (Experiment.account == account_id) & (Experiment.key == key)
        held = Experiment.select().where(mine)
        kept = (held if is_sqlite() else held.for_update()).get()
        ExperimentRun.insert(
            experiment=kept.id, campaign=run[0], generation=run[1], weights=dict(weights)
        ).on_conflict_ignore().execute()
        more = {name: share for name, share in _shares(weights).items() if name not in kept.arms}
        arms = kept.arms | more  # control stays the first
        again = {"state": RUNNING, "ended_at": None} if kept.state == OVER else {}
        Experiment.update(rule=dict(rule), arms=arms, **again).where(mine).execute()
        return get(kept.id)


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    whole = sum(weights.values())
    return {name: weight / whole for name, weight in weights.items()}


def runs(experiment_id: int) -> list[RunOf]:
    """In the order in which they entered."""
    query = (
        ExperimentRun.select(ExperimentRun, Campaign.id, Campaign.slug, Campaign.state)
        .join(Campaign)
        .where(ExperimentRun.experiment == experiment_id)
        .order_by(ExperimentRun.id)
    )
    return [
        RunOf(row.campaign.id, row.campaign.slug, row.campaign.state, row.generation, row.weights)
        for row in query
    ]


# --- decisions ---------------------------------------------------------------------------------


def decide(seen: ExperimentState, now: datetime, every: timedelta, **changes: Any) -> bool:
    """Note the look, and what it changes. False: it is too early, or somebody else has looked."""
    changed: int = (
        Experiment.update(looked_at=now, **changes)
        .where(
            (Experiment.id == seen.id)
            & (Experiment.looked_at == seen.looked_at)
            & (Experiment.looked_at <= now - every)
        )
        .execute()
    )
    return changed == 1


def swept(seen: ExperimentState) -> bool:
    """Everything that waits has got what was decided; False: more was decided meanwhile."""
    mine = (Experiment.id == seen.id) & (Experiment.looked_at == seen.looked_at)
    changed: int = Experiment.update(sweeping=False).where(mine).execute()
    return changed == 1


def write_page(
    experiment_id: int,
    kind: str,
    words: Mapping[str, Sequence[str]],
    evidence: Mapping[str, Any],
    now: datetime,
) -> None:
    ExperimentPage.insert(
        experiment=experiment_id, at=now, kind=kind, words=words, evidence=evidence
    ).execute()


def pages(experiment_id: int, limit: int = 1000) -> list[Page]:
    """The latest, the oldest of them first."""
    query = ExperimentPage.select().where(ExperimentPage.experiment == experiment_id)
    found = list(query.order_by(ExperimentPage.id.desc()).limit(limit))
    return [Page(row.at, row.kind, row.words, row.evidence) for row in reversed(found)]


# --- groups ------------------------------------------------------------------------------------


def slots(account_id: int, name: str, *, lock: bool = False) -> tuple[str, ...]:
    """The owner of each slot of a group; () where there is none. With `lock` made where it is
    missing, and held until the transaction ends."""
    if lock:
        columns = ("account_id", "name", "slots")
        insert_new("experiment_group", columns, (account_id, name, "[]"))
    query = ExperimentGroup.select().where(
        (ExperimentGroup.account == account_id) & (ExperimentGroup.name == name)
    )
    row = (query.for_update() if lock and not is_sqlite() else query).first()
    return () if row is None else tuple(owner for owner, many in row.slots for _ in range(many))


def set_slots(account_id: int, name: str, owners: Sequence[str]) -> None:
    packed = [[owner, len(list(alike))] for owner, alike in groupby(owners)]
    ExperimentGroup.update(slots=packed).where(
        (ExperimentGroup.account == account_id) & (ExperimentGroup.name == name)
    ).execute()


def groups(account_id: int) -> list[str]:
    query = ExperimentGroup.select(ExperimentGroup.name)
    mine = query.where(ExperimentGroup.account == account_id).order_by(ExperimentGroup.name)
    return [row.name for row in mine]
