"""Intents and entities as documents.

intent  {slug: coupon.get, title: 领优惠券, english: Get a coupon, answers: [...], give: random,
         ask_satisfied: false}
entity  {slug: dish, title: 菜品, kind: product, topic: "", values: [[毛肚, 千层肚], [鸭肠]]}

The examples of an intent stand beside it, not in it: they are many (bot.store.talk).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.talk.reading import Fields, refusal

GIVE = ("random", "all", "first")
ENTITY_KINDS = ("product", "brand", "city", "topic", "word")
MOST_ANSWERS = 20
MOST_VALUES = 5000

Answers = tuple[Any, ...]
ReadAnswer = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What followers want, and what they are told. `give`: one at random, all, or the first."""

    slug: str
    title: str
    english: str = ""
    answers: Answers = ()
    give: str = "random"
    ask_satisfied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Things of one kind with their other names, the canonical one first.

    `kind` word: only to keep a word in one piece; topic: naming one is an interest in `topic`
    """

    slug: str
    title: str
    kind: str = "product"
    topic: str = ""
    values: tuple[tuple[str, ...], ...] = ()


def read_intent(document: Any, read_answer: ReadAnswer) -> Intent:
    """Raises InvalidInput that names the first bad field."""
    fields = Fields(document, "intent")
    intent = Intent(
        slug=fields.slug(),
        title=fields.text("title"),
        english=fields.text("english", ""),
        answers=fields.each("answers", read_answer, MOST_ANSWERS),
        give=fields.one_of("give", GIVE, "random"),
        ask_satisfied=fields.flag("ask_satisfied", False),
    )
    fields.done()
    return intent


def write_intent(
    intent: Intent, write_answer: Callable[[Any], Mapping[str, Any]]
) -> dict[str, Any]:
    """The document that `read_intent` turns into the same intent."""
    return {
        "slug": intent.slug,
        "title": intent.title,
        "english": intent.english,
        "answers": [write_answer(one) for one in intent.answers],
        "give": intent.give,
        "ask_satisfied": intent.ask_satisfied,
    }


def read_entity(document: Any) -> Named:
    """Raises InvalidInput that names the first bad field."""
    fields = Fields(document, "entity")
    named = Named(
        slug=fields.slug(),
        title=fields.text("title"),
        kind=fields.one_of("kind", ENTITY_KINDS, "product"),
        topic=fields.text("topic", ""),
        values=fields.each("values", _names, MOST_VALUES),
    )
    fields.done()
    if named.kind == "topic" and not named.topic:
        raise refusal("topic", "wants the name of the topic")
    return named


def _names(item: Any) -> tuple[str, ...]:
    """One thing: its name, or a list of it and its other names."""
    listed = item if isinstance(item, list | tuple) else [item]
    return Fields({"": listed}, "value").texts("", 40, longest=40, least=1)


def write_entity(named: Named) -> dict[str, Any]:
    """The document that `read_entity` turns into the same."""
    return {
        "slug": named.slug,
        "title": named.title,
        "kind": named.kind,
        "topic": named.topic,
        "values": [list(names) for names in named.values],
    }
