"""Frequent questions: which of those that are written down asks the same as a message. Pure.

faq     {slug: soup.refill, questions: [锅底可以免费加汤吗, 续汤要钱吗], answers: [{text: …}],
         give: random}

A text is a bag of its characters and pairs of them, its words, and the concepts of the
thesaurus that its words stand for; politeness is left out. Each weighs the more, the fewer entries
have it. An entry is the middle of its phrasings, so that what they share counts and what one of
them happens to say does not; `score` is the cosine with that. What the message says and nobody
wrote down counts against it.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.nlp.cut import cut
from bot.nlp.normalise import bare, core, normalise
from bot.nlp.phrases import Phrases
from bot.talk.intents import GIVE, MOST_ANSWERS, ReadAnswer
from bot.talk.reading import Fields, refusal

MOST_QUESTIONS = 50
LONGEST = 200  # characters of a message that are looked at: a question has no more

# Measured on tests/data/faq_pairs.jsonl; see docs/reference/talk-documents.md.
SAME = 0.3
GAP = 0.03
NEARER = 0.45  # so near that it goes before an intent that the model is fairly sure of
THE_SAME = 0.85  # and before any
CERTAIN = 0.8  # an intent from which on only the same question goes before it
_PIECES = (0.5, 0.5)
_WORD, _CONCEPT, _COMMON = 1.0, 0.7, 0.3
_FLOOR = 0.6  # of what every entry has
_UNKNOWN_WORD, _UNKNOWN_PIECE = 0.8, 0.2  # what nobody wrote down, against the rarest known
_COMMON_WORDS = "吗 呢 吧 啊 呀 么 不 的 了 我 你 们 你们 我们 能 可以 能不能 可不可以 会 是 有 要"
_STOP = frozenset(f"{_COMMON_WORDS} 请问 想 怎么 什么 是不是 有没有 一下".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One question in its phrasings, and what is answered. `give`: one at random, all, or first."""

    slug: str
    questions: tuple[str, ...]
    answers: tuple[Any, ...] = ()
    give: str = "random"


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry, its phrasing nearest to the message, and how near, 0 to 1; 1: the very words."""

    slug: str
    question: str
    score: float


def read_faq(document: Any, read_answer: ReadAnswer) -> Entry:
    """Raises InvalidInput that names the first bad field."""
    fields = Fields(document, "faq")
    entry = Entry(
        slug=fields.slug(),
        questions=fields.texts("questions", MOST_QUESTIONS, longest=LONGEST, least=1),
        answers=fields.each("answers", read_answer, MOST_ANSWERS, least=1),
        give=fields.one_of("give", GIVE, "random"),
    )
    fields.done()
    for at, question in enumerate(entry.questions):
        if not any(map(str.isalnum, normalise(question))):
            raise refusal(f"questions[{at}]", "holds no letter and no digit")
    return entry


def write_faq(entry: Entry, write_answer: Callable[[Any], Mapping[str, Any]]) -> dict[str, Any]:
    """The document that `read_faq` turns into the same."""
    return {
        "slug": entry.slug,
        "questions": list(entry.questions),
        "answers": [write_answer(one) for one in entry.answers],
        "give": entry.give,
    }


class Faq:
    """An index of entries; a thousand phrasings cost some 100 us a message and 2 MB.

    Each feature has the entries that hold it and what it adds to their scores: what a text asks is
    the sum of a few short rows.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries = {entry.slug: entry for entry in entries}
        self._slugs = sorted(self._entries)
        listed = [self._entries[slug] for slug in self._slugs]
        bags = [[_bag(question) for question in entry.questions] for entry in listed]
        having = Counter(name for each in bags for name in set().union(*each))
        kinds = {name: much for each in bags for bag in each for name, much in bag.items()}
        weight = {
            name: kinds[name] * (math.log((1 + len(bags)) / (1 + times)) + _FLOOR)
            for name, times in having.items()
        }
        self._square = {name: much**2 for name, much in weight.items()}
        self._rarest = math.log((1 + len(bags)) / 2) + _FLOOR if bags else 0.0
        self._rows = _inverted([_middle(each, weight) for each in bags], weight)
        self._said = [[(set(one), one) for one in entry.questions] for entry in listed]
        self._exact = {
            bare(normalise(question)): Hit(entry.slug, question, 1.0)
            for entry in reversed(listed)
            for question in entry.questions
        }

    def __len__(self) -> int:
        return len(self._slugs)

    def __getitem__(self, slug: str) -> Entry:
        return self._entries[slug]

    def find(self, plain: str, words: Sequence[str] | None = None, k: int = 3) -> list[Hit]:
        """The `k` nearest entries, the nearest first; [] where nothing is shared.

        plain   the normalised text (bot.nlp.normalise)
        words   its words where somebody cut it already
        """
        if not plain or not self._slugs:
            return []
        plain = plain[:LONGEST]
        exact = self._exact.get(bare(plain))
        scores = self._scores(plain, words)
        order = np.argsort(-scores)[: k + 1 if exact else k].tolist()
        said = set(plain)
        hits = [self._hit(at, said, float(scores[at])) for at in order if scores[at] > 0]
        if exact:
            hits = [exact, *(hit for hit in hits if hit.slug != exact.slug)][:k]
        return hits

    def _scores(self, plain: str, words: Sequence[str] | None) -> NDArray[np.float64]:
        """The cosine of each entry's middle with the text."""
        square, known, length = self._square, list[str](), 0.0
        for much, strange, names in _features(plain, words):
            found = [name for name in names if name in square]
            known += found
            if unknown := len(names) - len(found):
                length += unknown * (much * strange * self._rarest) ** 2
        if not known:
            return np.zeros(len(self._slugs))
        length += sum([square[name] for name in known])
        rows = [self._rows[name] for name in known]
        at = np.concatenate([row[0] for row in rows])
        adds = np.concatenate([row[1] for row in rows])
        return np.bincount(at, adds, len(self._slugs)) / math.sqrt(length)

    def _hit(self, at: int, said: set[str], score: float) -> Hit:
        _, near = max(self._said[at], key=lambda one: len(one[0] & said))
        return Hit(self._slugs[at], near, min(round(score, 4), 0.9999))


