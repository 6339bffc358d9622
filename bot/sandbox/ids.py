"""Names and numbers that the platform gives out: unguessable, or with a seed always the same."""

from __future__ import annotations

import base64
import random


class Ids:
    """`seed` "": from the system's randomness. Otherwise a run can be repeated byte for byte."""

    def __init__(self, seed: str = "") -> None:
        self._rng: random.Random = random.Random(seed) if seed else random.SystemRandom()

    def below(self, number: int) -> int:
        """0 <= n < number."""
        return self._rng.randrange(number)

    def hex(self, size: int) -> str:
        """`size` bytes as 2 x size hexadecimal digits."""
        return self._rng.randbytes(size).hex()

    def urlsafe(self, size: int) -> str:
        """`size` bytes in the alphabet A-Z a-z 0-9 _ -."""
        return base64.urlsafe_b64encode(self._rng.randbytes(size)).rstrip(b"=").decode()

    def rid(self) -> str:
        """The trace that ends every errmsg: `xxxxxxxx-xxxxxxxx-xxxxxxxx`."""
        text = self.hex(12)
        return f"{text[:8]}-{text[8:16]}-{text[16:]}"
