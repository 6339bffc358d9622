"""The hourly look at experiments: what is decided of each, its page of the diary, and the sweep
that gives the decision to whatever still waits.

A decision and its page are one transaction, which compares the look it rests on; the sweep goes in
batches and is repeated from the start by whoever finds it unfinished, so a death anywhere loses
nothing and does nothing twice. Nobody who was sent to, or may have been, is touched.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from bot.campaign.experiments import figures
from bot.campaign.experiments.sweep import sweep
from bot.experiment.bandit import FLOOR, decide
from bot.experiment.compare import Outcome
from bot.experiment.evidence import as_document
from bot.experiment.wording import comparison_said, decision_said, guardrail_said, shares_said
from bot.i18n import t
from bot.store import audit, campaigns, experiment_figures, experiments
from bot.store.db import again, transaction
from bot.store.experiments import BROKEN, OVER, RUNNING, WON, ExperimentState

logger = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
ENDS_AFTER = timedelta(days=30)  # without a send
STEADY = 0.03  # weights that would move by less stay as they are
LANGS = ("zh", "en")
OPEN = ("scheduled", "planning", "running", "paused")
Words = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Decision:
    """A page of the diary and what it changes; `loud`: people are told."""

    kind: str
    words: Words
    evidence: Mapping[str, Any]
    changes: dict[str, Any] = field(default_factory=dict)
    loud: bool = False


def look(now: datetime, every: timedelta = EVERY) -> int:
    """Look at what is due, and finish the sweeps; decisions and changed rows together."""
    done = 0
    for state in experiments.watched(now - ENDS_AFTER):
        if state.looked_at <= now - every:
            done += _look(state, now, every)
        done += sweep(state.id)
    return done


def _look(state: ExperimentState, now: datetime, every: timedelta) -> int:
    if state.state != RUNNING:  # a plan that was under way may have written by older weights
        return int(experiments.decide(state, now, every, sweeping=True))
    expected = {} if state.planned else {"planned": figures.planned(state)}
    found = decided(state, now)
    return _take(state, found, expected, now, every)


@again
def _take(
    state: ExperimentState,
    found: Decision | None,
    expected: dict[str, int],
    now: datetime,
    every: timedelta,
) -> int:
    changes = {**expected, **(found.changes if found else {})}
    with transaction():
        if not experiments.decide(state, now, every, **changes) or found is None:
            return 0
        experiments.write_page(state.id, found.kind, found.words, found.evidence, now)
        if found.loud:
            for run in experiments.runs(state.id):
                if run.state in OPEN:
                    campaigns.complain(run.campaign_id, found.words["zh"][0])
        if found.changes:
            detail = {"experiment": state.key, "kind": found.kind}
            audit.record("job", "experiment.decided", now, detail=detail)
    if found.loud:
        logger.error("experiment=%d decided=%s", state.id, found.kind)
    return 1


def decided(state: ExperimentState, now: datetime) -> Decision | None:
    """The first that applies; None where there is nothing new to say."""
    first, last = experiment_figures.sending(state.id)
    broken = _broken(state)
    if broken is not None:
        return broken
    if first is None or last is None:
        return _over(state, state.opened_at, now)
    for ask in (_harm, _bandit, _winner):
        found = ask(state, first, now)
        if found is not None:
            return found
    return _over(state, last, now)


# --- what may be decided -----------------------------------------------------------------------


def _broken(state: ExperimentState) -> Decision | None:
    off = {name: found for name, found in figures.ratios(state).items() if found.broken}
    if not off:
        return None
    words = {
        lang: [
            t("experiment.page.broken", lang),
            *(t(f"experiment.page.{n}", lang, said=shares_said(r, lang)) for n, r in off.items()),
        ]
        for lang in LANGS
    }
    return Decision("broken", words, as_document(off), {"state": BROKEN}, loud=True)


def _harm(state: ExperimentState, first: datetime, now: datetime) -> Decision | None:
    """Arms that too many leave after: out. When one arm is left, it is what everybody gets."""
    tripped = [one for one in figures.leavings(state, now) if one.found.tripped]
    bad = list(dict.fromkeys(one.arm for one in tripped))
    stay = [name for name in state.arms if name not in state.out and name not in bad]
    if not bad or not stay:  # all of them: the brake of each campaign stops it
        return None
    words = {
        lang: [
            t("experiment.page.out", lang, arm=one.arm, kind=t(f"experiment.left.{one.kind}", lang),
              said=guardrail_said(one.found, lang))
            for one in tripped
        ]
        for lang in LANGS
    }  # fmt: skip
    changes: dict[str, Any] = {"out": [*state.out, *bad], "sweeping": True}
    if len(stay) == 1:
        _say(words, "experiment.page.last", arm=stay[0])
        changes |= _won(stay[0], now)
    else:
        changes["weights"] = _without(figures.shares_now(state), bad)
    evidence = {"guardrails": [as_document(one) for one in tripped]}
    return Decision("out", words, evidence, changes, loud=True)


def _without(shares: Mapping[str, float], bad: Sequence[str]) -> dict[str, float]:
    left = {name: 0.0 if name in bad else share for name, share in shares.items()}
    whole = sum(left.values())
    return {name: share / whole for name, share in left.items()} if whole else left


def _bandit(state: ExperimentState, first: datetime, now: datetime) -> Decision | None:
    """New weights for whatever is not sent yet. The seed is on the page: it can be repeated."""
    if not state.rule["bandit"]:
        return None
    arms = figures.arms(state, now, ripe=True)
    if len(arms) < 2 or not any(arm.people for arm in arms):
        return None
    seed = f"{state.account_id}:{state.key}:{now.isoformat()}"
    page = decide(arms, Random(seed), floor=min(FLOOR, 1 / len(arms)))
    before = [one.evidence for one in experiments.pages(state.id, 1) if one.kind == "weights"]
    if before and before[-1]["decision"]["known"] == as_document(page.known):
        return None  # nothing was learnt
    held = figures.shares_now(state)
    steady = max(abs(page.weights[name] - held[name]) for name in page.weights) < STEADY
    words = {lang: [decision_said(page, lang)] for lang in LANGS}
    if steady:
        _say(words, "experiment.page.steady")
    weights = {**dict.fromkeys(state.out, 0.0), **page.weights}
    changes = {} if steady else {"weights": weights, "sweeping": True}
    return Decision("weights", words, {"seed": seed, "decision": as_document(page)}, changes)


def _winner(state: ExperimentState, first: datetime, now: datetime) -> Decision | None:
    """After its hours: roll out, or say why not; the same answer is not written twice."""
    hours = state.rule["after_hours"]
    if hours is None or now < first + timedelta(hours=hours):
        return None
    found = figures.compared(state, figures.arms(state, now))
    leader = {Outcome.WINNER: found.leader, Outcome.HARMFUL: found.control}.get(found.outcome, "")
    words = {lang: comparison_said(found, lang) for lang in LANGS}
    if leader:
        _say(words, "experiment.page.rolled", arm=leader)
        changes = {**_won(leader, now), "sweeping": True}
        return Decision("winner", words, as_document(found), changes)
    pages = [page for page in experiments.pages(state.id) if page.kind != "weights"]
    if pages and pages[-1].kind == found.outcome:
        return None
    _say(words, "experiment.page.waits")
    return Decision(found.outcome.value, words, as_document(found))


def _won(arm: str, now: datetime) -> dict[str, Any]:
    return {"state": WON, "winner": arm, "ended_at": now}


def _over(state: ExperimentState, last: datetime, now: datetime) -> Decision | None:
    """Long after the last send nobody answers any more."""
    if now < last + ENDS_AFTER:
        return None
    words = {lang: [t("experiment.page.over", lang, days=ENDS_AFTER.days)] for lang in LANGS}
    return Decision("over", words, {}, {"state": OVER, "ended_at": now})


def _say(words: Words, key: str, **values: Any) -> None:
    for lang, said in words.items():
        said.append(t(key, lang, **values))
