"""From how sure the model is to what is done: answer, ask back, or leave it. Pure.

setting `clarify`   {sure: 0.5, gap: 0.1, guess: 0.2, minutes: 5}

A text is answered by its intent when the intent is `sure` and leads the next by `gap`. Below that,
down to `guess`, the follower is offered the two likeliest. What the model calls out of scope is
neither: a guess about something that nobody here can answer only annoys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.talk.intents import Intent
from bot.talk.reading import Fields, refusal
from bot.values.audience import Understanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarify:
    """Probabilities in 0..1; `minutes` for which the question waits."""

    sure: float = 0.5
    gap: float = 0.1
    guess: float = 0.2
    minutes: int = 5

    @property
    def waits(self) -> timedelta:
        return timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`intent`: what answers; `choices`: what to ask between; neither: why not.

    state   no_model, out_of_scope, no_answer, unsure, between or sure
    """

    why: str
    intent: Intent | None = None
    choices: tuple[Intent, ...] = ()
    state: str = "sure"


def read_clarify(document: Any) -> Clarify:
    """Raises InvalidInput that names the first bad field."""
    fields, usual = Fields(document, "clarify"), Clarify()
    found = Clarify(
        sure=fields.number("sure", usual.sure, 0, 1),
        gap=fields.number("gap", usual.gap, 0, 1),
        guess=fields.number("guess", usual.guess, 0, 1),
        minutes=fields.whole("minutes", usual.minutes, 1, 1440),
    )
    fields.done()
    if found.guess > found.sure:
        raise refusal("guess", "is above `sure`: nothing would ever be asked")
    return found


def write_clarify(found: Clarify) -> dict[str, Any]:
    """The document that `read_clarify` turns into the same."""
    return {
        "sure": found.sure,
        "gap": found.gap,
        "guess": found.guess,
        "minutes": found.minutes,
    }


# Nobody is asked whether he meant to say hello.
SMALL_TALK = ("greet", "thanks", "bye", "praise", "bot")
# Commands that a shop's own intent answers better, where the model is sure that it is meant.
_OWN = {"hello": ("greet",), "coupon": ("coupon.use",)}


def yields(said: Understanding, intents: Mapping[str, Intent], how: Clarify) -> str:
    """Why the house's own answer to a command word is left to an intent's, "" if it is not."""
    if said.intent not in _OWN.get(said.word, ()):
        return ""
    verdict = decide(said, intents, how)
    return f"{said.intent} knows better ({verdict.why})" if verdict.intent is not None else ""


def decide(said: Understanding, intents: Mapping[str, Intent], how: Clarify) -> Verdict:
    """What to do about a text by its intent. `why` is kept with the message."""
    if not said.intent:
        return Verdict("no model is active", state="no_model")
    odds = f"{said.intent} {said.confidence:.2f}"
    second, chance = said.second or ("", 0.0)
    if second:
        odds += f", {second} {chance:.2f}"
    if said.refused:
        return Verdict(f"out of scope ({odds})", state="out_of_scope")
    first = intents.get(said.intent)
    if first is None or not first.answers:
        return Verdict(f"the intent has no answer ({odds})", state="no_answer")
    if said.confidence >= how.sure and said.confidence - chance >= how.gap:
        return Verdict(odds, intent=first)
    if said.confidence < how.guess or first.slug in SMALL_TALK:
        return Verdict(f"not sure enough ({odds})", state="unsure")
    other = intents.get(second) if chance >= how.guess / 2 and second not in SMALL_TALK else None
    both = (first, other) if other is not None and other.answers else (first,)
    return Verdict(f"between ({odds})", choices=both, state="between")
