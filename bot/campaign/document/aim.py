"""From the slugs of an audience to the segments' ids."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.campaign.document.definition import Definition
from bot.store import audience_sets, segments
from bot.store.audience_sets import AudienceIds


def aim_of(account_id: int, definition: Definition) -> AudienceIds:
    """Raises NotFound with the slug of a segment that is gone."""
    aim = definition.aim()
    ids = {slug: segments.by_slug(account_id, slug).id for slug in aim.named()}
    every = aim.match == "all" and len(aim.segments) > 1
    base = tuple(ids[slug] for slug in aim.segments)
    return AudienceIds(
        () if every else base,
        base if every else (),
        tuple(ids[slug] for slug in aim.also),
        tuple(ids[slug] for slug in aim.lists),
        tuple(ids[slug] for slug in aim.excluded),
    )


def chunks(aim: AudienceIds, limit: int, entered_by: datetime | None = None) -> Iterator[list[int]]:
    """The whole audience as it is now, in the order of ids."""
    after, upto = 0, audience_sets.upper(aim)
    while after < upto:
        members, after = audience_sets.span(aim, after, upto, limit, entered_by)
        if members:
            yield members
