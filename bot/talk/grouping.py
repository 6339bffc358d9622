"""Texts that nothing answered, brought together by what they say. Pure.

Texts are compared by their characters, pairs of them and words, each weighed by how rare it
is (TF-IDF, cosine). They are taken from the most central on: a text joins the first group whose
leader it resembles by ALIKE or more, else it leads a group of its own. Single texts and tiny
groups are left out: what one person said once is no pattern.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.nlp.cut import cut
from bot.nlp.normalise import bare, normalise

ALIKE = 0.3
LEAST = 3
MOST_TEXTS = 5000
_LONGEST = 60  # characters of a text that are compared
# Among fewer texts than this a word that several share is not yet a common one.
_FEW = 1000
_TYPICAL = 10  # texts of a group that are compared with examples
_COMMON = 2000  # examples that hold a piece

# Characters that stand in any message and say nothing of what it is about.
_EMPTY = frozenset("的了吗么呢吧啊呀哦嘛哈我你您他们这那是有不在就都也还个一能可以要想请问什")

Weights = dict[str, float]


@dataclass(frozen=True, slots=True)
class Heard:
    """A message. `intent` and `confidence` as the model had it, "" and 0 without one."""

    event_id: int
    text: str
    intent: str = ""
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """Messages that say the same, the most typical first.

    keywords    words that most of the group have and few others, the best first
    intent      the one that the model leaned to most often, with its mean confidence
    coverage    share of all the messages that were grouped
    """

    heard: tuple[Heard, ...]
    keywords: tuple[str, ...]
    intent: str
    confidence: float
    coverage: float


def group(heard: Sequence[Heard], least: int = LEAST) -> list[Group]:
    """The groups of `least` or more, the greatest first. At most MOST_TEXTS are looked at."""
    taken = list(heard[-MOST_TEXTS:])
    pieces = [_pieces(one.text) for one in taken]
    weights = _weighed(pieces)
    links = _alike(weights)
    order = sorted(range(len(taken)), key=lambda at: (-len(links[at]), taken[at].event_id))
    free, found = set(order), []
    for leader in order:
        if leader not in free:
            continue
        members = [leader, *(at for at in links[leader] if at in free and at != leader)]
        free.difference_update(members)
        if len(members) >= least:
            found.append(_grouped([taken[at] for at in members], taken))
    return sorted(found, key=lambda one: (-len(one.heard), one.heard[0].event_id))


def nearest(
    groups: Sequence[Sequence[str]], examples: Iterable[tuple[str, str]]
) -> list[tuple[str, float]]:
    """For each group of texts the intent whose examples are nearest: (intent, 0..1); ("", 0.0)
    where nothing is shared. How near is the mean, over the texts, of the cosine with the nearest
    example of the intent.

    examples   (intent, text), tens of thousands of them
    """
    said = [[_pieces(text) for text in texts[:_TYPICAL]] for texts in groups]
    wanted = {piece for texts in said for one in texts for piece in one if len(piece) == 2}
    known = [(intent, _pieces(text)) for intent, text in examples if _shares(text, wanted)]
    every = [one for texts in said for one in texts]
    weights = _weighed([*every, *(pieces for _, pieces in known)])
    index = _Index([intent for intent, _ in known], weights[len(every) :])
    begin, found = 0, []
    for texts in said:
        found.append(index.nearest(weights[begin : begin + len(texts)]))
        begin += len(texts)
    return found


def _shares(text: str, pairs: Collection[str]) -> bool:
    plain = bare(normalise(text))[:_LONGEST]
    return any(plain[at : at + 2] in pairs for at in range(len(plain) - 1))


class _Index:
    """Examples by their pieces; those that very many have tell nothing apart."""

    def __init__(self, intents: Sequence[str], weights: Sequence[Weights]) -> None:
        self._intents = intents
        self._holders: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for at, vector in enumerate(weights):
            for piece, weight in vector.items():
                self._holders[piece].append((at, weight))

    def nearest(self, texts: Sequence[Weights]) -> tuple[str, float]:
        total: dict[str, float] = defaultdict(float)
        for vector in texts:
            for intent, score in self._of_text(vector).items():
                total[intent] += score
        if not total:
            return "", 0.0
        best = max(total, key=lambda intent: (total[intent], intent))
        return best, total[best] / len(texts)

    def _of_text(self, vector: Weights) -> dict[str, float]:
        """intent -> the cosine with its nearest example."""
        close: dict[int, float] = defaultdict(float)
        for piece, weight in vector.items():
            holders = self._holders.get(piece, ())
            if len(holders) <= _COMMON:
                for at, other in holders:
                    close[at] += weight * other
        found: dict[str, float] = defaultdict(float)
        for at, score in close.items():
            found[self._intents[at]] = max(found[self._intents[at]], score)
        return found


def _pieces(text: str) -> Counter[str]:
    plain = bare(normalise(text))[:_LONGEST]
    pairs = [plain[at : at + 2] for at in range(len(plain) - 1)] or [plain]
    singles = [one for one in plain if one not in _EMPTY]
    return Counter([*singles, *pairs, *(f"w {word}" for word in cut(plain) if len(word) > 1)])


def _weighed(pieces: Sequence[Mapping[str, int]]) -> list[Weights]:
    """Each text as a vector of length 1; empty for a text without pieces."""
    texts = Counter(piece for one in pieces for piece in one)
    many = max(len(pieces), _FEW)
    rare = {piece: math.log(1 + many / count) for piece, count in texts.items()}
    found = []
    for one in pieces:
        vector = {piece: rare[piece] for piece in one if piece}
        length = math.sqrt(sum(weight * weight for weight in vector.values())) or 1.0
        found.append({piece: weight / length for piece, weight in vector.items()})
    return found


def _alike(weights: Sequence[Weights]) -> list[list[int]]:
    """For each text the others that resemble it, the most alike first.

    Pieces that one text in twenty has tell little apart and would cost the most.
    """
    holders: dict[str, list[int]] = defaultdict(list)
    for at, vector in enumerate(weights):
        for piece in vector:
            holders[piece].append(at)
    common = max(len(weights) // 20, 50)
    links: list[list[int]] = []
    for at, vector in enumerate(weights):
        close: dict[int, float] = defaultdict(float)
        for piece, weight in vector.items():
            if len(holders[piece]) <= common:
                for other in holders[piece]:
                    close[other] += weight * weights[other][piece]
        near = [(-score, other) for other, score in close.items() if score >= ALIKE and other != at]
        links.append([other for _, other in sorted(near)])
    return links


def _grouped(members: list[Heard], everybody: Sequence[Heard]) -> Group:
    leaning = Counter(one.intent for one in members if one.intent)
    intent = leaning.most_common(1)[0][0] if leaning else ""
    sure = [one.confidence for one in members if one.intent == intent]
    return Group(
        heard=tuple(members),
        keywords=_keywords(members, everybody),
        intent=intent,
        confidence=sum(sure) / len(sure) if sure else 0.0,
        coverage=len(members) / len(everybody),
    )


def _keywords(members: Sequence[Heard], everybody: Sequence[Heard]) -> tuple[str, ...]:
    """Words that half of the group have, by how much more often than all others have them."""
    inside = Counter(word for one in members for word in _words(one.text))
    outside = Counter(word for one in everybody for word in _words(one.text))
    frequent = [word for word, count in inside.items() if 2 * count >= len(members)]
    rest = max(len(everybody) - len(members), 1)

    def lift(word: str) -> float:
        share = inside[word] / len(members)
        return share * math.log((1 + share) / (1 / rest + (outside[word] - inside[word]) / rest))

    return tuple(sorted(frequent, key=lambda word: (-lift(word), word))[:3])


def _words(text: str) -> set[str]:
    words = cut(bare(normalise(text))[:_LONGEST])
    return {word for word in words if len(word) > 1 and not _EMPTY.issuperset(word)}
