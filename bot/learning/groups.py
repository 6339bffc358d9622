"""Who is alike: groups of followers by their columns, each with a number that stays its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from bot.insight import kinds
from bot.insight.choose import Verdict
from bot.insight.clusters import groups
from bot.insight.clusters.kind import labels_of
from bot.insight.clusters.points import points
from bot.insight.kinds import Columns, Request
from bot.insight.modelfile import Learnt
from bot.insight.schema import Schema, typed
from bot.insight.table import Table
from bot.learning import features, rows, serving
from bot.learning.serving import Doubles, Now, Serving
from bot.learning.ways import Ask, Taught

MOST = 20_000  # followers that teach


def teach(ask: Ask) -> Taught:
    """Raises InvalidInput for too few followers, and where all are alike."""
    parts = [serving.standing(ids, ask.now).rows for ids in rows.some(ask.account_id, MOST) if ids]
    found = np.concatenate(parts) if parts else np.empty((0, len(features.PERSON)))
    table = _table(found)
    previous = None if ask.used is None else ask.used.learnt
    options = {**ask.options, "keep": features.PERSON, "previous": previous}
    learnt = kinds.kind("clusters").train(
        Request(table, Columns(), ask.seed, options, ask.progress)
    )
    verdict = _judge(learnt, previous, table)
    return Taught(learnt, verdict, table.rows, serving.fingerprint(table))


def _table(found: Doubles) -> Table:
    columns = {name: found[:, place].copy() for place, name in enumerate(features.PERSON)}
    return Table(columns, len(found))


def _judge(learnt: Learnt, previous: Learnt | None, table: Table) -> Verdict:
    """Which groups set today's followers further apart, in one scale. No answer is ever known, so
    there is no interval: groups that do not set them apart better stay, and with them their names.
    """
    x = points(learnt.card["encoder"], typed(table, Schema.from_json(learnt.card["schema"])))
    new = groups.silhouette(x, learnt.arrays["centres"], 0)
    old = 0.0
    if previous is not None:
        fallen = labels_of(previous, table)
        centres = [x[fallen == one].mean(axis=0) for one in np.unique(fallen).tolist()]
        old = groups.silhouette(x, np.array(centres), 0)
    swap = new > old
    reason = (
        f"silhouette of the same {table.rows} followers {old:.4f} before, {new:.4f} now: the "
        f"{'new' if swap else 'old'} groups serve"
    )
    figures: dict[str, Any] = {"old": {"silhouette": old}, "new": {"silhouette": new}}
    return Verdict(swap, figures, reason)


def say_own(of: Serving, found: Now, now: datetime) -> dict[str, Doubles]:
    """The number of the group that each is in."""
    numbers = np.array([one["number"] for one in of.learnt.card["clusters"]], np.float64)
    return {of.purpose.slug: numbers[labels_of(of.learnt, _table(found.rows))]}
