"""Who is held out and who sees which variant: by hash, so the same whenever it is asked."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate

from bot.campaign.document.definition import Variant

HELD_OUT = ""
_UNIT = 2.0**-64


@dataclass(frozen=True, slots=True)
class Assignment:
    """The draw of one run. Two independent hashes: hold-out and variant do not know each other."""

    campaign_id: int
    generation: int
    holdout: float
    variants: tuple[Variant, ...]

    def of(self, follower_id: int) -> str:
        """The follower's variant, or HELD_OUT."""
        if self._draw("holdout", follower_id) < self.holdout:
            return HELD_OUT
        if len(self.variants) == 1:
            return self.variants[0].name
        bounds = list(accumulate(variant.weight for variant in self.variants))
        place = bisect_right(bounds, self._draw("variant", follower_id) * bounds[-1])
        return self.variants[min(place, len(self.variants) - 1)].name

    def split(self, follower_ids: Sequence[int]) -> dict[str, list[int]]:
        """The followers of each variant, and of HELD_OUT; those with none are left out."""
        parts: dict[str, list[int]] = {}
        for follower_id in follower_ids:
            parts.setdefault(self.of(follower_id), []).append(follower_id)
        return parts

    def _draw(self, salt: str, follower_id: int) -> float:
        """A number in 0..1, evenly spread over followers."""
        words = f"{self.campaign_id}:{self.generation}:{salt}:{follower_id}".encode()
        return int.from_bytes(blake2b(words, digest_size=8).digest()) * _UNIT
