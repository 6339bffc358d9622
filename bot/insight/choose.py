"""Which candidate is kept: the best by cross-validated AUC, or a simpler one as good.

As good: what it is behind the best is at most one standard error of that very difference, by a
bootstrap that draws the same rows for both. And whether a newly trained model replaces one in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.insight.candidate import Doubles, Sample
from bot.insight.metrics import Codes, Ranked, auc_of, draws, figures
from bot.insight.search import Judge, Tried, cross_validated
from bot.insight.split import Fold

SURE = 0.9  # of the draws must agree before a model in use is replaced
_DRAWS = 200


@dataclass(frozen=True)
class Choice:
    """kept     which of the tried
    figures  a line for each, the best first: name, auc with interval, log_loss, brier, and how far
             it is behind the best with the standard error of that difference
    reasons  sentences
    """

    kept: Tried
    figures: Sequence[dict[str, Any]]
    reasons: Sequence[str]


def choose(tried: Sequence[Tried], sample: Sample, folds: Sequence[Fold], seed: int) -> Choice:
    """The rule above; of equal rank the better one."""
    drawn = _drawn(tried, sample, folds, seed)
    known = [cross_validated(one, sample, folds) for one in tried]
    best = max(range(len(tried)), key=lambda i: (known[i]["auc"], -tried[i].rank))
    lines = [
        _line(one, known[i], known[best]["auc"], drawn[i], drawn[best])
        for i, one in enumerate(tried)
    ]
    near = [i for i in range(len(tried)) if lines[i]["behind"] <= lines[i]["error"]]
    kept = min(near, key=lambda i: (tried[i].rank, lines[i]["behind"]))
    order = sorted(range(len(tried)), key=lambda i: lines[i]["behind"])
    reasons = _reasons([lines[i] for i in order], lines[kept], len(folds))
    return Choice(tried[kept], [lines[i] for i in order], reasons)


def _drawn(
    tried: Sequence[Tried], sample: Sample, folds: Sequence[Fold], seed: int
) -> list[Doubles]:
    judges = [Judge.of(sample.y, one.scores, folds) for one in tried]
    found: list[list[Doubles]] = [[] for _ in tried]
    for block in draws(len(sample.y), sample.group, seed, _DRAWS):
        for own, judge in zip(found, judges, strict=True):
            own.append(judge.auc(block))
    return [np.concatenate(own) for own in found]


def _line(
    one: Tried, known: dict[str, float], best: float, drawn: Doubles, drawn_best: Doubles
) -> dict[str, Any]:
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return {
        "name": one.name,
        "rank": one.rank,
        "setting": dict(one.setting),
        "auc": known["auc"],
        "low": float(low),
        "high": float(high),
        "pr_auc": known["pr_auc"],
        "log_loss": known["log_loss"],
        "brier": known["brier"],
        "behind": best - known["auc"],
        "error": float(np.nanstd(drawn_best - drawn)),
    }


def _reasons(lines: Sequence[dict[str, Any]], kept: dict[str, Any], folds: int) -> tuple[str, ...]:
    best = lines[0]
    said = [
        f"{best['name']} has the highest cross-validated AUC, {best['auc']:.4f} "
        f"({best['low']:.4f} to {best['high']:.4f}, {folds} folds)"
    ]
    for line in lines[1:]:
        near = "as good" if line["behind"] <= line["error"] else "worse"
        said.append(
            f"{line['name']} is {line['behind']:.4f} behind, one standard error of that difference "
            f"is {line['error']:.4f}: {near}"
        )
    if kept["name"] == best["name"]:
        said.append(f"{kept['name']} is kept: nothing simpler is as good")
    else:
        said.append(f"{kept['name']} is kept: it is simpler and as good within one standard error")
    return tuple(said)


@dataclass(frozen=True)
class Verdict:
    """swap     whether the new model replaces the old one
    figures  of both, and the share of draws in which the new one is better
    reason   one sentence
    """

    swap: bool
    figures: dict[str, Any]
    reason: str


def better(
    y: Doubles, old: Doubles, new: Doubles, group: Codes | None = None, seed: int = 0
) -> Verdict:
    """Whether new chances foretell the answers y better than old ones, of the same rows.

    Yes if AUC is higher in SURE of the draws; or if it is not lower in SURE of them and the log
    loss is lower in SURE of them. Neither model may have been taught on the rows.
    """
    ranked = [Ranked.of(y, old), Ranked.of(y, new)]
    losses = [_losses(y, old), _losses(y, new)]
    order, loss = [], []
    for block in draws(len(y), group, seed):
        order.append(auc_of(ranked[1], block) - auc_of(ranked[0], block))
        loss.append(block @ (losses[0] - losses[1]))
    gained, saved = np.concatenate(order), np.concatenate(loss)
    gained = gained[~np.isnan(gained)]
    higher = float((gained > 0).mean()) if len(gained) else 0.0
    lower = float((gained < 0).mean()) if len(gained) else 1.0
    cheaper = float((saved > 0).mean())
    swap = higher >= SURE or (lower < SURE and cheaper >= SURE)
    found = {"old": figures(y, old), "new": figures(y, new)}
    reason = (
        f"AUC {found['old']['auc']:.4f} before, {found['new']['auc']:.4f} now: higher in "
        f"{higher:.0%} of draws of the same {len(y)} rows; log loss lower in {cheaper:.0%}; "
        f"{SURE:.0%} are asked for: the {'new' if swap else 'old'} model serves"
    )
    return Verdict(swap, {**found, "auc_higher": higher, "log_loss_lower": cheaper}, reason)


def ahead(
    old: Doubles, new: Doubles, what: str, count: Codes | None = None, seed: int = 0
) -> Verdict:
    """Whether a new model's gains are higher than an old one's, on the same followers.

    old, new  (n) what each gained of each follower, or of each of n sorts of rows
    what      the gain in words, for the reason
    count     (n) how many rows of each sort; None: one

    Yes if the mean is higher in SURE of the draws. Neither may have been taught on the rows.
    """
    weight = np.ones(len(old)) if count is None else count.astype(np.float64)
    total = float(weight.sum())
    means = [float(weight @ one) / total for one in (old, new)]
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(int(total), weight / total, _DRAWS) @ (new - old)
    higher = float((drawn > 0).mean())
    swap = higher >= SURE
    reason = (
        f"{what} was {means[0]:.4f}, is {means[1]:.4f} now: higher in {higher:.0%} of draws of the "
        f"same {int(total)}; {SURE:.0%} are asked for: the {'new' if swap else 'old'} model serves"
    )
    found = {"old": {what: means[0]}, "new": {what: means[1]}, "higher": higher}
    return Verdict(swap, found, reason)


def _losses(y: Doubles, chance: Doubles) -> Doubles:
    sure = np.clip(chance, 1e-6, 1 - 1e-6)
    return -np.where(y > 0, np.log(sure), np.log1p(-sure))
