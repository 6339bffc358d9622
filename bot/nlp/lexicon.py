"""Which topics a text is about, by a lexicon of some 1,900 words in 22 topics.

One JSON file a topic stands in lexicon/:

    words    a direct mention, weight 1.0
    weak     a hint, weight 0.5; also every single character
    other    phrases that contain such a word and mean something else; they hide it
    broader  topics that every direct mention touches too, with their weight

What is asked for only as lying near something else (周边有什么酒店) counts as a hint, too: on the
training part of CrossWOZ three in four such questions are not about that topic.

The longest entry wins and hides what lies inside it, so 酒店餐厅 is about hotels alone. A match
that cuts through words is a coincidence and does not count: 现金 is not meant by 发现|金融.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cache
from itertools import accumulate
from pathlib import Path

from bot.nlp.cut import cut
from bot.nlp.phrases import beside, one_of

DIRECT, WEAK = 1.0, 0.5
_BESIDE = re.compile(
    r"(?:周边|附近|周围|旁边|边上|就近)(?:的|[^,。?!;]{0,6}(?:有|啥|什么|哪些)[^,。?!;]{0,8})?$"
)
_BESIDE_BEGINS = re.compile("[周附旁边就]")
_LOOK_BACK = 20  # characters that _BESIDE can span
_FOLDER = Path(__file__).parent / "lexicon"

Weights = dict[str, float]


class Lexicon:
    """Compiled: entry -> topics with weights, and the lengths of entries by their beginning."""

    def __init__(self, entries: Mapping[str, Weights]) -> None:
        self._entries = {word: tuple(weights.items()) for word, weights in entries.items()}
        lengths: dict[str, set[int]] = {}
        for word in entries:
            lengths.setdefault(word[:2], set()).add(len(word))
        self._lengths = {
            start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()
        }
        self._single = {word for word in entries if len(word) == 1}
        self._any_single = one_of(self._single)

    def topics(
        self,
        normalised: str,
        edges: Set[int] | None = None,
        names: Sequence[tuple[int, int]] = (),
    ) -> Weights:
        """topic -> weight in 0..1, the strongest mention of each. Pure.

        edges   where words begin and end, if the text was cut already
        names   spans of an account's own words (bot.nlp.dictionary): of what lies inside one
                only its end counts, which is what it is: 千层毛肚 is 毛肚 and no 千层
        """
        spans = self._spans(normalised)
        if not spans:
            return {}
        found: Weights = {}
        if edges is None:
            edges = edges_of(cut(normalised))
        asks_near = _BESIDE_BEGINS.search(normalised) is not None
        free = 0
        for start, end in spans:
            if start < free or not _whole(normalised, start, end, edges):
                continue
            if names and _inside(start, end, names):
                continue
            free = end
            ceiling = WEAK if asks_near and _beside(normalised, start, end) else DIRECT
            for topic, weight in self._entries[normalised[start:end]]:
                found[topic] = max(found.get(topic, 0.0), min(weight, ceiling))
        return found

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Every entry in the text, by start; of one start the longest first."""
        entries, lengths = self._entries, self._lengths
        spans = [
            (start, start + length)
            for start, pair in enumerate(beside(text))
            if pair in lengths
            for length in lengths[pair]
            if text[start : start + length] in entries
        ]
        if self._any_single.search(text):
            spans += [(at, at + 1) for at, char in enumerate(text) if char in self._single]
            spans.sort(key=lambda span: (span[0], -span[1]))
        return spans


def _inside(start: int, end: int, names: Sequence[tuple[int, int]]) -> bool:
    """A part of a name that is not its end."""
    at = bisect_right(names, (start, len(names) and names[-1][1])) - 1
    return at >= 0 and names[at][0] <= start and end < names[at][1]


def edges_of(words: Iterable[str]) -> set[int]:
    """Where the words of a cut text begin and end."""
    return set(accumulate(map(len, words), initial=0))


def _whole(text: str, start: int, end: int, edges: Set[int]) -> bool:
    """The span is one or several whole words, or a proper part of one Chinese word."""
    if start in edges and end in edges:
        return True
    if end - start == 1 or text[start].isascii():
        return False
    return edges.isdisjoint(range(start + 1, end))


def _beside(text: str, start: int, end: int) -> bool:
    """Asked for as a neighbour of something. 附近的酒店里哪家 chooses among them: a wish."""
    near = _BESIDE.search(text[max(0, start - _LOOK_BACK) : start])
    return near is not None and text[end : end + 1] not in ("里", "中")


@cache
def shipped() -> Mapping[str, Weights]:
    """The entries of the files, read once a process."""
    return read(_FOLDER)


@cache
def default() -> Lexicon:
    """The lexicon of the files, compiled once a process."""
    return Lexicon(shipped())


def read(folder: Path) -> dict[str, Weights]:
    """Entry -> weights from the files of a folder. Raises ValueError for a word in two lists."""
    entries: dict[str, Weights] = {}
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        topic, broader = document["topic"], document.get("broader", {})
        for word in document["words"]:
            _add(entries, word, topic, WEAK if len(word) == 1 else DIRECT)
            for wider, weight in broader.items():
                entries[word].setdefault(wider, weight)
        for word in document["weak"]:
            if topic in entries.get(word, {}):
                raise ValueError(f"{path.name}: {word} stands twice")
            _add(entries, word, topic, WEAK)
        for word in document["other"]:
            entries.setdefault(word, {})
    return entries


def _add(entries: dict[str, Weights], word: str, topic: str, weight: float) -> None:
    entries.setdefault(word, {})[topic] = weight


@cache
def topic_names() -> tuple[str, ...]:
    """The topics that the lexicon knows, in the order of its files."""
    return tuple(
        json.loads(path.read_text(encoding="utf-8"))["topic"]
        for path in sorted(_FOLDER.glob("*.json"))
    )
