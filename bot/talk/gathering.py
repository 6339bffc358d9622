"""Which slots of a form a text fills, changes or takes back. Pure.

The open slot takes what would mean nothing elsewhere (a bare 6, 二十八号); other slots take only
what names itself (四个人, 周六, a telephone number). A correction (不对，是周五; 改成7点;
人数改成6个; 电话错了) changes what was said before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any

from bot.nlp.normalise import bare
from bot.talk import remarks
from bot.talk.form import Form, Slot
from bot.talk.heard import Heard, Problem, Reading, hear
from bot.talk.opening import told
from bot.talk.slots import read

# How people call what a slot of this kind holds, beside its title.
_CALLED = {
    "date": ("日期", "日子", "哪天", "哪一天", "date", "day"),
    "time": ("时间", "几点", "钟点", "time"),
    "moment": ("时间", "日期", "几点", "time", "date"),
    "people": ("人数", "几个人", "几位", "people"),
    "phone": ("电话", "手机", "号码", "联系方式", "phone", "number"),
    "order_number": ("订单号", "单号", "order number"),
    "money": ("预算", "金额", "budget"),
    "text": ("备注", "note"),
}
LONGEST_WRONG = 10  # 我的电话错了: a longer text is about something else
LONGEST_NAME = 6  # a text that only names a slot: 时间, 电话要改
LONGEST_ASIDE = 16  # a longer text in answer to an open question is the answer, not a correction


@dataclass(slots=True)
class Gathered:
    """What a text says about a form.

    values    slot -> value, new or in place of another; `changed`: the names of the latter
    problem   the slot whose value cannot be taken, and why
    reopened  the slot that was taken back without another value
    leaves_much  the text says more than the values
    told      slots for texts that the opening message filled
    """

    values: dict[str, Any] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    problem: tuple[Slot, Problem] | None = None
    reopened: str = ""
    leaves_much: bool = False
    told: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.values or self.problem or self.reopened)


def gather(
    form: Form,
    values: Mapping[str, Any],
    asked: Slot | None,
    typed: str,
    plain: str,
    now: datetime,
    zone: tzinfo,
    *,
    opening: bool = False,
    things: Mapping[str, str] | None = None,
) -> Gathered:
    """What the text says about the form.

    asked   the open slot, None at the confirmation and for the `opening` message
    things  entity document -> what the text names of it: they fill text slots of the same name
    """
    budget = asked is not None and asked.kind == "money"
    work = _Work(form, values, asked, hear(typed, plain, now, zone, budget=budget))
    if not opening and remarks.corrects(plain):
        changed = _Work(form, values, asked, hear(remarks.wanted(plain), remarks.wanted(plain), now,
                                                  zone, budget=budget))  # fmt: skip
        if changed.correct(plain):
            return changed.found
    work.answer(opening)
    work.texts(opening, things or {})
    return work.found


class _Work:
    """The slots of a form, read one after another from one text."""

    def __init__(
        self, form: Form, values: Mapping[str, Any], asked: Slot | None, heard: Heard
    ) -> None:
        self.form, self.values, self.asked, self.heard = form, values, asked, heard
        self.found = Gathered()
        self.pieces: list[tuple[int, int]] = []
        self.named_values = {
            heard.plain[one.start : one.end].strip()
            for kind, pool in heard.pools.items()
            for one in pool
            if kind != "number"
        }

    # --- answers ---------------------------------------------------------------------------

    def answer(self, opening: bool) -> None:
        free = self.asked is not None and self.asked.kind == "text"
        empty = [one for one in self.form.slots if one is self.asked or self.is_empty(one)]
        if free:  # whatever is typed is the answer; only a number of somebody stands out of it
            empty = [one for one in empty if one is self.asked or _is_number(one)]
        for slot in _days_first(empty):
            if slot.kind != "text" or slot is self.asked:
                self.read(slot, asked=slot is self.asked)
        if not free and not opening:
            for slot in _days_first([one for one in self.form.slots if not self.is_empty(one)]):
                if slot is not self.asked and not slot.listed and slot.kind != "text":
                    self.read(slot, asked=False)
        self.check_times()
        if not self.found and self.asked is None and not opening:
            named = self.named(self.heard.plain)
            if named is not None and len(bare(self.heard.plain)) <= LONGEST_NAME:
                self.found.reopened = named.name
        self.found.leaves_much = len(self.rest()) > 1

    def texts(self, opening: bool, things: Mapping[str, str]) -> None:
        """Texts that nobody has asked for yet: a thing of the house; what the opening tells."""
        for slot in self.form.slots:
            if slot.kind != "text" or slot is self.asked or not self.is_empty(slot):
                continue
            said = things.get(slot.name, "")[: slot.most]
            if not said and opening:
                said = told(self.form, slot, self.heard.typed, self.named_values)
                self.found.told += [slot.name] if said else []
            if said and slot.name not in self.found.values:
                self.found.values[slot.name] = said

    def is_empty(self, slot: Slot) -> bool:
        return self.values.get(slot.name) is None

    # --- corrections -----------------------------------------------------------------------

    def correct(self, whole: str) -> bool:
        """False: the text is no correction after all."""
        free = self.asked is not None and self.asked.kind == "text"
        if free and len(whole) > LONGEST_ASIDE:
            return False
        named = self.named(whole)
        if named is not None:
            self.read(named, asked=True)
            if not free and named.kind != "text":
                self.others(named)
            if not self.found and named.name in self.values:
                self.found.reopened = named.name
            return bool(self.found)
        self.others(None)
        if not self.found:
            self.lone_number()
        if not self.found and not free:
            self.take_back(whole)
        if not self.found and not free:
            self.ask_at_once(whole)
        self.check_times()
        return bool(self.found)

    def ask_at_once(self, whole: str) -> None:
        """电话错了, before there is one: that is what they want to tell next."""
        named = self.named(whole, of_all=True)
        if named is not None and len(bare(whole)) <= LONGEST_WRONG and not remarks.asks(whole):
            self.found.reopened = named.name

    def others(self, beside: Slot | None) -> None:
        """Values that name themselves: first for what is filled, then for what is not."""
        filled = [one for one in self.form.slots if not self.is_empty(one)]
        empty = [one for one in self.form.slots if self.is_empty(one)]
        for slot in (*_days_first(filled), *_days_first(empty)):
            if slot is not beside and slot.kind != "text":
                self.read(slot, asked=False)

    def lone_number(self) -> None:
        """改成6个: of whatever there is one number of."""
        counted = [
            one
            for one in self.form.slots
            if one.kind in ("people", "number") and not self.is_empty(one)
        ]
        if len(counted) == 1:
            self.read(counted[0], asked=True)

    def take_back(self, whole: str) -> None:
        """A bare 不对 is about what was said last."""
        if self.asked is None or remarks.yes_or_no(whole) is not False:
            return
        if self.asked.kind == "yes_no":
            return
        filled = [one.name for one in self.form.slots if not self.is_empty(one)]
        if filled:
            at = [one.name for one in self.form.slots].index(self.asked.name)
            before = [one.name for one in self.form.slots[:at] if one.name in filled]
            self.found.reopened = (before or filled)[-1]

    def named(self, whole: str, of_all: bool = False) -> Slot | None:
        """The slot that the text calls by its name, of those asked for so far or of all."""
        for slot in self.form.slots:
            if not of_all and slot.name not in self.values and slot is not self.asked:
                continue
            if any(name in whole for name in self.names(slot)):
                return slot
        return None

    @staticmethod
    def names(slot: Slot) -> list[str]:
        """What people call what the slot holds."""
        return [name for name in (slot.title, slot.english.lower(), *_CALLED.get(slot.kind, ()))
                if name]  # fmt: skip

    # --- one slot --------------------------------------------------------------------------

    def read(self, slot: Slot, *, asked: bool) -> None:
        kept = self.values.get(slot.name)
        read_ = read(slot, self.heard, asked=asked, kept=kept, day=self.day(slot))
        if read_ is None or (isinstance(read_, Problem) and read_.vague and not asked):
            return
        if isinstance(read_, Problem):
            if self.found.problem is None:
                self.found.problem = (slot, read_)
            return
        self.use(slot, read_)
        if read_.value != kept:
            self.found.values[slot.name] = read_.value
            if kept is not None and slot is not self.asked:
                self.found.changed.append(slot.name)
        elif asked:
            self.found.values[slot.name] = read_.value

    def use(self, slot: Slot, reading: Reading) -> None:
        if reading.found is None:
            return
        self.pieces.append((reading.found.start, reading.found.end))
        for kind in slot.kinds:
            self.heard.take("date" if kind == "moment" else kind, reading.found)
            if kind in ("date", "time", "moment"):
                parts = ("date", "time") if kind == "moment" else (kind,)
                for part in parts:
                    pool = self.heard.pools[part]
                    pool[:] = [one for one in pool if one is not reading.found]

    def day(self, slot: Slot) -> date | None:
        """The day that a time is of: the form's first date, as it is known now."""
        for one in self.form.slots:
            if one.kind == "date":
                said = self.found.values.get(one.name) or self.values.get(one.name)
                return date.fromisoformat(said) if said else None
        return None

    def check_times(self) -> None:
        """A time of today that was said before its day: it may be over."""
        today = self.heard.today
        if self.found.problem is not None or self.day(self.form.slots[0]) != today:
            return
        for slot in self.form.slots:
            said = self.found.values.get(slot.name) or self.values.get(slot.name)
            if slot.kind == "time" and said and said[:5] <= f"{self.heard.now:%H:%M}":
                self.found.values.pop(slot.name, None)
                if slot.name in self.found.changed:
                    self.found.changed.remove(slot.name)
                now = f"{self.heard.now:%H:%M}"
                self.found.problem = (slot, Problem("slot.time_past", {"now": now}))
                return

    def rest(self) -> str:
        """The text without the values and the small words around them."""
        text = self.heard.plain
        for start, end in sorted(self.pieces, reverse=True):
            text = text[:start] + text[end:]
        for slot in self.form.slots:
            for name in self.names(slot) if slot.name in self.found.values else ():
                text = text.replace(name, "", 1)
        return remarks.without_small_words(bare(text))


def _is_number(slot: Slot) -> bool:
    return slot.kind in ("phone", "order_number")


def _days_first(slots: list[Slot]) -> list[Slot]:
    """A time is read with its day in mind."""
    return sorted(slots, key=lambda one: one.kind != "date")
