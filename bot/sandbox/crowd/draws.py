"""Chance that depends on who and what, never on the order in which it is asked for."""

from __future__ import annotations

import random
import struct
from hashlib import blake2b

_PLACE = struct.Struct("<8sQQ")
_TWO = struct.Struct("<QQ")
_UNIT = 2.0**-64


class Draws:
    """All chance of one seed: a hash of (seed, what, person, how manyth)."""

    def __init__(self, seed: int) -> None:
        self._base = blake2b(f"{seed}:life".encode(), digest_size=16)

    def digest(self, what: bytes, index: int, nth: int = 0) -> bytes:
        """16 bytes. what: up to 8 bytes, a word for the decision."""
        hashed = self._base.copy()
        hashed.update(_PLACE.pack(what, index, nth))
        return hashed.digest()

    def two(self, what: bytes, index: int, nth: int = 0) -> tuple[float, float]:
        """Two independent numbers, uniform in 0..1: about a microsecond."""
        first, second = _TWO.unpack(self.digest(what, index, nth))
        return first * _UNIT, second * _UNIT

    def rng(self, what: bytes, index: int, nth: int = 0) -> random.Random:
        """Where many numbers are needed."""
        return random.Random(int.from_bytes(self.digest(what, index, nth), "big"))
