"""A run's pieces of the content library: looked up, and one chosen for each follower."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bot.campaign.document.definition import Definition
from bot.campaign.document.wording import yuan
from bot.campaign.permission.matching import Match, Piece, match
from bot.clock import to_ms
from bot.content import library
from bot.content.documents import Content
from bot.experiment.assign import draw
from bot.store import interest_levels, links
from bot.values.interest import score

if TYPE_CHECKING:
    from bot.campaign.permission.order import Order


def pieces_of(
    account_id: int,
    campaign_id: int,
    definition: Definition,
    now: datetime,
    *,
    sample: bool = False,
) -> tuple[Piece, ...]:
    """Those of the definition that are published, in its order.

    sample   their links count for nobody, and none is made
    """
    own_link = not (definition.url or definition.gives)
    found = []
    for one in library.pieces(account_id, definition.content) if definition.content else ():
        link_id = None
        if own_link and one.link:
            link_id = 0 if sample else links.link_for(campaign_id, one.link, now)
        found.append(_piece(one, link_id))
    return tuple(found)


def _piece(one: Content, link_id: int | None) -> Piece:
    values = {
        "content_title": one.title,
        "content_summary": one.summary,
        "content_price": "" if one.price_fen is None else yuan(one.price_fen),
    }
    return Piece(one.slug, one.topics, values, link_id, one.valid_from, one.valid_until, one.stock)


def matches(order: Order, follower_ids: Sequence[int], at: datetime) -> dict[int, Match]:
    """The piece for each; nobody's where none is open at that time."""
    open_ones = [piece for piece in order.pieces if piece.is_open(at)]
    if not open_ones:
        return {}
    topics = sorted({topic for piece in open_ones for topic in piece.topics})
    held = interest_levels.levels(follower_ids, topics) if len(open_ones) > 1 else {}
    key = (f"content:{order.campaign_id}:{order.generation}",)
    now_ms = to_ms(at)
    return {
        who: match(
            open_ones,
            {topic: score(level, now_ms) for topic, level in held.get(who, {}).items()},
            draw(key, who),
        )
        for who in follower_ids
    }


def none_open(order: Order, at: datetime) -> bool:
    """The run carries pieces, and none of them can go out."""
    return bool(order.definition.content) and not any(one.is_open(at) for one in order.pieces)
