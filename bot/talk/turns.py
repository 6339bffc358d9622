"""What goes into one step of a form and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from bot.clock import to_ms
from bot.talk.deciding import Clarify
from bot.talk.filling import fill
from bot.talk.form import Form

ASKING, CONFIRMING, DONE, CANCELLED = "asking", "confirming", "done", "cancelled"
DIGRESSED, LAPSED, EXPIRED, GAVE_UP = "digressed", "lapsed", "expired", "gave_up"

# A text and the values of slots -> the text with its variables filled in.
Put = Callable[[str, Mapping[str, str]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far a form has come. JSON of less than 4 kB, a parked form included.

    values   slot -> value; None: left out on purpose
    open     the slot that is asked for, "" for the confirmation
    last     the slot that was filled last: what a bare 不对 is about
    misses, digressions   in a row, at this question
    aside    put aside until somebody answers it after all, or says 继续
    offered  it was just asked whether to go on: a bare 好的 is about that
    parked   the form that this one interrupted; that one has interrupted none
    """

    form: str
    until: int  # ms since 1970
    values: Mapping[str, Any] = field(default_factory=dict)
    open: str = ""
    last: str = ""
    misses: int = 0
    digressions: int = 0
    aside: bool = False
    offered: bool = False
    parked: State | None = None

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"form": self.form, "until": self.until, "open": self.open}
        document["values"] = dict(self.values)
        more = {"last": self.last, "misses": self.misses, "digressions": self.digressions,
                "aside": self.aside, "offered": self.offered}  # fmt: skip
        document |= {name: value for name, value in more.items() if value}
        return document | ({"parked": self.parked.to_json()} if self.parked else {})

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> State:
        parked = document.get("parked")
        return cls(**{**document, "parked": cls.of(parked) if parked else None})


@dataclass(frozen=True, slots=True)
class Turn:
    """`say`: texts, one after another. `values` of a form that is done. `taps`: choices to tap."""

    state: State | None
    say: tuple[str, ...]
    outcome: str
    why: str
    values: Mapping[str, Any] = field(default_factory=dict)
    taps: tuple[str, ...] = ()


def _put(text: str, values: Mapping[str, str]) -> str:
    return fill(text, values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a step needs beside form, state and text.

    matched  the keyword rule that takes the text: "exact", "part" of it, "" for none
    intents  those that the house has an answer to
    angry    so angry a text goes to a person
    """

    now: datetime
    zone: tzinfo
    lang: str = "zh"
    put: Put = _put
    how: Clarify = field(default_factory=Clarify)
    matched: str = ""
    intents: Collection[str] = ()
    angry: bool = False

    def until(self, form: Form) -> int:
        return to_ms(self.now + timedelta(minutes=form.minutes))
