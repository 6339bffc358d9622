"""Which form a message begins. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from bot.nlp.normalise import bare, normalise
from bot.talk.clauses import clauses, several
from bot.talk.deciding import Clarify
from bot.talk.form import Form
from bot.values.audience import Understanding


def opened_by(
    forms: Collection[Form], said: Understanding, how: Clarify
) -> tuple[Form, str] | None:
    """The form that this text begins, and why: one of its phrases, alone or as the first thing
    that is said; or its intent where the text is no command word."""
    bared = bare(said.plain or normalise(said.text))  # once: every text comes by here
    sure = not said.word and is_sure(said, how)
    for form in forms:
        if form.begun_by(bared):
            return form, f"phrase of {form.slug}"
        if sure and said.intent in form.intents:
            return form, f"{said.intent} {said.confidence:.2f} begins {form.slug}"
    return _first_said(forms, said.text)


def _first_said(forms: Iterable[Form], text: str) -> tuple[Form, str] | None:
    """订座，电话13912345678: whatever the rest does to the intent of the whole."""
    spans = clauses(text) if several(text) else []
    if len(spans) < 2:
        return None
    start, end = spans[0]
    first = bare(normalise(text[start:end]))
    found = next((form for form in forms if form.begun_by(first)), None)
    return (found, f"begins with a phrase of {found.slug}") if found else None


def is_sure(said: Understanding, how: Clarify) -> bool:
    """The intent is sure and leads the next one by enough to be acted on."""
    chance = said.second[1] if said.second else 0.0
    ahead = said.confidence - chance >= how.gap
    return bool(said.intent) and not said.refused and said.confidence >= how.sure and ahead


_CALLED = re.compile(
    "(?:我的?|我们的?)?(?:联系)?"
    "(?:电话|手机|号码|手机号码?|电话号码|联系方式|订单号|单号)?(?:是|为|[:：])? ?$"
)


def without_numbers(said: Understanding) -> str:
    """The text without telephone and order numbers and what they are called: they say nothing of
    what is wanted, and blur what the rest says. "" where there are none, or nothing else."""
    plain = said.plain or normalise(said.text)
    numbers = [one for one in said.entities if one.kind in ("phone", "order_number")]
    for one in sorted(numbers, key=lambda each: -each.start):
        plain = _CALLED.sub("", plain[: one.start]) + plain[one.end :]
    return plain.strip(" ,，。") if numbers else ""
