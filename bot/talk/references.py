"""What documents name beside themselves, and whether it is there. Pure.

answers         form: …    coupon: …    content: …    only: …
rules           segment    forms        intents, and slots of kind entity:…
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from bot.talk.answers import INTERESTS, MINE, UNANSWERED
from bot.talk.form import ENTITY

Key = tuple[str, str]  # kind, slug
Document = Mapping[str, Any]
# Field of a document -> what its answers stand in.
_ANSWERS = {"rule": "answers", "intent": "answers", "faq": "answers", "form": "done"}
_OF_ANSWER = {"form": "form", "coupon": "batch", "content": "topic", "only": "segment"}
_ALWAYS = {("batch", MINE), ("topic", INTERESTS)}


@dataclass(frozen=True, slots=True)
class Known:
    """What is there beside the documents: slugs of batches and segments, names of topics."""

    batches: Collection[str] = ()
    segments: Collection[str] = ()
    topics: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """A document, the field in it, and what is wrong with it, the wanted thing named."""

    kind: str
    slug: str
    field: str
    why: str

    @property
    def key(self) -> Key:
        return self.kind, self.slug


def missing(documents: Mapping[Key, Document], known: Known) -> list[Missing]:
    """Everything that is named and not there, by document and field."""
    there: dict[str, Collection[str]] = {
        "batch": known.batches,
        "segment": known.segments,
        "topic": {*known.topics, *_topics(documents)},
    }
    for kind in ("form", "intent", "entity"):
        there[kind] = {slug for one, slug in documents if one == kind}
    return [
        Missing(*key, field, _none(what, name, there[what]))
        for key, document in sorted(documents.items())
        for field, what, name in named_by(key[0], document)
        if name not in there[what] and (what, name) not in _ALWAYS
    ]


def unanswered(documents: Mapping[Key, Document]) -> list[Missing]:
    """Answers that are still a question to the marketer: no follower may read them."""
    return [
        Missing(*key, f"{field}.text", "is a question to you; write the answer in its place")
        for key, document in sorted(documents.items())
        for field, answer in _answers(key[0], document)
        if str(answer.get("text", "")).startswith(UNANSWERED)
    ]


def named_by(kind: str, document: Document) -> Iterator[tuple[str, str, str]]:
    """(field, kind of thing, its name) of a document that was checked."""
    for field, answer in _answers(kind, document):
        for name, what in _OF_ANSWER.items():
            if answer.get(name):
                yield f"{field}.{name}", what, str(answer[name])
    if kind == "rule" and document.get("segment"):
        yield "segment", "segment", str(document["segment"])
    if kind == "form":
        yield from _of_form(document)


def _of_form(document: Document) -> Iterator[tuple[str, str, str]]:
    for at, intent in enumerate(document.get("intents") or ()):
        yield f"intents[{at}]", "intent", str(intent)
    for at, slot in enumerate(document.get("slots") or ()):
        if str(slot.get("kind", "")).startswith(ENTITY):
            yield f"slots[{at}].kind", "entity", str(slot["kind"]).removeprefix(ENTITY)


def _answers(kind: str, document: Document) -> Iterator[tuple[str, Document]]:
    place = _ANSWERS.get(kind, "")
    for at, answer in enumerate(document.get(place) or ()):
        yield f"{place}[{at}]", answer


def _topics(documents: Mapping[Key, Document]) -> Iterable[str]:
    return (one["topic"] for (kind, _), one in documents.items()
            if kind == "entity" and one.get("topic"))  # fmt: skip


def _none(what: str, name: str, there: Collection[str]) -> str:
    near = get_close_matches(name, there, n=1)
    return f"there is no {what} {name}" + (f"; did you mean {near[0]}?" if near else "")