def same(hits: Sequence[Hit]) -> Hit | None:
    """The entry that asks the same, if one does and no other as well."""
    if not hits or hits[0].score < SAME:
        return None
    if len(hits) > 1 and hits[0].score < 1 and hits[0].score - hits[1].score < GAP:
        return None
    return hits[0]


def nearer(hits: Sequence[Hit], confidence: float) -> Hit | None:
    """The entry that asks so much the same that it goes before an intent of this confidence.

    Intents are sure of their own kind of words (现金, 用 -> a coupon's); a written question knows
    what was meant by all of them together.
    """
    hit = same(hits)
    bar = THE_SAME if confidence >= CERTAIN else NEARER
    return hit if hit is not None and hit.score >= bar else None


def _middle(bags: Iterable[Mapping[str, float]], weight: Mapping[str, float]) -> dict[str, float]:
    """The sum of the phrasings, each brought to length 1, brought to length 1."""
    summed: dict[str, float] = {}
    for bag in bags:
        length = math.sqrt(sum(weight[name] ** 2 for name in bag))
        for name in bag:
            summed[name] = summed.get(name, 0.0) + weight[name] / length
    length = math.sqrt(sum(value * value for value in summed.values()))
    return {name: value / length for name, value in summed.items()}


def _inverted(
    middles: Iterable[Mapping[str, float]], weight: Mapping[str, float]
) -> dict[str, tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """feature -> the entries that have it, and what each gets from a text that has it."""
    rows: dict[str, tuple[list[int], list[float]]] = {name: ([], []) for name in weight}
    for at, middle in enumerate(middles):
        for name, value in middle.items():
            rows[name][0].append(at)
            rows[name][1].append(value * weight[name])
    return {name: (np.array(at, np.intp), np.array(adds)) for name, (at, adds) in rows.items()}


def _bag(question: str) -> dict[str, float]:
    """feature -> how much its kind counts."""
    kinds = _features(normalise(question)[:LONGEST], None)
    return {name: much for much, _, names in kinds for name in names}


def _features(
    plain: str, words: Sequence[str] | None
) -> list[tuple[float, float, Collection[str]]]:
    """(how much the kind counts, how much of that when unknown, features): pieces of each size,
    `w word`, common words, `k concept`."""
    said = core(bare(plain))
    told = {word for word in (cut(plain) if words is None else words) if word.isalnum()}
    found: list[tuple[float, float, Collection[str]]] = [
        (much, _UNKNOWN_PIECE, {said[at : at + size] for at in range(len(said) - size + 1)})
        for size, much in enumerate(_PIECES, start=1)
    ]
    found.append((_WORD, _UNKNOWN_WORD, ["w " + word for word in told - _STOP]))
    found.append((_WORD * _COMMON, _UNKNOWN_WORD, ["w " + word for word in told & _STOP]))
    concepts = {"k " + concept for _, _, concept in _concepts().find(plain)}
    found.append((_CONCEPT, _UNKNOWN_WORD, concepts))
    return found


@cache
def _concepts() -> Phrases[str]:
    """The thesaurus: word -> concept. The gazetteers of the world (world_*) are for topics."""
    entries: dict[str, str] = {}
    folder = files("bot.nlp") / "thesaurus"
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".json") and not file.name.startswith("world_"):
            held = json.loads(file.read_text(encoding="utf-8"))["concepts"]
            for concept, words in held.items():
                for word in map(normalise, words):
                    if len(word) > 1:
                        entries.setdefault(word, concept)
    return Phrases(entries)
