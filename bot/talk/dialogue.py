"""One step of a form: what was said, what is known now, what is said next. Pure.

A turn ends in one of

    asking       the next question, or the same again with what was wrong
    confirming   everything is known and put before the follower
    done         confirmed; the state is gone, `values` holds what was gathered
    cancelled    the follower wants it no more
    digressed    the text is about something else: it goes to the later steps, and `say` brings the
                 follower back. Twice in a row puts the form aside; 继续 takes it up again
    expired      the form had waited too long; said only where the text looks like its answer
    gave_up      asked in vain as often as the slot allows
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bot.clock import to_ms
from bot.i18n import t
from bot.nlp.normalise import bare, normalise
from bot.talk import gathering, remarks
from bot.talk.deciding import Clarify
from bot.talk.form import Form, Slot
from bot.talk.gathering import Gathered
from bot.talk.shown import shown, variables
from bot.talk.slots import LONGEST_HEARD, complete
from bot.talk.turns import (
    ASKING,
    CANCELLED,
    CONFIRMING,
    DIGRESSED,
    DONE,
    EXPIRED,
    GAVE_UP,
    Around,
    State,
    Turn,
)
from bot.values.audience import Understanding

CONFIRM_ATTEMPTS = 3
MOST_DIGRESSIONS = 2
LONGEST_NAME = 60  # characters; a text that may be longer is a story, whatever it asks
# An intent that outweighs a value found in the same text: 周六营业吗, asked in a booking.
CERTAIN = 0.8


def opened_by(forms: Iterable[Form], said: Understanding, how: Clarify) -> tuple[Form, str] | None:
    """The form that this text begins, and why: one of its phrases, or its intent where the text is
    no command word."""
    bared = bare(said.plain or normalise(said.text))  # once: every text comes by here
    sure = not said.word and is_sure(said, how)
    for form in forms:
        if form.begun_by(bared):
            return form, f"phrase of {form.slug}"
        if sure and said.intent in form.intents:
            return form, f"{said.intent} {said.confidence:.2f} begins {form.slug}"
    return None


def is_sure(said: Understanding, how: Clarify) -> bool:
    """The intent is sure and leads the next one by enough to be acted on."""
    chance = said.second[1] if said.second else 0.0
    ahead = said.confidence - chance >= how.gap
    return bool(said.intent) and not said.refused and said.confidence >= how.sure and ahead


def begin(
    form: Form, said: Understanding | None, around: Around, parked: State | None = None
) -> Turn:
    """The first turn. What the opening message names is taken: 周六晚上六点四个人订座."""
    if parked is not None:
        parked = replace(parked, parked=None)
    state = State(form=form.slug, until=around.until(form), parked=parked)
    step = _Step(form, state, said, around)
    opening = around.put(form.opening.of(around.lang), {})
    turn = step.settled(step.gather(None)) if said else step.proceed(state, "begins")
    return replace(turn, say=(opening, *turn.say)) if opening else turn


def resume(form: Form, state: State, said: Understanding | None, around: Around) -> Turn:
    """The form was asked for again: it goes on where it was, with what this text names."""
    step = _Step(form, replace(state, aside=False, misses=0), said, around)
    return step.settled(step.gather(None)) if said else step.proceed(step.state, "taken up again")


def step(form: Form, state: State, said: Understanding, around: Around) -> Turn:
    """The turn after `said`."""
    return _Step(form, state, said, around).turn()


def question(form: Form, state: State, around: Around) -> str:
    """The open question on one line, for whoever was led away from it."""
    return _Step(form, state, None, around).back()


class _Step:
    """One text at one state of one form."""

    def __init__(
        self, form: Form, state: State, said: Understanding | None, around: Around
    ) -> None:
        self.form, self.state, self.around = form, state, around
        self.lang = around.lang
        self.said = said or Understanding("", {})
        self.plain = (self.said.plain or normalise(self.said.text))[:LONGEST_HEARD]
        self.slot = form.slot(state.open)

    # --- what it is ------------------------------------------------------------------------

    def turn(self) -> Turn:
        if self.state.until <= to_ms(self.around.now):
            return self.expired()
        if self.state.aside:
            return self.beside()
        if self.state.open and self.slot is None:
            return self.proceed(self.state, "the form was changed meanwhile")
        if remarks.resumes(self.plain):
            return self.proceed(self.state, "asked again")
        found = self.gather(self.slot)
        left_out = self.leaves_out(found)
        if left_out is not None:
            return left_out
        if remarks.cancels(self.plain, story=self.slot is not None and self.slot.kind == "text"):
            return self.cancelled()
        away = self.elsewhere(found)
        if away:
            return self.digressed(away)
        if found:
            return self.settled(found)
        return self.remarked()

    def beside(self) -> Turn:
        """Put aside: only these words still mean the form."""
        if remarks.resumes(self.plain):
            return self.proceed(replace(self.state, misses=0), "taken up again")
        if remarks.cancels(self.plain, story=True):
            return self.cancelled()
        return Turn(self.state, (), DIGRESSED, "put aside")

    def gather(self, slot: Slot | None) -> Gathered:
        return gathering.gather(
            self.form, self.state.values, slot, self.said.text, self.plain, self.around.now,
            self.around.zone, opening=not self.state.open and not self.state.values,
        )  # fmt: skip

    def leaves_out(self, found: Gathered) -> Turn | None:
        """没有, 跳过, where the question may be left without an answer."""
        slot = self.slot
        if slot is None or slot.kind == "yes_no":
            return None
        nodded = slot.kind == "text" and not slot.required and remarks.yes_or_no(self.plain)
        if nodded is not True and not remarks.skips(self.plain):
            return None
        if slot.listed and found.values:
            return None
        if slot.required:
            if remarks.cancels(self.plain):
                return None
            return self.missed(slot, t("dialogue.needed", self.lang), "left out")
        return self.proceed(self.with_values({slot.name: None}), f"{slot.name} left out")

    def elsewhere(self, found: Gathered) -> str:
        """Why the text is about something else, "" where it is not."""
        said, slot = self.said, self.slot
        free = slot is not None and slot.kind == "text"
        answered = bool(found) and not free
        if said.word == "human" or (self.around.angry and not answered and not free):
            return f"word {said.word}" if said.word else "angry"
        if not self.form.digress or (slot is None and remarks.yes_or_no(self.plain) is not None):
            return ""
        if said.word and not answered:
            return f"word {said.word}"
        if self.around.matched and not answered and (not free or self.around.matched == "exact"):
            return "a keyword rule takes it"
        return self.other_intent(found, answered)

    def other_intent(self, found: Gathered, answered: bool) -> str:
        """The intent that the text has instead, "" where it may be an answer all the same."""
        said, slot = self.said, self.slot
        if said.intent in self.form.intents or said.intent not in self.around.intents:
            return ""
        if not is_sure(said, self.around.how):
            return ""
        asks = remarks.asks(self.plain)
        if slot is not None and slot.kind == "text":
            story = slot.required and slot.most > LONGEST_NAME
            return "" if story or not asks else f"{said.intent} {said.confidence:.2f}"
        if answered and not (said.confidence >= CERTAIN and asks and found.leaves_much):
            return ""
        return f"{said.intent} {said.confidence:.2f}"

    def remarked(self) -> Turn:
        """No value: an answer to the confirmation, the form asked for once more, or nothing."""
        agreed = remarks.yes_or_no(self.plain)
        if self.slot is None:
            if agreed is True:
                return self.confirmed()
            if agreed is False or remarks.corrects(self.plain):
                return self.confirm_missed(t("dialogue.change_what", self.lang), "not confirmed")
            return self.confirm_missed(t("dialogue.confirm_again", self.lang), "no yes and no no")
        if opened_by([self.form], self.said, self.around.how):
            return self.proceed(self.state, "asked for once more")
        return self.missed(self.slot, "", "not understood")

    # --- what follows ----------------------------------------------------------------------

    def settled(self, found: Gathered) -> Turn:
        """Values are taken over; a problem is told, and asked about."""
        state = self.with_values(found.values)
        if found.reopened:
            state = self.without(state, found.reopened)
        changed = tuple(self.changed(name, state.values[name]) for name in found.changed)
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
        return replace(turn, say=(*changed, *turn.say))

    def proceed(self, state: State, why: str, first: str = "") -> Turn:
        """The next question, the confirmation, or the end."""
        state = replace(state, aside=False, digressions=0)
        slot = self.form.slot(first) or self.missing(state.values)
        if slot is not None:
            misses = state.misses if slot.name == state.open else 0
            state = replace(state, open=slot.name, misses=misses)
            return self.turned(state, (self.asked(slot, state.values),), ASKING, why)
        if not self.form.confirm:
            return self.done(why, state)
        misses = state.misses if not state.open and state.values == self.state.values else 0
        state = replace(state, open="", misses=misses)
        return self.turned(state, (self.confirmation(state.values),), CONFIRMING, why)

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
            gave_up = t("dialogue.gave_up", self.lang, title=self.form.called(self.lang))
            return Turn(None, (gave_up,), GAVE_UP, f"{slot.name}: {why}")
        words = words or self.again(slot, state.values)
        hint = (t("dialogue.hint", self.lang),) if state.misses > 1 else ()
        return self.turned(state, (*before, words, *hint), ASKING, why)

    def confirm_missed(self, words: str, why: str) -> Turn:
        state = replace(self.state, misses=self.state.misses + 1)
        if state.misses >= CONFIRM_ATTEMPTS:
            gave_up = t("dialogue.gave_up", self.lang, title=self.form.called(self.lang))
            return Turn(None, (gave_up,), GAVE_UP, why)
        return self.turned(state, (words,), CONFIRMING, why)

    def digressed(self, why: str) -> Turn:
        count = self.state.digressions + 1
        if count >= MOST_DIGRESSIONS:
            state = replace(self.state, digressions=0, misses=0, aside=True)
            words = t("dialogue.aside", self.lang, title=self.form.called(self.lang))
        else:
            state = replace(self.state, digressions=count)
            words = self.back()
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
        return Turn(None, (self.filled(words, self.state.values),), CANCELLED, "cancelled")

    def expired(self) -> Turn:
        """Said where the text would have been an answer; else nobody is reminded of it."""
        state = self.state
        answer = bool(self.gather(self.slot)) and (self.slot is None or self.slot.kind != "text")
        remark = (
            remarks.resumes(self.plain)
            or (state.open == "" and remarks.yes_or_no(self.plain) is not None)
        )  # fmt: skip
        if state.aside or self.said.word or not (answer or remark):
            return Turn(None, (), EXPIRED, "waited too long")
        words = t("dialogue.expired", self.lang, title=self.form.called(self.lang))
        return Turn(None, (words,), EXPIRED, "waited too long, and this is an answer")

    def turned(self, state: State, say: tuple[str, ...], outcome: str, why: str) -> Turn:
        state = replace(state, until=self.around.until(self.form))
        return Turn(state, say, outcome, why)

    def with_values(self, values: Mapping[str, Any]) -> State:
        if not values:
            return self.state
        last = list(values)[-1]
        return replace(self.state, values={**self.state.values, **values}, last=last)

    @staticmethod
    def without(state: State, name: str) -> State:
        return replace(state, values={k: v for k, v in state.values.items() if k != name})

    # --- words -----------------------------------------------------------------------------

    def filled(self, text: str, values: Mapping[str, Any]) -> str:
        return self.around.put(text, variables(self.form, values, self.lang))

    def asked(self, slot: Slot, values: Mapping[str, Any]) -> str:
        """The slot's own question; what is lacking of a moment; choices by their numbers."""
        if values.get(slot.name):
            half = "date" if str(values[slot.name]).startswith("T") else "time"
            return t(f"slot.lacks_{half}", self.lang)
        words = self.filled(slot.ask.of(self.lang), values)
        if slot.kind != "choice":
            return words
        options = (f"{n} {names[0]}" for n, names in enumerate(slot.choices, 1))
        return "\n".join((words, *options))

    def again(self, slot: Slot, values: Mapping[str, Any]) -> str:
        own = slot.again.of(self.lang)
        if own:
            return self.filled(own, values)
        kind = "entity" if slot.listed and slot.kind != "choice" else slot.kind
        kind = "order_or_phone" if slot.also else kind
        words = t(f"slot.again_{kind}", self.lang, title=slot.called(self.lang))
        return words if slot.kind != "choice" else f"{words}\n{self.asked(slot, values)}"

    def confirmation(self, values: Mapping[str, Any]) -> str:
        return self.filled(self.form.confirm.of(self.lang), values)

    def changed(self, name: str, value: Any) -> str:
        slot = self.form.slot(name)
        assert slot is not None
        words = shown(slot, value, self.lang)
        return t("dialogue.changed", self.lang, title=slot.called(self.lang), value=words)

    def back(self) -> str:
        slot = self.slot or (self.missing(self.state.values) if self.state.open else None)
        if slot is None:
            return t("dialogue.back_confirm", self.lang, title=self.form.called(self.lang))
        words = self.asked(slot, self.state.values).partition("\n")[0]
        return t("dialogue.back", self.lang, question=words)
