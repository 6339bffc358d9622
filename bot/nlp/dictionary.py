"""An account's own words: products, brands, topics and what else marketers named; and the cities.

They are found as the lexicon finds topics: the longest wins, and a match that cuts through another
word is a coincidence. Marketers' words are not in the segmenter's dictionary, so they may be cut
anywhere (在絮|棠集|买): a match counts where no word of the dictionary reaches over its ends.
Found, it is one word to the topic lexicon, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from bot.nlp import lexicon
from bot.nlp.cut import known
from bot.nlp.lexicon import DIRECT, Lexicon, Weights, edges_of
from bot.nlp.normalise import normalise
from bot.nlp.phrases import beside, one_of
from bot.nlp.typos import Spelling
from bot.values.entities import Entity

_FILE = Path(__file__).parent / "entities" / "cities.json"
_REACH = 3  # the longest word that is looked for across an end
KEPT_WHOLE = "word"  # the kind that only keeps a word in one piece


class Names(Protocol):
    """Things of one kind, each with its names, the canonical one first (bot.talk.intents.Named)."""

    @property
    def slug(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def topic(self) -> str: ...
    @property
    def values(self) -> Sequence[Sequence[str]]: ...


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name stands for."""

    kind: str
    value: Any
    slug: str = ""


class Dictionary:
    """Compiled once a change, for all messages of an account. Immutable.

    names      what the account's entity documents say
    keywords   more words that a typo may be meant as: the keywords of rules
    """

    def __init__(self, names: Iterable[Names] = (), keywords: Iterable[str] = ()) -> None:
        own = list(names)
        self._meanings: dict[str, tuple[Meaning, ...]] = dict(_cities())
        topics: dict[str, Weights] = {}
        for name, meaning, topic in _named(own):
            if meaning not in self._meanings.get(name, ()):
                self._meanings[name] = (*self._meanings.get(name, ()), meaning)
            if topic:
                topics[name] = {**topics.get(name, {}), topic: DIRECT}
        lengths: dict[str, set[int]] = {}
        for name in self._meanings:
            lengths.setdefault(name[:2], set()).add(len(name))
        self._lengths = {
            start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()
        }
        self._single = {name for name in self._meanings if len(name) == 1}
        self._any_single = one_of(self._single)
        self.lexicon = _lexicon(topics)
        said = {name for name, _, _ in _named(own)}
        self.spelling = Spelling([*said, *map(normalise, keywords)])

    def find(self, plain: str, edges: set[int]) -> list[tuple[int, int, tuple[Meaning, ...]]]:
        """(start, end, meanings) of the names in a normalised text; none overlaps another.

        edges   where words begin and end; the ends of what is found become such, its inside not
        """
        spans = self._spans(plain)
        if not spans:
            return []
        found = []
        free = 0
        for start, end in spans:
            if start < free or not _whole(plain, start, end, edges):
                continue
            free = end
            found.append((start, end, self._meanings[plain[start:end]]))
        for start, end, _ in found:
            edges.difference_update(range(start + 1, end))
            edges.update((start, end))
        return found

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """By start, of one start the longest first."""
        lengths, pairs = self._lengths, beside(text)
        alone = self._single and self._any_single.search(text)
        if not alone and lengths.keys().isdisjoint(pairs):
            return []
        spans = [
            (start, start + length)
            for start, pair in enumerate(pairs)
            if pair in lengths
            for length in lengths[pair]
            if text[start : start + length] in self._meanings
        ]
        if alone:
            spans += [(at, at + 1) for at, char in enumerate(text) if char in self._single]
            spans.sort(key=lambda span: (span[0], -span[1]))
        return spans

    def topics(self, plain: str, words: Iterable[str]) -> Weights:
        """The topics of a normalised text that was cut into `words`."""
        edges = edges_of(words)
        spans = [(start, end) for start, end, _ in self.find(plain, edges)]
        return self.lexicon.topics(plain, edges, spans)


def entities_of(
    plain: str, found: Iterable[tuple[int, int, tuple[Meaning, ...]]]
) -> Iterator[Entity]:
    """What `Dictionary.find` found, as values; words that are only kept whole name nothing."""
    for start, end, meanings in found:
        for one in meanings:
            if one.kind != KEPT_WHOLE:
                yield Entity(one.kind, plain[start:end], start, end, one.value, one.slug)


def _whole(text: str, start: int, end: int, edges: set[int]) -> bool:
    """Its ends are ends of words, or no word reaches over them. One character: a word alone."""
    left, right = start in edges, end in edges
    if left and right:
        return True
    if end - start == 1 or _latin(text, start, end):
        return False
    return (left or not _reached_over(text, start, start, end)) and (
        right or not _reached_over(text, end, start, end)
    )


def _latin(text: str, start: int, end: int) -> bool:
    """An end of it cuts letters or digits apart."""
    for at in (start, end):
        pair = text[max(0, at - 1) : at + 1]
        if 0 < at < len(text) and pair.isascii() and pair.isalnum():
            return True
    return False


def _reached_over(text: str, at: int, start: int, end: int) -> bool:
    """The dictionary has a word across `at` that is not around the whole match."""
    for size in range(2, _REACH + 1):
        for first in range(max(0, at - size + 1), min(at, len(text) - size + 1)):
            around = first <= start and first + size >= end
            if not around and known(text[first : first + size]):
                return True
    return False


def _named(own: Iterable[Names]) -> Iterator[tuple[str, Meaning, str]]:
    for each in own:
        for names in each.values:
            for name in names:
                plain = normalise(name)
                if plain:
                    yield plain, Meaning(each.kind, names[0], each.slug), each.topic


def _lexicon(topics: Mapping[str, Weights]) -> Lexicon:
    """The shipped one, with the account's topics where it has some."""
    if not topics:
        return lexicon.default()
    entries = dict(lexicon.shipped())
    for name, found in topics.items():
        entries[name] = {**entries.get(name, {}), **found}
    return Lexicon(entries)


@cache
def _cities() -> dict[str, tuple[Meaning, ...]]:
    """Every name of a city or district. 东方 and 来宾 are cities only as 东方市 and 来宾市."""
    read = json.loads(_FILE.read_text(encoding="utf-8"))
    marked = {*read["only_with_mark"].split()}
    found: dict[str, tuple[Meaning, ...]] = {}
    for listed in read["cities"].values():
        for city in listed.split():
            others = read["others"].get(city, "").split()
            names = [f"{city}市", *others] if city in marked else [city, f"{city}市", *others]
            found.update(dict.fromkeys(names, (Meaning("city", city),)))
    for city, listed in read["districts"].items():
        for district in listed.split():
            value = {"city": city, "district": district}
            found.setdefault(district, (Meaning("district", value),))
            found.setdefault(f"{city}{district}", (Meaning("district", value),))
            if not district.endswith(
                ("区", "场", "路", "口", "碑", "桥", "嘴", "汇", "谷", "屯", "村")
            ):
                found.setdefault(f"{district}区", (Meaning("district", value),))
    return found


@cache
def shipped() -> Dictionary:
    """The cities and the domain's words alone: for an account that named nothing."""
    return Dictionary()
