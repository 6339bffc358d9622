"""How pleased and how angry a text sounds, by a lexicon of some 12,800 entries; nothing is learnt.

    polarity/*.json       words, phrases, emoji and WeChat's codes by strength, -1 to 1
    polarity/aspects.json what is good of one thing and bad of another: 声音大, 房间大 (aspects.py)
    polarity/forms.json   negations, degrees, turns (但是), what makes a clause unreal (吗, 如果),
                          and words of anger

A negation before a word turns it (不好 stands in the lexicon itself; 没那么差 becomes mildly
good), a degree makes it stronger or weaker, and what follows 但是 outweighs what stood before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from bot.nlp.aspects import Aspect, aspects
from bot.nlp.phrases import Phrases

_FOLDER = Path(__file__).parent / "polarity"
_CLAUSES = re.compile(r"[,。.!?;:~…、\n ]+")
_SHOUTED = re.compile(r"[!?]{2,}")
_LOOK_BACK = 7  # characters before a word in which a negation or a degree bears on it
_NO_QUESTION = frozenset("什那这怎多")  # before 么
_TURNED_GOOD, _TURNED_BAD = -0.8, -0.45  # 不 + good is bad; 没 + bad is only half good
_STRONGER, _WEAKER = 1.35, 0.7
_AFTER_TURN, _GRANTED, _UNREAL = 1.6, 0.5, 0.3
_KEPT, _SHORT = 16, 400  # the last messages, and how long: the learner asks what mood asked
_ENOUGH = 0.8  # a sum of this size is half of certainty


@dataclass(frozen=True, slots=True)
class Mood:
    """sentiment: -1 bad, 1 good; anger: 0 calm, 1 furious."""

    sentiment: float
    anger: float


@dataclass(frozen=True, slots=True)
class Signs:
    """The strengths of the words found, clause by clause, after negation, degree and turn."""

    clauses: tuple[tuple[float, ...], ...]

    @property
    def total(self) -> float:
        """-1 to 1, 0 for nothing said."""
        return _squeezed(sum(map(sum, self.clauses))) if self.clauses else 0.0


def polarity(normalised: str) -> float:
    """How good a text says something is, -1 to 1. Some 5 us. Pure."""
    return signs(normalised).total


def mood(text: str, normalised: str) -> Mood:
    """Sentiment and anger; `text` as it was typed, for codes that normalising takes away. Pure."""
    total = signs(normalised, text).total
    return Mood(total, _anger(normalised, total, _codes_in(text)))


def signs(normalised: str, text: str = "") -> Signs:
    """What a learner sees of polarity. `text`, the unnormalised, adds WeChat's codes."""
    codes = _codes_in(text)
    return (_kept if len(normalised) + len(codes) <= _SHORT else _signs)(normalised, codes)


def _codes_in(text: str) -> str:
    """The text where it may hold WeChat's codes, else ""."""
    return text if "[" in text or "/:" in text else ""


def _signs(normalised: str, codes: str) -> Signs:
    table = _tables()
    spans = _spans(normalised, table)
    if not (spans or codes):
        return _CALM
    found = [_clause(*said, table) for said in _clauses(normalised, spans)]
    if codes:
        found.append(tuple(value for _, _, value in table.codes.find(codes)))
    return Signs(tuple(filter(None, found)))


_CALM = Signs(())
_kept = lru_cache(_KEPT)(_signs)


_Spans = list[tuple[int, int, float]]


def _spans(text: str, table: _Tables) -> _Spans:
    """What is praised and blamed in a text."""
    found: _Spans = []
    free = 0
    for start, end, value in table.words.find(text):
        if start < free:
            continue
        if isinstance(value, Aspect):
            end, value = value.find(text, end) or (end, value.alone)
            free = end
        if value < 0 and found and found[-1][1] == start == found[-1][0] + 1:
            found.pop()  # 好慢, 爱坏: only a degree
        if value:  # an entry of strength 0 hides shorter ones: 美国 is not 美
            found.append((start, end, value))
    return found


def _clauses(text: str, spans: _Spans) -> Iterator[tuple[str, _Spans]]:
    """Each clause that holds a word, with its words and where they stand in it."""
    begin, rest = 0, iter(spans)
    span = next(rest, None)
    for mark in [*_CLAUSES.finditer(text), None]:
        end = mark.start() if mark else len(text)
        held: _Spans = []
        while span is not None and span[0] < end:
            held.append((span[0] - begin, span[1] - begin, span[2]))
            span = next(rest, None)
        if held:
            yield text[begin:end], held
        begin = mark.end() if mark else end


