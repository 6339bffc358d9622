"""Whom a message moves: taught by runs that held some out, judged by the Qini of later ones.

A row is somebody just before a run; treated is who was sent to, beside him who was held out by luck
and would have been sent to. The answer is an order, or a coupon redeemed, in the run's window.
"""

from __future__ import annotations

import numpy as np

from bot.insight import kinds
from bot.insight.choose import SURE, Verdict
from bot.insight.kinds import Columns, Request
from bot.insight.metrics import draws
from bot.insight.table import Table
from bot.insight.uplift.qini import drawn, qini
from bot.insight.uplift.trial import Trial
from bot.learning import rows, serving, training
from bot.learning.rows import CHANCE, FOLLOWER, MOMENT, TARGET, TREATED
from bot.learning.serving import Doubles, Serving
from bot.learning.ways import Ask, Taught, enough

COLUMNS = Columns(target=TARGET, group=FOLLOWER, time=MOMENT, treatment=TREATED)
LEAST_TAUGHT, LEAST_JUDGED = 50, 20  # of each arm and of each answer
_SAID = {"sent to in runs that held some out": TREATED, "who bought after a run": TARGET}


def teach(ask: Ask) -> Taught:
    """Raises InvalidInput where runs held too few out, or hardly anybody bought."""
    found = rows.table(ask.account_id, ask.purpose, ask.now, ask.progress)
    if not found.rows:
        enough(next(iter(_SAID)), 0, 0, LEAST_TAUGHT)
    parted = training.cut_of(found, ask.used)
    for part, least in ((parted.teach, LEAST_TAUGHT), (parted.judge, LEAST_JUDGED)):
        for what, name in _SAID.items():
            yes = int(part.numbers(name).sum())
            enough(what, yes, part.rows - yes, least)
    options = {"propensity": CHANCE, "folds": 2, "repeats": 1, **ask.options}
    request = Request(parted.teach, COLUMNS, ask.seed, options, ask.progress)
    learnt = kinds.kind("uplift").train(request)
    verdict = judge(serving.chances(learnt, parted.judge), ask.used, parted.judge, ask.seed)
    ours = training.noted(parted, ask.purpose)
    return Taught(learnt, verdict, parted.teach.rows, serving.fingerprint(parted.teach), ours)


def judge(new: Doubles, used: Serving | None, of: Table, seed: int) -> Verdict:
    """By the Qini coefficient on later rows, drawn by follower; without a model in use against an
    order of chance, whose coefficient is 0."""
    trial = Trial(of.numbers(TARGET), of.numbers(TREATED) > 0, of.numbers(CHANCE))
    old = np.zeros(of.rows) if used is None else serving.chances(used.learnt, of)
    group = of.numbers(FOLLOWER).astype(np.int64)
    gained: list[Doubles] = []
    for block in draws(of.rows, group, seed):
        gained.append(drawn(new, trial, block) - drawn(old, trial, block))
    higher = float((np.concatenate(gained) > 0).mean())
    values = [qini(one, trial) for one in (old, new)]
    swap = higher >= SURE
    reason = (
        f"Qini {values[0]:.4f} before, {values[1]:.4f} now: higher in {higher:.0%} of draws of the "
        f"same {of.rows} rows; {SURE:.0%} are asked for: the {'new' if swap else 'old'} serves"
    )
    figures = {"old": {"qini": values[0]}, "new": {"qini": values[1]}, "higher": higher}
    return Verdict(swap, figures, reason)
