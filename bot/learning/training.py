"""Teaching a purpose's model from the store, and taking it into use only where it is better.

Earlier rows teach, later ones judge, and both the new model and the one in use are judged on the
same rows, which neither has seen. What is kept is the very model that was judged.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight import kinds, modelfile
from bot.insight.choose import Verdict, better
from bot.insight.kinds import Columns, Progress, Request, silent
from bot.insight.modelfile import Learnt
from bot.insight.table import Table
from bot.learning import features, rows, ways
from bot.learning.purposes import Purpose, purpose
from bot.learning.rows import FOLLOWER, MOMENT, TARGET
from bot.learning.serving import OURS, Serving, chances, fingerprint, serving
from bot.learning.ways import Ask, Taught
from bot.store import insight_models
from bot.store.insight_models import Kept

logger = logging.getLogger(__name__)

# What is tried where nobody names candidates: nightly, beside the sender, minutes are not at hand.
USUAL = ("logistic regression", "gradient boosting")

LEAST_TAUGHT = 50  # rows of either answer
LEAST_JUDGED = 20
TEACHES = 0.75  # of the rows, the earlier ones
COLUMNS = Columns(target=TARGET, group=FOLLOWER, time=MOMENT)

_WORDS = {
    "redeem": "messages whose coupon was used",
    "answer": "messages that were answered",
    "buy": "followers who bought within 30 days of a month-end",
    "churn": "active followers who left or fell silent for 60 days",
}


@dataclass(frozen=True)
class Outcome:
    """A model that was taught, and whether it is in use now."""

    kept: Kept
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.kept.to_json(),
            "activated": self.verdict.swap,
            "reason": self.verdict.reason,
            "figures": self.verdict.figures,
        }


@dataclass(frozen=True)
class Parted:
    """Rows that teach, and later rows that judge. `cut`: seconds; the first that judges."""

    teach: Table
    judge: Table
    cut: float


def train(
    account_id: int,
    slug: str,
    now: datetime,
    *,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
    activate: bool = True,
    progress: Progress = silent,
) -> Outcome:
    """Teach a new model of a purpose; in use at once where it judges better than what there is.

    activate  False: it stays a candidate, whatever the verdict

    Raises InvalidInput where there is too little to learn from; what is in use stays.
    """
    of = purpose(slug)
    used = serving(account_id, slug)
    ask = Ask(account_id, of, now, used, seed, options or {}, progress)
    taught = ways.teach(ask) if ways.own(slug) else _teach(ask)
    verdict = taught.verdict
    if used is None:
        said = f"none is in use: held against what is known without one; {verdict.reason}"
        verdict = Verdict(verdict.swap, verdict.figures, said)
    if not activate:
        verdict = Verdict(False, verdict.figures, f"a candidate, as asked; {verdict.reason}")
    kept = _kept(account_id, of, replace(taught, verdict=verdict), now)
    if verdict.swap:
        kept = insight_models.activate(account_id, kept.id, now)
    logger.info(
        "model taught account=%d slug=%s version=%d activated=%s rows=%d",
        account_id, slug, kept.version, verdict.swap, taught.rows,
    )  # fmt: skip
    return Outcome(kept, verdict)


def _teach(ask: Ask) -> Taught:
    """By rows with a yes or no; without a model in use against the mean of those who taught."""
    found = rows.table(ask.account_id, ask.purpose, ask.now, ask.progress)
    parted = part(found, ask.purpose, ask.used)
    options = {"candidates": USUAL, **ask.options}
    learnt = kinds.kind(ask.purpose.kind).train(
        Request(parted.teach, COLUMNS, ask.seed, options, ask.progress)
    )
    return _taught(learnt, parted, ask.purpose, judge(learnt, ask.used, parted, ask.seed))


def _taught(learnt: Learnt, parted: Parted, of: Purpose, verdict: Verdict) -> Taught:
    ours = noted(parted, of)
    return Taught(learnt, verdict, parted.teach.rows, fingerprint(parted.teach), ours)


def part(found: Table, of: Purpose, used: Serving | None) -> Parted:
    """Earlier and later rows. What the model in use was taught from judges nobody.

    Raises InvalidInput that says how many answers there are and how many it takes.
    """
    _enough(found.numbers(TARGET), of.slug, LEAST_TAUGHT + LEAST_JUDGED, "there are")
    parted = cut_of(found, used)
    _enough(parted.teach.numbers(TARGET), of.slug, LEAST_TAUGHT, "earlier ones, which teach, are")
    _enough(parted.judge.numbers(TARGET), of.slug, LEAST_JUDGED, "later ones, which judge, are")
    return parted


def cut_of(found: Table, used: Serving | None) -> Parted:
    """Earlier and later rows, however many of them."""
    moments = found.numbers(MOMENT)
    cut = float(np.quantile(moments, TEACHES))
    if used is not None:
        cut = max(cut, float(used.learnt.card[OURS]["rows_until"]))
    if not (moments < cut).any():  # all of one moment: each judges somebody else
        cut = float(moments.max())
    teach, judging = np.flatnonzero(moments < cut), np.flatnonzero(moments >= cut)
    return Parted(found.take(teach), found.take(judging), cut)


def _enough(target: NDArray[np.float64], slug: str, least: int, which: str) -> None:
    yes, no = int(target.sum()), int(len(target) - target.sum())
    if min(yes, no) < least:
        raise InvalidInput(
            f"too little to learn {slug} from: {which} {yes} {_WORDS[slug]} and {no} not, "
            f"and it takes {least} of each. Until then nothing is predicted and the usual "
            "order holds"
        )


def judge(learnt: Learnt, used: Serving | None, parted: Parted, seed: int) -> Verdict:
    """Against the model in use; where there is none, against the mean of the rows that taught."""
    target = parted.judge.numbers(TARGET)
    if used is None:
        known = np.full(parted.judge.rows, float(parted.teach.numbers(TARGET).mean()))
    else:
        known = chances(used.learnt, parted.judge)
    said = chances(learnt, parted.judge)
    group = parted.judge.numbers(FOLLOWER).astype(np.int64)
    return better(target, known, said, group, seed)


def _keep(
    account_id: int, of: Purpose, learnt: Learnt, parted: Parted, verdict: Verdict, now: datetime
) -> Kept:
    return _kept(account_id, of, _taught(learnt, parted, of, verdict), now)


def _kept(account_id: int, of: Purpose, taught: Taught, now: datetime) -> Kept:
    ours = {
        "purpose": of.slug,
        "made_of": features.made_of(of.with_offer),
        "rows": taught.rows,
        "verdict": taught.verdict.reason,
        **taught.ours,
    }
    whole = Learnt({**taught.learnt.card, OURS: ours}, taught.learnt.arrays)
    figures = taught.verdict.figures["new"]
    return insight_models.save(
        account_id,
        of.slug,
        of.kind,
        modelfile.to_bytes(whole),
        fingerprint=taught.fingerprint,
        card=whole.card,
        metrics={name: round(float(value), 5) for name, value in figures.items()},
        now=now,
    )


def noted(parted: Parted, of: Purpose) -> dict[str, Any]:
    """What a card keeps of the rows that taught and judged."""
    return {
        "rows_until": parted.cut,
        "judged_by": parted.judge.rows,
        "usual": _usual(parted.teach) if of.with_offer else {},
        "median": _median(parted.teach, of),
    }


def _usual(teach: Table) -> dict[str, int]:
    """The median offer of the messages that taught."""
    value, least = (float(np.expm1(np.median(teach.numbers(name)))) for name in features.OFFER[1:])
    return {"face_value_fen": round(100 * value), "threshold_fen": round(100 * least)}


def _median(teach: Table, of: Purpose) -> dict[str, float]:
    """What is usual of each column, for reasons: an offer about nothing liked is none."""
    known = {name: teach.numbers(name) for name in features.columns(of.with_offer)}
    return {name: float(np.nanmedian(np.append(one, 0.0))) for name, one in known.items()}
