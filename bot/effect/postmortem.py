"""活动复盘: what a run came to, made once when it is over, from figures alone.

The document is plain JSON; bot.effect.telling puts it into words, bot.effect.lessons draws the next
steps. It is kept as it was made: what changes later (a refund) is in the funnel, not here.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta
from math import comb
from statistics import NormalDist
from typing import Any

from bot.effect.funnel import OFFER, Funnel
from bot.effect.increment import Change, of_run
from bot.effect.lessons import lessons
from bot.effect.outcomes import over, window_of
from bot.effect.reporting import funnel
from bot.effect.telling import told
from bot.errors import HongyanError, NotFound
from bot.experiment.arms import Arm as Counted
from bot.experiment.guardrail import guardrail
from bot.experiment.score import interval
from bot.experiment.sequential import rates
from bot.store import (
    accounts,
    campaigns,
    effect_documents,
    effect_outcomes,
    effect_responses,
    send_figures,
)
from bot.store.campaigns import CampaignState, GenerationState
from bot.store.effect_documents import Kept
from bot.store.effect_outcomes import Closed
from bot.store.effect_responses import Arm

logger = logging.getLogger(__name__)
ALPHA = 0.05
BASE = timedelta(days=30)
_ENOUGH = 20  # successes, below which a rate is an anecdote


def make_due(now: datetime) -> int:
    """Keep a post-mortem of every closed run whose window is over and that has none; how many."""
    made = 0
    for closed in effect_outcomes.unfinished():
        if closed.made or not over(closed, now):
            continue
        effect_outcomes.open_row(closed)
        try:
            made += _keep(closed, now)
        except HongyanError as error:  # of one run: the others have theirs
            logger.error("campaign=%s post_mortem=failed error=%s", closed.slug, error)
    return made


def _keep(closed: Closed, now: datetime) -> bool:
    document = look_back(campaigns.get(closed.campaign_id), closed.generation, now)
    return effect_documents.keep_post_mortem(
        closed.campaign_id, closed.generation, document, told(document), now
    )


def post_mortem(campaign: CampaignState, number: int | None, now: datetime) -> Kept:
    """The kept one of a run, the latest where none is named; where none is kept yet, as it stands
    now. Raises NotFound for no such run."""
    chosen = campaign.generation if number is None else number
    if chosen == 0:
        raise NotFound(f"campaign {campaign.slug} has not run yet")
    kept = effect_documents.post_mortem(campaign.id, chosen)
    if kept is not None:
        return kept
    document = look_back(campaign, chosen, now)
    return Kept(str(chosen), now, document, told(document))


def look_back(campaign: CampaignState, number: int, now: datetime) -> dict[str, Any]:
    """The document of a run; `final` where it is closed and its window over."""
    run = campaigns.generation(campaign.id, number)
    window = window_of(run.definition)
    last = (run.sent_at or now) + window
    final = run.closed_at is not None and last <= now
    arm = Arm(campaign.id, None if campaign.standing else number, window)
    found = funnel(campaign, now, number=number)
    more = of_run(campaign, run, now)
    document = {
        "campaign": campaign.slug,
        "name": campaign.name,
        "run": number,
        "final": final,
        "started_at": run.started_at.isoformat(timespec="minutes"),
        "as_of": now.isoformat(timespec="minutes"),
        "zone": accounts.by_id(campaign.account_id).timezone,
        "linked": any(run.definition.get(name) for name in ("offer", "match", "url")),
        **_reasons(arm),
        "forecast": _forecast(run, found),
        "total": found.total.to_json(found.prices),
        "lines": found.to_json()["lines"],
        "margin_permille": found.prices.margin_permille,
        "increment": more.to_json(),
        "base": _base(campaign.account_id, run.started_at, window, more),
        "variants": _best_and_worst(found, final),
    }
    return {**document, "next": [one.to_json() for one in lessons(document)]}


def _reasons(arm: Arm) -> dict[str, Any]:
    """Who got nothing and why, the most common reason first; who holds the held-out."""
    skips: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    counts = send_figures.counts(arm.campaign_id, arm.generation)
    for count in counts:
        if count.step == OFFER and count.state == "skipped":
            skips[count.skip] += count.rows
        elif count.step == OFFER and count.state == "failed":
            failed[count.why] += count.rows
    return {
        "skips": [{"reason": reason, "people": many} for reason, many in skips.most_common()],
        "failed": [{"why": why, "people": many} for why, many in failed.most_common()],
        "held_out_by": send_figures.held_out_by(counts),
    }


def _base(
    account_id: int, started_at: datetime, window: timedelta, more: Change
) -> dict[str, Any] | None:
    """How many of those sent to would have left anyway, by the 30 days before, and whether more
    did; None where nobody left in that time, or there was nobody."""
    sent = more.left["unsubscribe"].sent
    gone, people = effect_responses.base_rate(account_id, started_at - BASE, started_at)
    rate = gone / people * (window / BASE) if people else 0.0
    if not (0 < rate < 1 and sent.people):
        return None
    look = guardrail(sent.successes, sent.people, rate)
    return {
        "left": sent.successes,
        "expected": round(rate * sent.people, 1),
        "more": look.tripped,
    }


def _forecast(run: GenerationState, found: Funnel) -> list[dict[str, Any]]:
    """What the dry run at the start foretold, beside what came; nothing where there was none."""
    said = run.forecast or {}
    total = found.total
    skipped = said.get("skipped")
    pairs = (
        ("audience", said.get("audience"), total.intended),
        ("held_out", said.get("held_out"), total.held_out),
        ("skipped", sum(skipped.values()) if skipped is not None else None, total.skipped),
        ("sent", said.get("expected"), total.sent),
        ("coupons", (said.get("coupons") or {}).get("burn"), total.issued),
    )
    return [
        {"figure": name, "foretold": foretold, "came": came}
        for name, foretold, came in pairs
        if foretold is not None
    ]


def _best_and_worst(found: Funnel, final: bool) -> dict[str, Any] | None:
    """The variant that did best and the one that did worst, and whether that is more than chance:
    by buyers where there are enough of them, else by who opened it. None: there is one variant.

    Both were picked after the event, so the interval holds for all pairs together (Bonferroni);
    before the end it is the wider one that holds whenever one looks.
    """
    lines = {name: line for name, line in found.lines.items() if line.sent}
    if len(lines) < 2:
        return None
    by = "buyers" if found.total.buyers >= _ENOUGH else "clicked"
    arms = [
        Counted(name, line.sent, min(line.sent, getattr(line, by))) for name, line in lines.items()
    ]
    ranked = sorted(arms, key=lambda arm: (-arm.rate, arm.name))
    best, worst = ranked[0], ranked[-1]
    each = ALPHA / comb(len(arms), 2)
    if final:
        low, high = interval(best, worst, NormalDist().inv_cdf(1 - each / 2))
    else:
        seen = rates(best, worst, alpha=each)
        low, high = seen.low, seen.high
    return {
        "by": by,
        "best": best.name,
        "best_rate": best.rate,
        "worst": worst.name,
        "worst_rate": worst.rate,
        "difference": [best.rate - worst.rate, low, high],
        "sure": low > 0 and best.successes + worst.successes >= _ENOUGH,
    }
