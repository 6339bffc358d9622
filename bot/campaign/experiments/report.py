"""An experiment told: arms, shares, intervals, guardrails, outcome in words, and the diary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.campaign.document.definition import Definition
from bot.campaign.drawing.arms import exclusion, shares_of
from bot.campaign.experiments import figures
from bot.errors import Conflict, InvalidInput
from bot.experiment.compare import Comparison
from bot.experiment.evidence import as_document
from bot.experiment.exclusion import FREE
from bot.experiment.power import Plan, detectable
from bot.experiment.wording import comparison_said, guardrail_said, shares_said
from bot.i18n import FALLBACK, t
from bot.store import experiment_figures, experiments
from bot.store.db import transaction
from bot.store.experiment_figures import Money, Reach
from bot.store.experiments import ExperimentState

LONGEST = max(figures.ANSWERS_WITHIN.values())
LEAST_ANSWERS = 5  # expected of an arm: below that nothing is compared
USUAL_RATES = {"clicked": 0.05, "claimed": 0.05, "redeemed": 0.01, "ordered": 0.01}


@dataclass(frozen=True, slots=True)
class Arms:
    """Arm -> people, each counted once; what they did within the time that counts."""

    drawn: dict[str, int]
    sent: dict[str, int]
    did: dict[str, dict[str, int]]
    left: dict[str, dict[str, int]]
    money: dict[str, Money]


@dataclass(frozen=True, slots=True)
class Shown:
    """`comparison` None: nobody was sent to yet, or one arm alone is left."""

    state: ExperimentState
    arms: Arms
    comparison: Comparison | None
    ratios: dict[str, Any]
    leavings: list[figures.Leaving]
    runs: list[experiments.RunOf]
    pages: list[experiments.Page]

    def words(self, lang: str = FALLBACK) -> list[str]:
        """The outcome first."""
        state = self.state
        said = [t(f"experiment.state.{state.state}", lang, arm=state.winner)]
        if self.comparison is not None:
            said += comparison_said(self.comparison, lang)
        elif not state.winner:
            said.append(t("experiment.nobody", lang))
        said += [
            t(f"experiment.page.{n}", lang, said=shares_said(r, lang))
            for n, r in self.ratios.items()
        ]
        return said + [
            t("experiment.guard", lang, arm=one.arm, kind=t(f"experiment.left.{one.kind}", lang),
              said=guardrail_said(one.found, lang))
            for one in self.leavings
            if one.found.events
        ]  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        state, arms = self.state, self.arms
        shares = figures.shares_now(state)
        return {
            "key": state.key,
            "state": state.state,
            "rule": state.rule,
            "winner": state.winner,
            "opened_at": state.opened_at.isoformat(),
            "looked_at": state.looked_at.isoformat(),
            "ended_at": state.ended_at.isoformat() if state.ended_at else None,
            "runs": [{"campaign": r.slug, "run": r.generation or None} for r in self.runs],
            "arms": [_arm(name, arms, shares[name], name in state.out) for name in state.arms],
            "comparison": as_document(self.comparison),
            "shares": as_document(self.ratios),
            "guardrails": [as_document(one) for one in self.leavings],
            "words": {"zh": self.words("zh"), "en": self.words("en")},
            "diary": [
                {"at": p.at.isoformat(), "kind": p.kind, "words": p.words, "evidence": p.evidence}
                for p in self.pages
            ],
        }


def _arm(name: str, arms: Arms, share: float, out: bool) -> dict[str, Any]:
    money = arms.money.get(name, Money())
    return {
        "name": name,
        "share": round(share, 4),
        "out": out,
        "drawn": arms.drawn.get(name, 0),
        "sent": arms.sent.get(name, 0),
        **{metric: found.get(name, 0) for metric, found in arms.did.items()},
        "buyers": money.people,
        "revenue_fen": money.total,
        "revenue_squares": money.squares,
        "left": {kind: found.get(name, 0) for kind, found in arms.left.items()},
    }


def shown(account_id: int, key: str, now: datetime) -> Shown:
    """Raises NotFound."""
    state = experiments.by_key(account_id, key)
    found = figures.arms(state, now)
    comparable = len(found) > 1 and any(arm.people for arm in found)
    return Shown(
        state,
        counted(state, now),
        figures.compared(state, found) if comparable else None,
        figures.ratios(state),
        figures.leavings(state, now) if any(arm.people for arm in found) else [],
        experiments.runs(state.id),
        experiments.pages(state.id),
    )


def counted(state: ExperimentState, now: datetime) -> Arms:
    """Each figure within the time that counts for it; money within the longest."""
    return Arms(
        experiment_figures.drawn(state.id),
        experiment_figures.sent(Reach(state.id, now, LONGEST)),
        {
            metric: experiment_figures.did(Reach(state.id, now, span), metric)
            for metric, span in figures.ANSWERS_WITHIN.items()
        },
        experiment_figures.left(Reach(state.id, now, figures.LEFT_WITHIN)),
        experiment_figures.money(Reach(state.id, now, LONGEST)),
    )


def listed(account_id: int) -> list[dict[str, Any]]:
    """The account's experiments, the newest first, without their figures."""
    return [
        {
            "key": state.key,
            "state": state.state,
            "group": state.rule["group"],
            "rule": _rule(state),
            "winner": state.winner,
            "arms": {name: round(s, 4) for name, s in figures.shares_now(state).items()},
            "drawn": sum(experiment_figures.drawn(state.id).values()),
        }
        for state in experiments.all_of(account_id)
    ]


