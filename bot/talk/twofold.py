"""Two requests in one message: 订明晚6点4个人的位子，顺便问下有没有停车位. Pure.

A message is taken apart only where little is guessed: one of the two is a question in a clause of
its own, of which the model is certain without the rest; words answer it; and the model sees both
in the whole text, too. An elliptical question (多少钱, 怎么走) stays where it stands: it means
another thing alone. So does whatever says what is not asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.nlp.normalise import bare, normalise
from bot.talk import remarks
from bot.talk.clauses import clauses, several, without_and
from bot.talk.deciding import SMALL_TALK, Clarify
from bot.talk.intents import Intent
from bot.talk.openers import is_sure
from bot.values.audience import Understanding

CERTAIN = 0.9  # of a clause by itself
MOST = 4  # clauses: who says more just tells something
LEAST = 4  # characters of a question that stands by itself
_WORDS = ("text", "menu", "image", "voice", "video", "music", "news", "miniprogram")
_NOT_THAT = re.compile("不用|不是|不问|不要|不订|不想|知道了|就问|只问|只要|只想")

Understand = Callable[[str], Understanding]


@dataclass(frozen=True, slots=True)
class Twofold:
    """`asked`: the question that was said beside. `rest`: the other clauses, as they were typed."""

    rest: str
    asked: Understanding


def question_beside(
    text: str, understand: Understand, intents: Mapping[str, Intent], how: Clarify
) -> Twofold | None:
    """The one question that stands beside whatever else is said; None for none, or for more.

    The caller decides whether the rest is a request as well.
    """
    parts = _parts(text, understand)
    asks = [is_question(one, intents, how) for _, one in parts]
    if asks.count(True) != 1 or len(parts) < 2:
        return None
    rest = "，".join(clause for (clause, _), does in zip(parts, asks, strict=True) if not does)
    return Twofold(rest, parts[asks.index(True)][1])


def two_questions(
    said: Understanding, understand: Understand, intents: Mapping[str, Intent], how: Clarify
) -> tuple[Understanding, Understanding] | None:
    """The two questions of which the message consists, in their order."""
    seen = {said.intent, said.second[0] if said.second else ""}
    if said.refused or said.word or not several(said.text):
        return None
    found = []
    for clause, one in _parts(said.text, understand):
        if is_question(one, intents, how):
            found.append(one)
        elif len(remarks.without_small_words(bare(normalise(clause)))) > 2:
            return None
    if len(found) != 2 or {one.intent for one in found} != seen:
        return None
    return found[0], found[1]


def is_question(said: Understanding, intents: Mapping[str, Intent], how: Clarify) -> bool:
    """It asks, the model is certain what for, and words answer it."""
    intent = intents.get(said.intent)
    if said.word or intent is None or said.intent in SMALL_TALK or not intent.answers:
        return False
    plain = said.plain or normalise(said.text)
    if not is_sure(said, how) or said.confidence < CERTAIN or len(bare(plain)) < LEAST:
        return False
    return remarks.asks(plain) and all(one.kind in _WORDS for one in intent.answers)


def _parts(text: str, understand: Understand) -> Sequence[tuple[str, Understanding]]:
    """The clauses with what each means; () where the message is not taken apart."""
    if not several(text) or _NOT_THAT.search(text):
        return ()
    spans = clauses(text)
    if not 2 <= len(spans) <= MOST:
        return ()
    said = [without_and(text[start:end]) for start, end in spans]
    return [(clause, understand(clause)) for clause in said if clause]
