"""Looking up many fixed phrases in one text: the longest at each place, from left to right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import add
from typing import Generic, TypeVar

T = TypeVar("T")
_SHORT = 400  # characters of a text whose pairs are kept for the next who looks


def beside(text: str) -> Sequence[str]:
    """Every two characters that stand beside each other. Many look a message up by them in turn,
    so those of the last few messages are kept."""
    return _kept(text) if len(text) <= _SHORT else [*map(add, text, text[1:])]


@lru_cache(maxsize=16)
def _kept(text: str) -> Sequence[str]:
    return [*map(add, text, text[1:])]


def one_of(characters: Iterable[str]) -> re.Pattern[str]:
    """Any of the characters: a search for it is thrice as fast as a set's look at each."""
    listed = "".join(sorted({*characters}))
    return re.compile(f"[{re.escape(listed)}]" if listed else "(?!)")


class Phrases(Generic[T]):
    """phrase -> value, found by the first two characters; some 2 us for a message."""

    def __init__(self, entries: Mapping[str, T]) -> None:
        self._entries = dict(entries)
        lengths: dict[str, set[int]] = {}
        for phrase in entries:
            lengths.setdefault(phrase[:2], set()).add(len(phrase))
        self._lengths = {
            start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()
        }
        self._single = {phrase for phrase in entries if len(phrase) == 1}
        self._any_single = one_of(self._single)

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, text: str) -> list[tuple[int, int, T]]:
        """(start, end, value) of what occurs in `text`; none overlaps another.

        What begins or ends with a Latin letter or a digit is a whole word: no `ok` in `book`.
        """
        entries, found = self._entries, []
        free = 0
        for at in self._places(text):
            if at < free:
                continue
            for length in self._lengths.get(text[at : at + 2], ()):
                piece = text[at : at + length]
                if piece in entries and _whole(text, at, at + length):
                    break
            else:
                piece = text[at]
                if piece not in self._single or not _whole(text, at, at + 1):
                    continue
            free = at + len(piece)
            found.append((at, free, entries[piece]))
        return found

    def _places(self, text: str) -> list[int]:
        """Where a phrase may begin, from left to right."""
        lengths, pairs = self._lengths, beside(text)
        places: list[int] = []
        if not lengths.keys().isdisjoint(pairs):
            places = [at for at, pair in enumerate(pairs) if pair in lengths]
        if not self._single or not self._any_single.search(text):
            return places
        return sorted({*places, *(one.start() for one in self._any_single.finditer(text))})


def _whole(text: str, start: int, end: int) -> bool:
    """No Latin word or number is cut by the two ends."""
    if start and _latin(text[start]) and _latin(text[start - 1]):
        return False
    return not (end < len(text) and _latin(text[end - 1]) and _latin(text[end]))


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
