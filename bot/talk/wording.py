"""How a form words what it says: questions, confirmations, what was changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.i18n import t
from bot.talk.form import Form, Slot
from bot.talk.shown import shown, variables
from bot.talk.turns import Around

MOST_TAPS = 10  # choices; more of them are numbered lines


class Wording:
    """The words of one form for one reader."""

    def __init__(self, form: Form, around: Around) -> None:
        self.form, self.around, self.lang = form, around, around.lang
        self.title = form.called(self.lang)

    def say(self, key: str, **values: Any) -> str:
        return t(key, self.lang, **values)

    def filled(self, text: str, values: Mapping[str, Any]) -> str:
        return self.around.put(text, variables(self.form, values, self.lang))

    def asked(self, slot: Slot, values: Mapping[str, Any]) -> str:
        """The slot's own question; what is lacking of a moment; many choices by their numbers."""
        if values.get(slot.name):
            half = "date" if str(values[slot.name]).startswith("T") else "time"
            return self.say(f"slot.lacks_{half}")
        words = self.filled(slot.ask.of(self.lang), values)
        if slot.kind != "choice" or taps(slot):
            return words
        return "\n".join((words, *numbered(slot)))

    def again(self, slot: Slot, values: Mapping[str, Any]) -> str:
        own = slot.again.of(self.lang)
        if own:
            return self.filled(own, values)
        kind = "entity" if slot.listed and slot.kind != "choice" else slot.kind
        kind = "order_or_phone" if slot.also else kind
        words = self.say(f"slot.again_{kind}", title=slot.called(self.lang))
        return words if slot.kind != "choice" else f"{words}\n{self.asked(slot, values)}"

    def confirmation(self, values: Mapping[str, Any]) -> str:
        return self.filled(self.form.confirm.of(self.lang), values)

    def changed(self, name: str, value: Any) -> str:
        return self._of("dialogue.changed", name, value)

    def noted(self, name: str, value: Any) -> str:
        """What was taken from the opening message, where no confirmation will show it."""
        return self._of("dialogue.noted", name, value)

    def _of(self, key: str, name: str, value: Any) -> str:
        slot = self.form.slot(name)
        assert slot is not None
        return self.say(key, title=slot.called(self.lang), value=shown(slot, value, self.lang))

    def given(self, values: Mapping[str, Any]) -> str:
        """What is known so far, on one line; "" for nothing."""
        known = [slot for slot in self.form.slots if values.get(slot.name) is not None]
        said = [
            f"{one.called(self.lang)} {shown(one, values[one.name], self.lang)}" for one in known
        ]
        return self.say("list.separator").join(said)

    def lapsed(self, values: Mapping[str, Any]) -> str:
        """The form had waited too long; it can be gone on with."""
        given = self.given(values)
        key = "dialogue.lapsed" if given else "dialogue.lapsed_empty"
        return self.say(key, title=self.title, given=given)

    def resumed(self, values: Mapping[str, Any]) -> str:
        given = self.given(values)
        return self.say("dialogue.resumed", title=self.title, given=given) if given else ""

    def back(self, slot: Slot | None, values: Mapping[str, Any]) -> str:
        """The open question (None: the confirmation) on one line."""
        if slot is None:
            return self.say("dialogue.back_confirm", title=self.title)
        return self.say("dialogue.back", question=self._line(slot, values))

    def put_aside(self, slot: Slot | None, values: Mapping[str, Any]) -> str:
        """The last time that the question is repeated. A text answers it only after 继续."""
        if slot is None or slot.kind == "text":
            return self.say("dialogue.aside", title=self.title)
        return self.say("dialogue.aside_open", title=self.title, question=self._line(slot, values))

    def _line(self, slot: Slot, values: Mapping[str, Any]) -> str:
        return self.asked(slot, values).partition("\n")[0]


def taps(slot: Slot | None) -> tuple[str, ...]:
    """The choices to tap, each with its number; () where there are none, or too many."""
    if slot is None or slot.kind != "choice" or len(slot.choices) > MOST_TAPS:
        return ()
    return numbered(slot)


def numbered(slot: Slot) -> tuple[str, ...]:
    return tuple(f"{n} {names[0]}" for n, names in enumerate(slot.choices, 1))
