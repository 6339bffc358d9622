"""What one text is about, asks for and names. Pure; everything is done once.

    normalise -> cut -> command word, topics, entities, mood -> intent, where a model is given

Some fifty microseconds without a model. Docs: docs/explanation/understanding.md
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from bot.clock import SHANGHAI, utc_now
from bot.nlp import dictionary
from bot.nlp.cut import cut
from bot.nlp.dictionary import Dictionary, entities_of
from bot.nlp.dislike import liked
from bot.nlp.found import Found
from bot.nlp.learn.prepared import Prepared
from bot.nlp.lexicon import Weights, edges_of
from bot.nlp.normalise import normalise
from bot.nlp.polarity import mood
from bot.nlp.typos import LONGEST as LONGEST_TYPED
from bot.nlp.typos import corrected, opts_out
from bot.nlp.values import COUNTING, moments, money, orders, people, phones, quantities
from bot.nlp.words import command
from bot.values.audience import Understanding
from bot.values.entities import Entity

OUT_OF_SCOPE = "out_of_scope"  # the label of bot.nlp.learn.reading

if TYPE_CHECKING:  # numpy comes with a model, and not with this module
    from bot.nlp.learn.model import Model

LONGEST = 2000  # characters that are read for entities and mood; a WeChat message has no more
# Acting on people's rights: nobody does that by a typo that was put right for him.
_RIGHTS = frozenset({"opt_out", "opt_in", "erase", "erase_confirm"})


def understand(
    text: str,
    words: Dictionary | None = None,
    model: Model | None = None,
    *,
    now: datetime | None = None,
    zone: tzinfo = SHANGHAI,
    context: str | None = None,
) -> Understanding:
    """Everything that the words of `text` say. Never raises, whatever the text.

    words    the account's dictionary; None: cities and the house's own words alone
    now      aware: what 明天 is reckoned from, in the account's `zone`; None: the present
    context  the turn before, for a model that learnt from it; "" there was none, None unknown

    A command is about the house and has no topics, and what somebody dislikes is no topic of his.
    """
    words = words or dictionary.shipped()
    plain = normalise(text)
    word, right = _command(plain, words)
    tokens = cut(plain)
    edges = edges_of(tokens)
    named = _named(plain, right, words, edges)
    feeling = mood(text[:LONGEST], plain[:LONGEST])
    return Understanding(
        text,
        {} if word else _topics(plain, words, edges, [(one[0], one[1]) for one in named]),
        word,
        plain=plain,
        sentiment=feeling.sentiment,
        anger=feeling.anger,
        entities=_entities(plain, named, now or utc_now(), zone),
        corrected=right,
        **(_intent(model, _prepared(text, plain, tokens), context) if model else {}),
    )


def _command(plain: str, words: Dictionary) -> tuple[str, str]:
    """The command word that the whole text is, and the text put right ("" if it is right)."""
    word = command(plain)
    if word or opts_out(plain):
        return word or "opt_out", ""
    if len(plain) > LONGEST_TYPED:
        return "", ""
    right, slips = corrected(plain, words.spelling)
    if not slips:
        return "", ""
    word = command(right)
    return ("" if word in _RIGHTS else word), right


def _topics(
    plain: str, words: Dictionary, edges: set[int], spans: list[tuple[int, int]]
) -> Weights:
    """The whole text's by the cut that is there; a clause of a text with a dislike by its own."""

    def look(part: str) -> Weights:
        if part == plain:
            return found
        return words.topics(part, cut(part))

    found = words.lexicon.topics(plain, edges, spans)
    return liked(plain, found, look) if found else found


Named = list[tuple[int, int, tuple[dictionary.Meaning, ...]]]


def _named(plain: str, right: str, words: Dictionary, edges: set[int]) -> Named:
    """What the dictionary names, in the text put right where that keeps its places."""
    said = right if len(right) == len(plain) else plain
    if len(said) <= LONGEST:
        return words.find(said, edges)
    return words.find(said[:LONGEST], edges)


def _entities(plain: str, named: Named, now: datetime, zone: tzinfo) -> tuple[Entity, ...]:
    """By their form and by name, in the order of the text; of what overlaps the longer stays."""
    said = plain[:LONGEST]
    taken = _forms(said, now, zone)
    if named:
        taken += entities_of(said, named)
    if len(taken) < 2:
        return tuple(taken)
    taken.sort(key=lambda one: one.start - one.end)
    return tuple(sorted(_apart(taken), key=lambda one: one.start))


def _apart(ordered: Iterable[Entity]) -> Iterator[Entity]:
    """Two dictionaries may name the same words; what shares only a part of them may not stay."""
    owner: dict[int, tuple[int, int]] = {}
    for one in ordered:
        span = (one.start, one.end)
        places = range(one.start, one.end)
        free = not any(at in owner for at in places)
        if free or (one.slug and all(owner.get(at) == span for at in places)):
            owner.update(dict.fromkeys(places, span))
            yield one


def _forms(said: str, now: datetime, zone: tzinfo) -> list[Entity]:
    taken = [_entity(_kind(one.value), said, one) for one in moments(said, now, zone)]
    if not COUNTING.search(said):
        return taken
    for kind, find in _COUNTED:
        for one in find(said):
            taken.append(_entity(kind, said, one))
    return taken


# What stands first stays, where two are as long: 四位 are people, and a quantity only else.
_COUNTED: tuple[tuple[str, Callable[[str], list[Found]]], ...] = (
    ("phone", phones),
    ("order_number", orders),
    ("money", money),
    ("people", people),
    ("quantity", quantities),
)


def _entity(kind: str, said: str, one: Found) -> Entity:
    return Entity(kind, said[one.start : one.end], one.start, one.end, one.value)


def _kind(moment: dict[str, Any]) -> str:
    if moment["time"] is None:
        return "date"
    return "moment" if moment["date"] else "time"


def _intent(model: Model, prepared: Prepared, context: str | None) -> dict[str, Any]:
    """What a model says, as fields of Understanding. What is refused has the intent out_of_scope
    and as its second what it would have been."""
    given = model.predict(prepared, context)
    label = given.labels[0] if given.labels else ""
    return {
        "intent": label,
        "confidence": float(given.confidence),
        "second": given.second,
        "refused": label == OUT_OF_SCOPE,
    }


def _prepared(text: str, plain: str, tokens: list[str]) -> Prepared:
    """The cut that is there already; of a text that is too long the beginning."""
    if len(plain) <= LONGEST:
        return Prepared(plain, tokens, text[:LONGEST])
    return Prepared(plain[:LONGEST], cut(plain[:LONGEST]), text[:LONGEST])
