"""What a text is made of: its pieces of one to four characters, its words, and the turn before.

A feature is a string, so a vocabulary is a plain dict and no two features ever share a row:

    优惠      a piece of the normalised text
    w 优惠    a word; of a long word also the words inside it
    w 有 优惠  two words beside each other
    c 酒店    a word, or two, of the turn before; `c` alone: there was none
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from itertools import pairwise

from bot.nlp.cut import cut
from bot.nlp.normalise import normalise

LONGEST = 2000  # characters that are looked at; a WeChat message has no more
_PIECE = 4
NO_TURN_BEFORE = "c"


def features(text: str, context: str | None = None) -> set[str]:
    """The set of features of a text after `context`; None: what came before is unknown."""
    plain = _plain(text)
    words = cut(plain)
    found = set(_words(words, "w "))
    for size in range(_PIECE):
        found.update([plain[at : at + size + 1] for at in range(len(plain) - size)])
    for word in words:
        if len(word) > 2:
            found.update(_inside(word))
    if context is not None:
        before = _plain(context)
        found.update(_words(cut(before), "c ") if before else (NO_TURN_BEFORE,))
    return found


def _plain(text: str) -> str:
    """Normalised; half of a character, which no file can hold, becomes a question mark."""
    return normalise(text[:LONGEST].encode(errors="replace").decode())


def _words(words: list[str], mark: str) -> list[str]:
    beside = [f"{mark}{one} {two}" for one, two in pairwise(words)]
    return [mark + word for word in words] + beside


@lru_cache(maxsize=20_000)
def _inside(word: str) -> tuple[str, ...]:
    """The words inside a long word, as features."""
    return tuple("w " + part for part in _searched()(word))


@cache
def _searched() -> Callable[[str], list[str]]:
    """The cut that also names the words inside long words."""
    try:
        fast: Callable[[str], list[str]] = import_module("rjieba").cut_for_search
        return fast
    except ImportError:
        cut("")  # sets jieba's own folder
        slow: Callable[[str], list[str]] = import_module("jieba").lcut_for_search
        return slow
