"""Which piece suits whom: topics of the piece times interest of the follower. Pure.

One choice in ten is made without looking at interests, so that what was not thought of has its
chance, and results say something about pieces and not only about the choice. The chance of each
choice is kept with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

EXPLORE = 0.1


@dataclass(frozen=True, slots=True)
class Piece:
    """A published piece of the content library, as a run carries it.

    values    what the text's variables become: content_title, content_summary, content_price
    link_id   the tracked link to what it is about; None: the campaign has one of its own, or none
    stock     None: nobody counts it
    """

    slug: str
    topics: Mapping[str, float] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    link_id: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    stock: int | None = None

    def is_open(self, at: datetime) -> bool:
        """Valid, and there is some left."""
        begun = self.valid_from is None or self.valid_from <= at
        return begun and (self.valid_until is None or at < self.valid_until) and self.stock != 0


@dataclass(frozen=True, slots=True)
class Match:
    """`chance` in 0..1: that this piece was chosen for this follower."""

    slug: str
    chance: float


def match(pieces: Sequence[Piece], interests: Mapping[str, float], share: float) -> Match:
    """For one follower.

    pieces     at least one, all open; of equals the first named is the better
    interests  topic -> 0..1; of whom nothing is known every piece is as likely as the other
    share      the follower's own number in 0..1, evenly spread: the draw
    """
    scores = [_score(piece, interests) for piece in pieces]
    explore = EXPLORE if max(scores) > 0 else 1.0
    best = scores.index(max(scores))
    chosen = int(share / explore * len(pieces)) if share < explore else best
    chance = explore / len(pieces) + (1 - explore if chosen == best else 0)
    return Match(pieces[chosen].slug, chance)


def _score(piece: Piece, interests: Mapping[str, float]) -> float:
    return sum(weight * interests.get(topic, 0.0) for topic, weight in piece.topics.items())
