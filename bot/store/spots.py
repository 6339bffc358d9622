"""Where a page of a list begins that is read by instant and number, the latest first."""

from __future__ import annotations

from typing import NamedTuple


class Spot(NamedTuple):
    """Behind which row a page begins: its instant (ms) and number; by default before every row."""

    at: int = 1 << 62
    id: int = 1 << 62
