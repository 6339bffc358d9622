"""Forms as documents: what is asked for one after another, and what happens with it.

form  {slug: booking, title: 订座, english: Booking, trades: [catering], intents: [reserve],
       open: [订位], opening: 好的，帮您登记。, slots: [...], confirm: "{date} {time}，对吗？",
       done: [answer, ...], cancelled: 好的，不订了。, event: booking, minutes: 30, digress: true}

slot  {name: people, title: 人数, english: people, kind: people, ask: 几位用餐？, again: "",
       required: true, min: 1, max: 30, attempts: 3}

kind  date · time · moment (both) · number · people · money · phone · order_number · text ·
      choice · yes_no · entity:<slug of an entity document>

A text for people is written as it is, or {zh: …, en: …}. docs/reference/forms.md tells the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from bot.errors import InvalidInput
from bot.nlp.normalise import bare, normalise
from bot.nlp.words import command
from bot.talk.filling import check
from bot.talk.form import ENTITY, LONGEST_ORDER, Form, Slot, Words
from bot.talk.intents import Named
from bot.talk.reading import SLUG, Fields, refusal

KINDS = ("date", "time", "moment", "number", "people", "money", "phone", "order_number", "text",
         "choice", "yes_no")  # fmt: skip
LONGEST_TEXT = 300  # characters of anything that is asked or said
MOST_SLOTS = 12
MOST_CHOICES = 30
MOST_TOPICS = 10  # as many as can be tapped
MOST_BYTES = 1_900  # of all values together at their longest: two forms fit into 4 kB

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(24:00|([01]\d|2[0-3]):([0-5]\d))")
_RIGHTS = ("opt_out", "opt_in", "erase", "erase_confirm")
# Kinds of events that mean something else to profiles and segments.
_TAKEN = re.compile(
    r"(?:message|menu|coupon|subscription|card)\..*|subscribe|unsubscribe|scan|click|order|opt_in"
    r"|opt_out|consent|tag|attribute|clarified|satisfied|handoff_wanted|erased"
)
TOPICS = "topics"
PREFERENCE = "preference"  # a form's answers are what the follower likes
# least, most and what stands for them, of each kind that has bounds
_BOUNDS = {
    "date": (-3650, 3650, 0, 365),  # days from today
    "moment": (-3650, 3650, 0, 365),
    "number": (0, 10**9, 0, 10**9),
    "people": (1, 100_000, 1, 1000),
    "money": (0, 10**11, 0, 10**11),  # fen
    "text": (1, 200, 1, 100),  # characters
}
_FOLDER = Path(__file__).parent / "forms"


ReadAnswer = Callable[[Any, Collection[str]], Any]


# --- reading -------------------------------------------------------------------------------------


def read_form(document: Any, read_answer: ReadAnswer) -> Form:
    """Raises InvalidInput that names the first bad field.

    read_answer   reads one answer, given the names of variables beside the house's own
    """
    fields = Fields(document, "form")
    slots = fields.each("slots", _slot, MOST_SLOTS, least=1)
    names = _distinct(slots)
    form = Form(
        slug=fields.slug(),
        title=fields.text("title"),
        slots=slots,
        english=fields.text("english", ""),
        trades=fields.texts("trades", 10),
        intents=fields.texts("intents", 20),
        open=fields.texts("open", 30, longest=40),
        opening=_words(fields, "opening", names, ""),
        confirm=_words(fields, "confirm", names, ""),
        done=fields.each("done", lambda one: read_answer(one, names), 10),
        cancelled=_words(fields, "cancelled", names, ""),
        event=fields.text("event", "", 32),
        minutes=fields.whole("minutes", 30, 1, 1440),
        digress=fields.flag("digress", True),
    )
    fields.done()
    _consistent(form)
    return form


def _words(fields: Fields, name: str, known: Iterable[str], default: str | None = None) -> Words:
    """One text, or {zh, en}; with variables that somebody fills in."""
    words = _unchecked(fields, name, default)
    _check(words, name, known)
    return words


def _unchecked(fields: Fields, name: str, default: str | None = None) -> Words:
    """A text whose variables are checked once all slots are known."""
    value = fields.take(name, default)
    if not isinstance(value, Mapping):
        return Words(Fields({name: value}, name).text(name, default, LONGEST_TEXT))
    both = Fields(value, name)
    try:
        words = Words(both.text("zh", default, LONGEST_TEXT), both.text("en", "", LONGEST_TEXT))
        both.done()
    except InvalidInput as error:
        raise refusal(f"{name}.{error.field}", str(error).partition(": ")[2]) from None
    return words


def _check(words: Words, field: str, known: Iterable[str]) -> None:
    for text in (words.zh, words.en):
        try:
            check(text, tuple(known))
        except InvalidInput as error:
            raise refusal(field, str(error)) from None


def _slot(document: Any) -> Slot:
    fields = Fields(document, "slot")
    name = fields.text("name")
    if not _NAME.fullmatch(name) or name == "form":  # under "form" stands the slug in the event
        raise refusal("name", "wants 1 to 31 of a-z, 0-9 and _, a letter first, and not: form")
    kind = _kind(fields)
    least, most = _bounds(fields, kind)
    slot = Slot(
        name=name,
        title=fields.text("title", longest=20),
        english=fields.text("english", "", 30),
        kind=kind,
        also=fields.one_of("also", ("", "phone", "order_number"), ""),
        ask=_unchecked(fields, "ask"),
        again=_unchecked(fields, "again", ""),
        required=fields.flag("required", True),
        least=least,
        most=most,
        hours=fields.each("hours", _span, 6) if kind in ("time", "moment") else (),
        choices=fields.each("choices", _names, MOST_CHOICES) if kind == "choice" else (),
        many=fields.flag("many", False),
        of=fields.one_of("of", ("", TOPICS), ""),
        units=fields.texts("units", 6, longest=8),
        attempts=fields.whole("attempts", 3, 1, 10),
    )
    fields.done()
    _sensible(slot)
    return slot


def _kind(fields: Fields) -> str:
    kind = fields.text("kind")
    known = kind in KINDS or (
        kind.startswith(ENTITY) and SLUG.fullmatch(kind.removeprefix(ENTITY)) is not None
    )
    if not known:
        raise refusal("kind", f"wants one of {', '.join(KINDS)}, entity:<slug>")
    return kind


def _bounds(fields: Fields, kind: str) -> tuple[int, int]:
    if kind not in _BOUNDS:
        return 0, 0
    lowest, highest, least, most = _BOUNDS[kind]
    found = (
        fields.whole("min", least, lowest, highest),
        fields.whole("max", max(most, least), lowest, highest),
    )
    if found[0] > found[1]:
        raise refusal("min", "is above `max`: nothing could ever be answered")
    return found


def _span(value: Any) -> tuple[str, str]:
    """ "18:00-02:00": past midnight where the second is the earlier one."""
    if not isinstance(value, str) or not _HOURS.fullmatch(value):
        raise InvalidInput('wants hours like "10:00-21:30"')
    first, last = value.split("-")
    if first == last:
        raise InvalidInput("begins when it ends")
    return first, last


def _names(item: Any) -> tuple[str, ...]:
    """One choice: its name, or a list of it and its other names."""
    listed = item if isinstance(item, list | tuple) else [item]
    return Fields({"": listed}, "choice").texts("", 20, longest=20, least=1)


def _sensible(slot: Slot) -> None:
    if slot.kind == "choice" and len(slot.choices) < 2:
        raise refusal("choices", "wants at least two")
    if slot.many and slot.kind != "choice":
        raise refusal("many", "is for the kind choice alone")
    if slot.of and slot.kind != "choice":
        raise refusal("of", "is for the kind choice alone")
    if slot.units and slot.kind != "number":
        raise refusal("units", "is for the kind number alone")
    if slot.also and slot.kind not in ("phone", "order_number"):
        raise refusal("also", "is for the kinds phone and order_number")
    if slot.also == slot.kind:
        raise refusal("also", "wants the other kind")
    seen: set[str] = set()
    for names in slot.choices:
        plain = {bare(normalise(one)) for one in names}
        if "" in plain or seen & plain:
            raise refusal("choices", "holds a name twice, or one of which nothing is left")
        seen |= plain


def _distinct(slots: tuple[Slot, ...]) -> tuple[str, ...]:
    """The names of the slots. Their own texts may name any of them."""
    names = tuple(one.name for one in slots)
    for at, slot in enumerate(slots):
        if slot.name in names[:at]:
            raise refusal(f"slots[{at}].name", "stands there twice")
        _check(slot.ask, f"slots[{at}].ask", names)
        _check(slot.again, f"slots[{at}].again", names)
    return names


def _consistent(form: Form) -> None:
    for phrase in form.open:
        plain = normalise(phrase)
        if not bare(plain) or command(plain) in _RIGHTS:
            raise refusal("open", f"{phrase!r} is no phrase, or is about people's rights")
    if form.event and (not _NAME.fullmatch(form.event) or _TAKEN.fullmatch(form.event)):
        raise refusal("event", "wants a name of a-z, 0-9 and _ that means nothing else yet")
    if form.event == PREFERENCE and not _asks_topics(form):
        raise refusal("event", "preference wants a slot `topics` of kind choice with many: true")
    if sum(map(_most_bytes, form.slots)) > MOST_BYTES:
        raise refusal("slots", "take more than can be kept: shorten texts (max) or choices")


def _asks_topics(form: Form) -> bool:
    slot = form.slot("topics")
    return slot is not None and slot.kind == "choice" and slot.many


def _most_bytes(slot: Slot) -> int:
    """How much of the state its longest answer takes: a character is at most 4 bytes."""
    names = [max(map(len, map(str.encode, names)), default=0) for names in slot.choices]
    around = len(slot.name) + 8
    if slot.kind == "text":
        return around + 4 * slot.most
    if slot.many:
        return around + sum(names) + 4 * len(names)
    if slot.listed:
        return around + max(names, default=160)
    return around + LONGEST_ORDER


# --- writing -------------------------------------------------------------------------------------


def write_form(form: Form, write_answer: Callable[[Any], Mapping[str, Any]]) -> dict[str, Any]:
    """The document that `read_form` turns into the same form."""
    return {
        "slug": form.slug,
        "title": form.title,
        "english": form.english,
        "trades": list(form.trades),
        "intents": list(form.intents),
        "open": list(form.open),
        "opening": _written(form.opening),
        "slots": [_written_slot(one) for one in form.slots],
        "confirm": _written(form.confirm),
        "done": [write_answer(one) for one in form.done],
        "cancelled": _written(form.cancelled),
        "event": form.event,
        "minutes": form.minutes,
        "digress": form.digress,
    }


def _written(words: Words) -> Any:
    return {"zh": words.zh, "en": words.en} if words.en else words.zh


def _written_slot(slot: Slot) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": slot.name,
        "title": slot.title,
        "english": slot.english,
        "kind": slot.kind,
        "also": slot.also,
        "ask": _written(slot.ask),
        "again": _written(slot.again),
        "required": slot.required,
        "many": slot.many,
        "attempts": slot.attempts,
    }
    if slot.kind in _BOUNDS:
        document |= {"min": slot.least, "max": slot.most}
    if slot.kind in ("time", "moment"):
        document["hours"] = [f"{first}-{last}" for first, last in slot.hours]
    if slot.kind == "number":
        document["units"] = list(slot.units)
    if slot.kind == "choice":
        document["of"] = slot.of
        document["choices"] = [list(names) for names in slot.choices]
    return document


def with_names(form: Form, named: Iterable[Named]) -> Form:
    """The form, its entity slots knowing the things of their entity documents, and its slot of
    topics those of the house.

    Raises InvalidInput where there is no such entity: nobody could answer that slot.
    """
    documents = list(named)
    values = {one.slug: one.values for one in documents}
    by_slug = sorted(documents, key=lambda one: one.slug)
    topics = list(dict.fromkeys(one.topic for one in by_slug if one.kind == "topic"))[:MOST_TOPICS]
    slots = []
    for slot in form.slots:
        if slot.kind.startswith(ENTITY):
            names = values.get(slot.kind.removeprefix(ENTITY))
            if not names:
                raise refusal(f"slots.{slot.name}", f"there is no {slot.kind}, or nothing in it")
            slot = replace(slot, choices=names)
        elif slot.of == TOPICS and len(topics) > 1:
            known = {names[0]: names for names in slot.choices}
            slot = replace(slot, choices=tuple(known.get(one, (one,)) for one in topics))
        slots.append(slot)
    return replace(form, slots=tuple(slots))


@cache
def shipped() -> tuple[Mapping[str, Any], ...]:
    """The forms that come with the house, as documents, by slug."""
    files = sorted(_FOLDER.glob("*.json"))
    return tuple(json.loads(file.read_text(encoding="utf-8")) for file in files)
