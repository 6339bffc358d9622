"""Words that are praise of one thing and blame of another: 大 of a room, and of noise.

A table (polarity/aspects.json) says of which things much is good and of which it is bad, and what
may stand between the thing and the word; 不 turns it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_GOOD, _BAD = 0.6, -0.5
_NOT_BAD = 0.4  # 噪音不大
_MOST = 5  # words between thing and word


@dataclass(frozen=True, slots=True)
class Aspect:
    """What may be said of a kind of thing, right after its name."""

    said: re.Pattern[str]  # a group `good`, a group `bad`
    between: re.Pattern[str]  # a group `turns` for 不 and its like
    alone: float = 0.0  # what the name says by itself: 噪音

    def find(self, text: str, at: int) -> tuple[int, float] | None:
        """Where what is said of the thing that ends at `at` ends, and how good it is."""
        turned = False
        for _ in range(_MOST + 1):
            if found := self.said.match(text, at):
                if found.lastgroup == "good":
                    return found.end(), _BAD if turned else _GOOD
                return found.end(), _NOT_BAD if turned else _BAD
            step = self.between.match(text, at)
            if not step:
                return None
            turned ^= step.lastgroup == "turns"
            at = step.end()
        return None


def aspects(table: Mapping[str, Any], words: Mapping[str, float]) -> dict[str, Aspect]:
    """Name of a thing -> what may be said of it; `words` are strengths of names alone."""
    between = re.compile(f"(?P<turns>{_any(table['turns'])})|{_any(table['between'])}")
    found: dict[str, Aspect] = {}
    for side in table["sides"]:
        good, bad = (_any(side[name], table["not_before"]) for name in ("good", "bad"))
        said = re.compile(f"(?P<good>{good})|(?P<bad>{bad})")
        found |= {name: Aspect(said, between, words.get(name, 0.0)) for name in side["things"]}
    return found


def _any(words: Iterable[str], not_before: Mapping[str, str] | None = None) -> str:
    """A pattern for any of the words, the longest first; 大, but not in 大堂."""
    listed = sorted(words, key=lambda word: (-len(word), word))
    after = {word: f"(?![{marks}])" for word, marks in (not_before or {}).items()}
    return "|".join(word + after.get(word, "") for word in listed) or "(?!)"
