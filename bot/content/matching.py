"""Which of several pieces of content suits a follower, and why. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import hypot
from typing import Any

from bot.content.documents import Content


@dataclass(frozen=True, slots=True)
class Match:
    """score    0: nothing is known that speaks for it; it is the first that can be had
    topics   what spoke for it: topic -> its share of the score, the greatest first
    passed   slugs that could not be had, or that he refuses: why
    """

    slug: str
    score: float
    topics: Mapping[str, float]
    passed: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        return {
            "slug": self.slug,
            "score": round(self.score, 4),
            "topics": {name: round(share, 4) for name, share in self.topics.items()},
            "passed": dict(self.passed),
        }


def unfit(piece: Content, now: datetime) -> str:
    """Why it cannot be had now: not_open, expired, no_stock; "" where it can."""
    if piece.valid_from is not None and now < piece.valid_from:
        return "not_open"
    if piece.valid_until is not None and now >= piece.valid_until:
        return "expired"
    return "no_stock" if piece.stock == 0 else ""


def affinity(piece: Content, interests: Mapping[str, float]) -> dict[str, float]:
    """topic -> what it adds to the likeness of the piece and the interests, the greatest first.

    The sum is the piece's side of their cosine: a piece of many topics gains nothing by that.
    """
    length = hypot(*piece.topics.values()) if piece.topics else 1.0
    found = {
        topic: weight * interests[topic] / length
        for topic, weight in piece.topics.items()
        if interests.get(topic, 0.0) > 0
    }
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def best(
    pieces: Sequence[Content],
    interests: Mapping[str, float],
    now: datetime,
    *,
    refused: Collection[str] = (),
    shown: Collection[str] = (),
) -> Match | None:
    """The piece that suits best; of equals the first. None: none of them can be had.

    interests  topic -> level, of who does not refuse to be profiled; {}: the first that can be had
    refused    topics of which the follower wants nothing
    shown      slugs that the follower had lately: they come after all others
    """
    passed: dict[str, str] = {}
    ranked: list[tuple[bool, float, int, dict[str, float]]] = []
    for at, piece in enumerate(pieces):
        why = unfit(piece, now) or ("refused" if set(piece.topics) & set(refused) else "")
        if why:
            passed[piece.slug] = why
            continue
        topics = affinity(piece, interests)
        ranked.append((piece.slug in shown, -sum(topics.values()), at, topics))
    if not ranked:
        return None
    _, score, at, topics = min(ranked, key=lambda one: one[:3])
    total = -score
    shares = {name: part / total for name, part in topics.items()} if total else {}
    return Match(pieces[at].slug, total, shares, passed)