def _rule(state: ExperimentState) -> str:
    if state.rule["bandit"]:
        return "bandit"
    return "winner" if state.rule["after_hours"] is not None else "compare"


# --- before it begins --------------------------------------------------------------------------


def sizing(
    definition: Definition, audience: int, baseline: float | None = None, lang: str = FALLBACK
) -> list[str]:
    """What so many followers can show: the smallest rise that this experiment would find, in
    words; nothing for a definition without an experiment.

    audience   those who get an arm: without the held out
    baseline   the rate of the metric today; None: what is usual
    """
    part = definition.experiment
    if part is None:
        return []
    shares = shares_of({variant.name: variant.weight for variant in definition.texts()})
    smallest, control = min(shares.values()), next(iter(shares.values()))
    # Two arms of unequal size see as much as two of their harmonic mean.
    per_arm = audience * 2 * smallest * control / (smallest + control)
    metric = part.winner.metric if part.winner else "clicked"
    rate = USUAL_RATES[metric] if baseline is None else baseline
    values = {
        "people": round(audience * smallest),
        "metric": t(f"experiment.metric.{metric}", lang),
        "rate": f"{rate:.1%}",
    }
    if per_arm * rate < LEAST_ANSWERS:
        return [t("experiment.sizing.none", lang, **values)]
    rise = detectable(rate, per_arm, Plan(arms=len(shares)))
    return [t("experiment.sizing.rise", lang, rise=f"{100 * rise:.2f}", **values)]


# --- groups ------------------------------------------------------------------------------------


def reserve(account_id: int, name: str, key: str, share: float) -> dict[str, float]:
    """Give an experiment that share of a group, 0 to give it up; the shares by owner then, "" what
    is free. Raises Conflict when not so much is free, or the experiment is under way and would
    lose people."""
    if not 0 <= share <= 1:
        raise InvalidInput(f"a share of 0 to 1; this is {share}", "share")
    with transaction():
        group = exclusion(account_id, name, experiments.slots(account_id, name, lock=True))
        state = experiments.find(account_id, key)
        if state is not None and state.state == experiments.RUNNING and share < group.share(key):
            raise Conflict(f"{key} is under way: its people cannot be taken away from it")
        group = group.reserve(key, share)
        experiments.set_slots(account_id, name, group.slots)
    return {owner: group.share(owner) for owner in dict.fromkeys((FREE, *group.slots))}


def shares(account_id: int) -> dict[str, dict[str, float]]:
    """Group -> owner -> share."""
    found = {}
    for name in experiments.groups(account_id):
        group = exclusion(account_id, name, experiments.slots(account_id, name))
        found[name] = {owner: group.share(owner) for owner in dict.fromkeys(group.slots)}
    return found
