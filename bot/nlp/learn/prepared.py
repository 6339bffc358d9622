"""A text made ready for looking at: normalised and cut once, however many ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.nlp.cut import cut
from bot.nlp.normalise import normalise

LONGEST = 2000  # characters that are looked at; a WeChat message has no more


@dataclass(frozen=True, slots=True)
class Prepared:
    """`words` are the tokens of `plain`, joined they are it again; `typed` still has its codes."""

    plain: str
    words: Sequence[str]
    typed: str = ""


def prepare(text: str) -> Prepared:
    """Half of a character, which no file can hold, becomes a question mark."""
    typed = text[:LONGEST].encode(errors="replace").decode()
    plain = normalise(typed)
    return Prepared(plain, cut(plain), typed)
