"""Everybody's scores anew, in chunks: memory follows the chunk and not the audience.

What moves only a little is not written, and who left, or may not be predicted about, loses his
score. While it goes, rows are sampled, and held against those of the model's first round: drift.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from bot.errors import NotFound
from bot.insight.drift import STRAYED, drift, drift_of_score, spread
from bot.insight.kinds import Progress, silent
from bot.insight.table import Table
from bot.learning import features, serving, ways
from bot.learning.serving import Doubles, Now, Serving
from bot.segment import scored
from bot.store import insight_models, learning_rows, predictions
from bot.store.insight_models import Kept

logger = logging.getLogger(__name__)

CHUNK = 2000
SAMPLE = 20_000  # rows that drift is measured on
LEAST = 200  # of few rows the index is mostly noise
FIRST = "first_round"  # of a model's card in the registry: how rows and scores lay then
NO_VERSION = 0  # models count from 1
_RECENCY = features.PERSON.index("recency_days")


@dataclass(frozen=True)
class Scored:
    """changed: scores that are not what they were, those dropped included."""

    model: Kept
    followers: int
    changed: int
    drift: list[dict[str, Any]]

    @property
    def strayed(self) -> list[dict[str, Any]]:
        """What has become another since the model came into use."""
        return [line for line in self.drift if line["psi"] >= STRAYED]

    def to_json(self) -> dict[str, Any]:
        return {
            "slug": self.model.slug,
            "version": self.model.version,
            "followers": self.followers,
            "changed": self.changed,
            "drift": self.drift[:5],
            "strayed": bool(self.strayed),
        }


def score(account_id: int, slug: str, now: datetime, progress: Progress = silent) -> Scored:
    """Score all who follow by the model in use.

    Raises NotFound where none is, Conflict where the product's columns have changed since.
    """
    of = serving.needed(account_id, slug)
    whole = learning_rows.count(account_id)
    seen = changed = after = 0
    samples, said = list[Doubles](), list[Doubles]()
    every = max(1, whole // SAMPLE)
    while ids := learning_rows.subscribed(account_id, after, CHUNK):
        found = _spoken_of(of, serving.standing(ids, now))
        scores = ways.say(of, found, now)
        for name, values in scores.items():
            changed += _put(account_id, name, of.kept.version, ids, found, values, now)
        samples.append(found.rows[::every])
        said.append(scores.get(slug, np.empty(0))[::every])
        seen, after = seen + len(found.ids), ids[-1]
        progress("score", min(seen, whole), whole)
    changed += _drop_stale(account_id, slug, of.kept.version)
    insight_models.scored(of.kept.id, now)
    moved = _drift(of, samples, said)
    result = Scored(of.kept, seen, changed, moved)
    _tell(account_id, result)
    return result


def _put(
    account_id: int, slug: str, version: int, ids: Sequence[int], found: Now, values: Doubles,
    now: datetime,
) -> int:  # fmt: skip
    """Keep what is said of a chunk; of whom nothing is said any more loses what was."""
    pairs = zip(found.ids, values.tolist(), strict=True)
    scores = {who: value for who, value in pairs if value == value}
    changed = scored.put(account_id, slug, version, scores, now)
    return changed + scored.drop(account_id, slug, sorted(set(ids) - scores.keys()))


def _spoken_of(of: Serving, found: Now) -> Now:
    """Of who did nothing for so long that he has left already, it is not asked whether he will."""
    if not of.purpose.of_active:
        return found
    return found.take(np.flatnonzero(found.rows[:, _RECENCY] <= of.purpose.days).tolist())


def _drop_stale(account_id: int, model: str, version: int) -> int:
    """Scores that a round of this version did not renew: of who left, and of earlier models."""
    dropped = 0
    for slug in predictions.slugs(account_id, model):
        after = 0
        while ids := predictions.stale(account_id, slug, version, after, CHUNK):
            dropped += scored.drop(account_id, slug, ids)
            after = ids[-1]
    return dropped


def retire(account_id: int, slug: str) -> int:
    """No model of this purpose is in use any more, and what was said by it goes; how many scores.

    Raises NotFound where none was in use.
    """
    if not insight_models.retire(account_id, slug):
        raise NotFound(f"no model of {slug} is in use")
    return _drop_stale(account_id, slug, NO_VERSION)


def _drift(of: Serving, samples: list[Doubles], said: list[Doubles]) -> list[dict[str, Any]]:
    """Nightly rows are held against nightly rows: those that taught are of other moments."""
    if sum(len(one) for one in samples) < LEAST:
        return []
    rows, scores = np.concatenate(samples), np.concatenate(said)
    scores = scores[~np.isnan(scores)]
    names = features.PERSON
    table = Table({name: rows[:, place].copy() for place, name in enumerate(names)}, len(rows))
    first = of.kept.card.get(FIRST)
    if first is None:
        known = {name: spread(table.numbers(name)) for name in names}
        first = {"features": known} | ({"score": spread(scores)} if len(scores) else {})
        insight_models.note(of.kept.id, "card", **{FIRST: first})
    lines = drift(first["features"], table)
    if len(scores) and "score" in first:
        lines = [*lines, drift_of_score(first["score"], scores)]
    return sorted(lines, key=lambda line: -line["psi"])


def _tell(account_id: int, result: Scored) -> None:
    of = result.model
    logger.info(
        "model scored account=%d slug=%s version=%d followers=%d changed=%d",
        account_id, of.slug, of.version, result.followers, result.changed,
    )  # fmt: skip
    insight_models.note(of.id, "metrics", drift=result.drift[:5])
    for line in result.strayed[:3]:
        logger.warning(
            "model strayed account=%d slug=%s version=%d feature=%s psi=%.3f:"
            " teach it anew: hongyan model train %s",
            account_id, of.slug, of.version, line["feature"], line["psi"], of.slug,
        )  # fmt: skip
