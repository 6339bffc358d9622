"""One step of a form: what was said, what is known now, what is said next. Pure.

A turn ends in one of

    asking       the next question, or the same again with what was wrong
    confirming   everything is known and put before the follower
    done         confirmed; the state is gone, `values` holds what was gathered
    cancelled    the follower wants it no more
    digressed    the text is about something else: it goes to the later steps, and `say` brings the
                 follower back. Twice in a row puts the form aside; an answer or 继续 takes it up
                 again
    lapsed       the form had waited too long, and the text looks like its answer: it is offered to
                 go on with what was given
    expired      nobody wanted that within a day
    gave_up      asked in vain as often as the slot allows
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.clock import to_ms
from bot.i18n import t
from bot.talk import gathering, remarks
from bot.talk.form import Form, Slot
from bot.talk.gathering import Gathered
from bot.talk.moves import Moves
from bot.talk.openers import is_sure, opened_by
from bot.talk.turns import ASKING, DIGRESSED, EXPIRED, LAPSED, Around, State, Turn
from bot.talk.when import over
from bot.values.audience import Understanding

RESUMABLE_MS = 24 * 3_600_000  # for so long a form that nobody answered can be gone on with
LONGEST_NAME = 60  # characters; a text that may be longer is a story, whatever it asks
# An intent that outweighs a value found in the same text: 周六营业吗, asked in a booking.
CERTAIN = 0.8


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


def names_values(form: Form, state: State, said: Understanding, around: Around) -> bool:
    """The text names something that the form asks for: a day, a number, people; not only one of
    its choices, which any sentence may hold."""
    at = _Step(form, state, said, around)
    found = at.gather(at.slot)
    slots = [form.slot(name) for name in found.values]
    named = [one for one in slots if one and one.kind != "text" and (not one.listed or state.open)]
    return bool(named) or found.problem is not None


def values_of(form: Form, state: State, said: Understanding, around: Around) -> Mapping[str, Any]:
    """What the text says in answer to the open question of this state."""
    at = _Step(form, state, said, around)
    return at.gather(at.slot).values


def question(form: Form, state: State, around: Around) -> str:
    """The open question on one line, for whoever was led away from it."""
    at = _Step(form, state, None, around)
    return at.words.back(at.asked_for(), state.values)


class _Step(Moves):
    """One text at one state of one form."""

    # --- what it is ------------------------------------------------------------------------

    def turn(self) -> Turn:
        if self.state.until <= to_ms(self.around.now):
            return self.lapsed()
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
        """Put aside: words that mean the form, and an answer to its question, take it up again."""
        agreed = remarks.yes_or_no(self.plain) if self.state.offered else None
        if remarks.resumes(self.plain) or agreed is True:
            return self.proceed(replace(self.state, misses=0), "taken up again")
        if remarks.cancels(self.plain, story=True) or agreed is False:
            return self.cancelled()
        if self.state.offered and remarks.restarts(self.plain):
            return begin(self.form, None, self.around, self.state.parked)
        found = self.gather(self.named_slot())
        if self.is_answer(found):
            return self.settled(found)
        return Turn(replace(self.state, offered=False), (), DIGRESSED, "put aside")

    def named_slot(self) -> Slot | None:
        """The open question, where not just any text would answer it."""
        return None if self.slot is not None and self.slot.kind == "text" else self.slot

    def is_answer(self, found: Gathered) -> bool:
        """Out of the blue: it answers the form's question and means nothing else."""
        if not found.values or found.problem is not None or self.said.word or self.around.matched:
            return False
        if self.around.angry:
            return False
        if found.leaves_much and self.said.intent not in self.form.intents:
            return False
        return not remarks.asks(self.plain)

    def lapsed(self) -> Turn:
        """It had waited too long. Who answers it within a day is offered to go on with what was
        given; nobody else is reminded of it."""
        if self.state.until + RESUMABLE_MS <= to_ms(self.around.now):
            return Turn(None, (), EXPIRED, "waited too long")
        gone = over(self.form, self.state.values, self.around.now.astimezone(self.around.zone))
        state = self.state
        for name in gone:
            state = self.without(state, name)
        self.state = state = replace(state, open=self.next_open(state), misses=0, digressions=0)
        self.slot = self.form.slot(state.open)
        if remarks.resumes(self.plain):
            turn = self.proceed(state, "taken up again after it had waited too long")
            said = self.words.resumed(state.values) if turn.outcome == ASKING else ""
            return replace(turn, say=(said, *turn.say)) if said else turn
        found = self.gather(self.named_slot())
        agreed = not state.open and remarks.yes_or_no(self.plain) is not None
        if not agreed and not self.is_answer(found):
            return Turn(state, (), DIGRESSED, "waited too long")
        state = replace(self.with_values(found.values), aside=True, offered=True)
        words = self.words.lapsed(state.values)
        return self.turned(state, (words,), LAPSED, "waited too long, and this is an answer")

    def next_open(self, state: State) -> str:
        """The question that was open, or the first whose answer is over by now."""
        first = self.missing(state.values)
        if state.open and state.open not in state.values:
            return state.open
        return first.name if first is not None else ""

    def gather(self, slot: Slot | None) -> Gathered:
        return gathering.gather(
            self.form, self.state.values, slot, self.said.text, self.plain, self.around.now,
            self.around.zone, opening=not self.state.open and not self.state.values,
            things=self.things(),
        )  # fmt: skip

    def things(self) -> dict[str, str]:
        """The first thing of each entity document that the text names."""
        named = [one for one in self.said.entities if one.slug]
        return {one.slug: str(one.value or one.text) for one in reversed(named)}

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
