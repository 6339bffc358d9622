"""Looking up many fixed phrases in one text: the longest at each place, from left to right."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from operator import add
from typing import Generic, TypeVar

T = TypeVar("T")
_BEYOND = "\U00010000-\U0010ffff"
_SHORT = 400  # characters of a text whose pairs are kept for the next who looks


def beside(text: str) -> Sequence[str]:
    """Every two characters that stand beside each other. Many look a message up by them in turn,
    so those of the last few messages are kept."""
    return _kept(text) if len(text) <= _SHORT else [*map(add, text, text[1:])]


@lru_cache(maxsize=16)
def _kept(text: str) -> Sequence[str]:
    return [*map(add, text, text[1:])]


def one_of(characters: Collection[str]) -> re.Pattern[str]:
    """Any of the characters, a gate: a search is thrice as fast as a set's look at each.

    One emoji beyond the first 65,536 characters lets all of them in: a search for a class with
    some of these is six times slower.
    """
    listed = "".join(sorted(one for one in {*characters} if one < _BEYOND[0]))
    some = re.escape(listed) + (_BEYOND if any(one >= _BEYOND[0] for one in characters) else "")
    return re.compile(f"[{some}]" if some else "(?!)")


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
        pairs = beside(text)
        if self._single and self._any_single.search(text):
            said = self._with_single(text, pairs)
        elif self._lengths.keys().isdisjoint(pairs):
            return []
        else:
            said = self._of_pairs(text, pairs)
        entries, found, free = self._entries, [], 0
        for at, phrase in said:
            if at < free:
                continue
            end = at + len(phrase)
            if phrase[0] >= "\x80" <= phrase[-1] or _whole(text, at, end):
                found.append((at, end, entries[phrase]))
                free = end
        return found

    def _of_pairs(self, text: str, pairs: Sequence[str]) -> list[tuple[int, str]]:
        """The phrases of two characters and more with their start, of one start the longest
        first."""
        entries = self._entries
        return [
            (at, phrase)
            for at, lengths in enumerate(map(self._lengths.get, pairs))
            if lengths
            for length in lengths
            if (phrase := text[at : at + length]) in entries and len(phrase) == length
        ]

    def _with_single(self, text: str, pairs: Sequence[str]) -> list[tuple[int, str]]:
        said = self._of_pairs(text, pairs)
        said += [(at, one) for at, one in enumerate(text) if one in self._single]
        said.sort(key=lambda found: (found[0], -len(found[1])))
        return said


def _whole(text: str, start: int, end: int) -> bool:
    """No Latin word or number is cut by the two ends."""
    if start and text[start] < "\x80" and _latin(text[start]) and _latin(text[start - 1]):
        return False
    if text[end - 1] >= "\x80" or end == len(text):
        return True
    return not (_latin(text[end - 1]) and _latin(text[end]))


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