def _clause(clause: str, spans: _Spans, table: _Tables) -> tuple[float, ...]:
    """The strengths of the words in a clause, each as its neighbours bear on it."""
    turn = table.turn.search(clause)
    later = turn.start() if turn else len(clause)
    before = _GRANTED if table.grant.match(clause) else 1.0
    scale = _UNREAL if _asked(clause) or table.unreal.search(clause) else 1.0
    free = 0
    found = []
    for start, end, strength in spans:
        value = strength * scale * (_AFTER_TURN if start >= later else before)
        near = clause[max(free, start - _LOOK_BACK) : start]
        found.append(_borne_on(value, near, table) if near else value)
        free = end
    return tuple(found)


def _asked(clause: str) -> bool:
    """好吃吗 asks; 什么, 那么 and 多么 do not."""
    return clause[-1] in "吗么" and clause[-2:-1] not in _NO_QUESTION


def _borne_on(value: float, near: str, table: _Tables) -> float:
    """`value` as the words right before it turn or weigh it."""
    if near[-1] in table.weighs:
        if table.stronger.search(near):
            value *= _STRONGER
        elif table.weaker.search(near):
            value *= _WEAKER
    if not table.negates.isdisjoint(near) and table.negation.search(near):
        value *= _TURNED_GOOD if value > 0 else _TURNED_BAD
    return value


def _squeezed(total: float) -> float:
    return total / (abs(total) + _ENOUGH)


def _anger(normalised: str, sentiment: float, codes: str) -> float:
    """Words and faces of anger each leave less calm; shouting does too, where the mood is not
    good."""
    calm = 1.0
    for _, _, strength in _tables().anger.find(normalised):
        calm *= 1 - strength
    if codes:
        for _, _, strength in _tables().angry_codes.find(codes):
            calm *= 1 - strength
    if sentiment <= 0 and (calm < 1 or sentiment < 0):
        calm *= 0.8 ** min(3, len(_SHOUTED.findall(normalised)))
    return 1 - calm


@dataclass(frozen=True)
class _Tables:
    words: Phrases[float | Aspect]
    codes: Phrases[float]
    anger: Phrases[float]
    angry_codes: Phrases[float]
    negates: frozenset[str]  # a negation begins with one of them
    weighs: frozenset[str]  # and a degree ends with one of these
    negation: re.Pattern[str]
    stronger: re.Pattern[str]
    weaker: re.Pattern[str]
    turn: re.Pattern[str]
    grant: re.Pattern[str]
    unreal: re.Pattern[str]


@cache
def _tables() -> _Tables:
    forms = json.loads((_FOLDER / "forms.json").read_text(encoding="utf-8"))
    words = read(_FOLDER)
    anger = {word: float(by) for by, listed in forms["anger"].items() for word in listed}
    between = f"(?:{_any(forms['between'])})*$"
    listed: dict[str, float | Aspect] = {
        word: value for word, value in words.items() if not _code_or_more(word)
    }
    listed |= aspects(json.loads((_FOLDER / "aspects.json").read_text(encoding="utf-8")), words)
    return _Tables(
        Phrases(listed),
        Phrases({word: value for word, value in words.items() if _code(word)}),
        Phrases({word: by for word, by in anger.items() if not _code(word)}),
        Phrases({word: by for word, by in anger.items() if _code(word)}),
        frozenset(word[0] for word in forms["negations"]),
        frozenset({*"的地得"}.union(w[-1] for w in (*forms["stronger"], *forms["weaker"]))),
        re.compile(f"(?:{_any(forms['negations'])}){between}"),
        re.compile(f"(?:{_any(forms['stronger'])})[的地得]?$"),
        re.compile(f"(?:{_any(forms['weaker'])})[的地得]?$"),
        re.compile(_any(forms["turns"])),
        re.compile(_any(forms["grants"])),
        re.compile(_any(forms["unreal"])),
    )


def read(folder: Path) -> dict[str, float]:
    """Entry -> strength of all files. Raises ValueError for a word that stands twice."""
    entries: dict[str, float] = {}
    for path in sorted(folder.glob("*.json")):
        for strength, words in (
            json.loads(path.read_text(encoding="utf-8")).get("words", {}).items()
        ):
            for word in words:
                if word in entries:
                    raise ValueError(f"{path.name}: {word} stands twice")
                entries[word] = float(strength)
    return entries


def _code_or_more(word: str) -> bool:
    """Nothing that a clause can hold."""
    return _code(word) or _CLAUSES.search(word) is not None


def _code(word: str) -> bool:
    return word.startswith(("[", "/:"))


def _any(words: Iterable[str]) -> str:
    """A pattern for any of them, the longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
