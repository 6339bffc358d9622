"""What a form does after a text: the next question, the same again, the end. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.i18n import t
from bot.nlp.normalise import normalise
from bot.talk.form import Form, Slot
from bot.talk.gathering import Gathered
from bot.talk.heard import LONGEST_HEARD
from bot.talk.turns import (
    ASKING,
    CANCELLED,
    CONFIRMING,
    DIGRESSED,
    DONE,
    GAVE_UP,
    Around,
    State,
    Turn,
)
from bot.talk.when import complete
from bot.talk.wording import Wording, taps
from bot.values.audience import Understanding

CONFIRM_ATTEMPTS = 3
MOST_DIGRESSIONS = 2


class Moves:
    """One text at one state of one form, and the turns that can follow it."""

    def __init__(
        self, form: Form, state: State, said: Understanding | None, around: Around
    ) -> None:
        self.form, self.state, self.around = form, state, around
        self.lang = around.lang
        self.words = Wording(form, around)
        self.said = said or Understanding("", {})
        self.plain = (self.said.plain or normalise(self.said.text))[:LONGEST_HEARD]
        self.slot = form.slot(state.open)

    def settled(self, found: Gathered) -> Turn:
        """Values are taken over; a problem is told, and asked about."""
        state = self.with_values(found.values)
        if found.reopened:
            state = self.without(state, found.reopened)
        changed = tuple(self.words.changed(name, state.values[name]) for name in found.changed)
        if found.problem is not None:
            slot, problem = found.problem
            state = self.without(state, slot.name)
            words = problem.words(self.lang)
            if slot.name != self.state.open:
                state = replace(state, open=slot.name, misses=0)
                return self.turned(state, (*changed, words), ASKING, problem.key)
            return self.missed(slot, words, problem.key, state, changed)
        named = ", ".join((*found.values, found.reopened)).strip(", ")
        turn = self.proceed(state, f"{named} said" if named else "begins", found.reopened)
        told = () if self.form.confirm else found.told
        noted = tuple(self.words.noted(name, state.values[name]) for name in told)
        return replace(turn, say=(*changed, *noted, *turn.say))

    def proceed(self, state: State, why: str, first: str = "") -> Turn:
        """The next question, the confirmation, or the end."""
        state = replace(state, aside=False, offered=False, digressions=0)
        slot = self.form.slot(first) or self.missing(state.values)
        if slot is not None:
            misses = state.misses if slot.name == state.open else 0
            state = replace(state, open=slot.name, misses=misses)
            return self.turned(state, (self.words.asked(slot, state.values),), ASKING, why)
        if not self.form.confirm:
            return self.done(why, state)
        misses = state.misses if not state.open and state.values == self.state.values else 0
        state = replace(state, open="", misses=misses)
        return self.turned(state, (self.words.confirmation(state.values),), CONFIRMING, why)

    def missing(self, values: Mapping[str, Any]) -> Slot | None:
        for slot in self.form.slots:
            if slot.name not in values:
                return slot
            if values[slot.name] is not None and not complete(slot, values[slot.name]):
                return slot
        return None

    def missed(
        self,
        slot: Slot,
        words: str,
        why: str,
        state: State | None = None,
        before: tuple[str, ...] = (),
    ) -> Turn:
        """Ask again, as often as the slot allows; then leave it out, or give up."""
        state = replace(state or self.state, open=slot.name, misses=self.state.misses + 1)
        if state.misses >= slot.attempts:
            if not slot.required:
                state = replace(state, values={**state.values, slot.name: None})
                return self.proceed(state, f"{slot.name} left out: {why}")
            gave_up = self.words.say("dialogue.gave_up", title=self.words.title)
            return Turn(None, (gave_up,), GAVE_UP, f"{slot.name}: {why}")
        words = words or self.words.again(slot, state.values)
        hint = (t("dialogue.hint", self.lang),) if state.misses > 1 else ()
        return self.turned(state, (*before, words, *hint), ASKING, why)

    def confirm_missed(self, words: str, why: str) -> Turn:
        state = replace(self.state, misses=self.state.misses + 1)
        if state.misses >= CONFIRM_ATTEMPTS:
            gave_up = self.words.say("dialogue.gave_up", title=self.words.title)
            return Turn(None, (gave_up,), GAVE_UP, why)
        return self.turned(state, (words,), CONFIRMING, why)

    def digressed(self, why: str) -> Turn:
        count = self.state.digressions + 1
        if count >= MOST_DIGRESSIONS:
            state = replace(self.state, digressions=0, misses=0, aside=True)
            words = self.words.put_aside(self.asked_for(), state.values)
        else:
            state = replace(self.state, digressions=count)
            words = self.words.back(self.asked_for(), state.values)
        return self.turned(state, (words,), DIGRESSED, why)

    def confirmed(self) -> Turn:
        """Done, unless the form asks for more than when it was begun."""
        if self.missing(self.state.values) is not None:
            return self.proceed(self.state, "the form was changed meanwhile")
        return self.done("confirmed")

    def done(self, why: str, state: State | None = None) -> Turn:
        values = (state or self.state).values
        return Turn(None, (), DONE, why, {k: v for k, v in values.items() if self.form.slot(k)})

    def cancelled(self) -> Turn:
        words = self.form.cancelled.of(self.lang) or t("dialogue.cancelled", self.lang)
        return Turn(None, (self.words.filled(words, self.state.values),), CANCELLED, "cancelled")

    def turned(self, state: State, say: tuple[str, ...], outcome: str, why: str) -> Turn:
        state = replace(state, until=self.around.until(self.form))
        options = taps(self.form.slot(state.open)) if outcome == ASKING else ()
        return Turn(state, say, outcome, why, taps=options)

    def asked_for(self) -> Slot | None:
        """The slot whose question is open, None for the confirmation."""
        return self.slot or (self.missing(self.state.values) if self.state.open else None)

    def with_values(self, values: Mapping[str, Any]) -> State:
        if not values:
            return self.state
        last = list(values)[-1]
        return replace(self.state, values={**self.state.values, **values}, last=last)

    @staticmethod
    def without(state: State, name: str) -> State:
        return replace(state, values={k: v for k, v in state.values.items() if k != name})
