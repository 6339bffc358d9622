"""A follower's number of 100 for a salt: stable, even, and independent between salts.

A polynomial of degree three over the integers modulo the prime 2^31 - 1, its coefficients drawn
from the salt (four-wise independent; Wegman and Carter 1981). Plain integer arithmetic below 2^63,
so that every database computes the same.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

PRIME = 2**31 - 1


@lru_cache(maxsize=1024)
def coefficients(salt: str) -> tuple[int, int, int, int]:
    """From the highest power down."""
    digest = blake2b(salt.encode(), digest_size=32, person=b"hongyan bucket").digest()
    a, b, c, d = (int.from_bytes(digest[i : i + 8], "big") % PRIME for i in (0, 8, 16, 24))
    return a, b, c, d


def number(follower_id: int, salt: str) -> int:
    """0..99."""
    x = follower_id % PRIME
    value = 0
    for coefficient in coefficients(salt):
        value = (value * x + coefficient) % PRIME
    return value % 100
