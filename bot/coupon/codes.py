"""Coupon codes: unguessable, easy to read aloud, and a slip of the finger is noticed.

A code is 12 symbols of Crockford's base 32 (60 random bits; no I, L, O, U) and a check symbol,
written XXXX-XXXX-XXXXX. The symbols are numbers of GF(32); the check symbol makes the sum of
symbol x a^place zero, with `a` a generator. As the factors are all different and none is zero, any
one wrong symbol and any exchange of two symbols, neighbours or not, is detected.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from bot.values.coupons import canonical

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 13
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_PRIMITIVE = 0b100101  # x^5 + x^2 + 1, whose root generates all 31 non-zero elements


def _doubled(value: int) -> int:
    """`value` times the generator, in GF(32)."""
    value <<= 1
    return value ^ _PRIMITIVE if value & 32 else value


def _check(symbols: str) -> str:
    """The symbol that makes the weighted sum zero: Horner's rule; the check's own factor is 1."""
    total = 0
    for symbol in symbols:
        total = _doubled(total ^ _VALUE[symbol])
    return ALPHABET[total]


def new_code() -> str:
    """One fresh code, grouped."""
    bits = secrets.randbits(60)
    body = "".join(ALPHABET[bits >> shift & 31] for shift in range(0, 60, 5))
    return grouped(body + _check(body))


def generate(count: int) -> Iterator[str]:
    """`count` fresh codes, one at a time. A repeat has a chance of one in 2^60 a pair."""
    return (new_code() for _ in range(count))


def normalise(text: str) -> str:
    """What was typed, in the one form that look-ups use; see `bot.values.coupons.canonical`."""
    return canonical(text)


def is_well_formed(text: str) -> bool:
    """One of our own codes, typed without a slip. Imported codes may have any other form."""
    code = canonical(text)
    if len(code) != LENGTH or any(symbol not in _VALUE for symbol in code):
        return False
    return _check(code[:-1]) == code[-1]


def is_mistyped(text: str) -> bool:
    """Has the form of a code of ours, and a slip in it. So has many a foreign code of 13 signs."""
    code = canonical(text)
    ours = len(code) == LENGTH and all(symbol in _VALUE for symbol in code)
    return ours and not is_well_formed(code)


def in_fours(code: str) -> str:
    """For the eye: "ABCD EFGH JKMNP"; a code with gaps of its own as it is."""
    if not code.isalnum() and code != grouped(canonical(code)):
        return code
    bare = canonical(code) if len(canonical(code)) == LENGTH else code
    parts = [bare[n : n + 4] for n in range(0, len(bare), 4)]
    if len(parts) > 1 and len(parts[-1]) == 1:
        parts[-2:] = [parts[-2] + parts[-1]]
    return " ".join(parts)


def grouped(code: str) -> str:
    """XXXX-XXXX-XXXXX; a code of another length as it is."""
    return f"{code[:4]}-{code[4:8]}-{code[8:]}" if len(code) == LENGTH else code
