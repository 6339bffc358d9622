"""Who is like the members of a segment: a look-alike model, whose scores are a condition, too.

    hongyan model like vip      then      {model: like-vip, at_least: 0.9}

The score says of what share of the others the follower is more like the members; the members are
scored as everybody is. Taught when asked for; the night's work scores everybody anew by it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from bot.errors import InvalidInput
from bot.insight import kinds, modelfile
from bot.insight.kinds import Columns, Progress, Request, silent
from bot.insight.modelfile import Learnt
from bot.insight.table import Table
from bot.learning import features, rows, serving
from bot.learning.purposes import LIKE
from bot.learning.scoring import CHUNK
from bot.learning.serving import OURS
from bot.segment.predicted import MOST_SLUG
from bot.store import insight_models, learning_rows, segment_members, segments
from bot.store.insight_models import Kept


def learn(
    account_id: int, segment: str, now: datetime, *, seed: int = 0, progress: Progress = silent
) -> Kept:
    """A model of the segment's members as they are kept now, in use at once.

    Raises NotFound for no such segment; InvalidInput for too few members or others.
    """
    slug = f"{LIKE}{segment}"
    if len(slug) > MOST_SLUG:
        raise InvalidInput(
            f"a segment's slug of at most {MOST_SLUG - len(LIKE)} characters", "segment"
        )
    members = segments.by_slug(account_id, segment)
    table = _table(account_id, members.id, now, progress)
    columns = Columns(target=rows.TARGET)
    learnt = kinds.kind("lookalike").train(Request(table, columns, seed, {}, progress))
    ours = {
        "purpose": slug,
        "made_of": features.made_of(with_offer=False),
        "rows": table.rows,
        "median": {name: float(np.median(table.numbers(name))) for name in features.PERSON},
    }
    whole = Learnt({**learnt.card, OURS: ours}, learnt.arrays)
    kept = insight_models.save(
        account_id, slug, "lookalike", modelfile.to_bytes(whole),
        fingerprint=serving.fingerprint(table), card=whole.card, metrics=_figures(learnt), now=now,
    )  # fmt: skip
    return insight_models.activate(account_id, kept.id, now)


def _figures(learnt: Learnt) -> dict[str, Any]:
    return {"seeds": learnt.card["seeds"], "way": learnt.card["way"]}


def _table(account_id: int, segment_id: int, now: datetime, progress: Progress) -> Table:
    """Everybody who follows as he stands now, and whether he is a member; of very many a share."""
    parts, targets, after = list[Any](), list[Any](), 0
    whole = learning_rows.count(account_id)
    every = max(1, whole // rows.MOST_ROWS + 1)
    while ids := learning_rows.subscribed(account_id, after, CHUNK):
        inside = _members(segment_id, after, ids[-1])
        chosen = [one for one in ids if one in inside or one % every == 0]
        parts.append(serving.standing(chosen, now).rows)
        targets.append(np.array([float(one in inside) for one in chosen]))
        after = ids[-1]
        progress("rows", min(sum(map(len, targets)), whole), whole)
    found = np.concatenate(parts) if parts else np.empty((0, len(features.PERSON)))
    columns = {name: found[:, place].copy() for place, name in enumerate(features.PERSON)}
    columns[rows.TARGET] = np.concatenate(targets) if targets else np.empty(0)
    return Table(columns, len(found))


def _members(segment_id: int, low: int, high: int) -> set[int]:
    return {row[0] for row in segment_members.between(segment_id, low, high)}
