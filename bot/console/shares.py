"""Weights of a document as shares in per cent, and back. Pure.

A document's weights are of any size, a person thinks in shares of a hundred. What adds up is kept
as it was typed; weights whose shares nobody touched stay the weights they were (2 to 1 is not
66.67 to 33.33).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, isfinite
from typing import Any

WHOLE = 100.0
NEAR = 0.05  # three shares of 33.33 are a whole
_STEP = 100  # shares are shown in hundredths of a per cent


def shares_of(weights: Sequence[Any]) -> list[str]:
    """What stands in the fields; together exactly 100. Texts (a refused form) stay as typed."""
    if not weights or not all(_is_number(one) and one > 0 for one in weights):
        return ["" if one is None else str(one) for one in weights]
    total = sum(weights)
    exact = [weight / total * WHOLE * _STEP for weight in weights]
    found = [floor(one) for one in exact]
    late = sorted(range(len(exact)), key=lambda place: (found[place] - exact[place], place))
    for place in late[: round(WHOLE * _STEP) - sum(found)]:
        found[place] += 1
    return [f"{one / _STEP:.10g}" for one in found]


def even(many: int) -> list[str]:
    """The same for each; the first gets what is left over."""
    return shares_of([1] * many)


def weights_of(texts: Sequence[str], before: Sequence[Any] = ()) -> list[Any]:
    """The document's weights for what stands in the fields; all empty: the same for each.

    before   weights of the same ways as they were: kept where the shares still say the same
    Where the shares are none, or no whole, the texts stay as typed: `adds_up` says why.
    """
    texts = [text.strip() for text in texts]
    if not any(texts):
        return [1] * len(texts)
    if not adds_up(texts):
        return list(texts)
    numbers = [float(text) for text in texts]
    if before and len(before) == len(texts) and _as_numbers(shares_of(before)) == numbers:
        return list(before)
    return [int(one) if one == int(one) else one for one in numbers]


def adds_up(texts: Sequence[str]) -> bool:
    """Numbers above nothing that are a hundred together; or nothing is written in any."""
    if not any(text.strip() for text in texts):
        return True
    numbers = _as_numbers(texts)
    return all(one > 0 for one in numbers) and abs(sum(numbers) - WHOLE) <= NEAR


def total(texts: Sequence[str]) -> str:
    """What they add up to, without what is no number."""
    return f"{sum(one for one in _as_numbers(texts) if one > 0):.6g}"


def _as_numbers(texts: Sequence[str]) -> list[float]:
    """-1 for what is none."""
    return [_number(text) for text in texts]


def _number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        return -1.0
    return found if isfinite(found) else -1.0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
