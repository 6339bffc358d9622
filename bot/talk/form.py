"""A form and its slots, compiled: what bot.talk.forms reads from documents."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.nlp.normalise import bare, normalise

ENTITY = "entity:"
# What these hold says who somebody is, or is whatever they chose to write: kept sealed.
PERSONAL = frozenset({"phone", "order_number", "text"})
LONGEST_ORDER = 40


@dataclass(frozen=True, slots=True)
class Words:
    """A text in Chinese, and in English where somebody wrote that, too."""

    zh: str = ""
    en: str = ""

    def __bool__(self) -> bool:
        return bool(self.zh)

    def of(self, lang: str) -> str:
        return self.en if lang != "zh" and self.en else self.zh


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One thing that a form asks for.

    least, most  days from today (date, moment), the number itself (number, people), fen (money),
                 characters (text); 0 and 0 for other kinds
    hours        of time and moment: ("10:00", "21:30") pairs, none for any time
    choices      of choice, and of entity:… once it is compiled: names, the canonical one first
    of           of choice: "topics" takes the house's own topics, where there are two at least
    units        of number: 岁; a number with one of them is heard in any message
    also         a kind that is taken instead: phone where an order number is asked for
    """

    name: str
    title: str
    kind: str
    ask: Words
    english: str = ""
    also: str = ""
    again: Words = Words()
    required: bool = True
    least: int = 0
    most: int = 0
    hours: tuple[tuple[str, str], ...] = ()
    choices: tuple[tuple[str, ...], ...] = ()
    of: str = ""
    units: tuple[str, ...] = ()
    many: bool = False
    attempts: int = 3

    @property
    def kinds(self) -> tuple[str, ...]:
        return (self.kind, self.also) if self.also else (self.kind,)

    @property
    def personal(self) -> bool:
        return not PERSONAL.isdisjoint(self.kinds)

    @property
    def listed(self) -> bool:
        """It has names to choose among."""
        return self.kind == "choice" or self.kind.startswith(ENTITY)

    def called(self, lang: str) -> str:
        return self.english if lang != "zh" and self.english else self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`open` (phrases) and `intents` begin it; `event`: the kind of event that is
    appended when it is done, "" for none. `done`: answers, all of them given."""

    slug: str
    title: str
    slots: tuple[Slot, ...]
    english: str = ""
    trades: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    opening: Words = Words()
    confirm: Words = Words()
    done: tuple[Any, ...] = ()
    cancelled: Words = Words()
    event: str = ""
    minutes: int = 30
    digress: bool = True

    def slot(self, name: str) -> Slot | None:
        return next((one for one in self.slots if one.name == name), None)

    def called(self, lang: str) -> str:
        return self.english if lang != "zh" and self.english else self.title

    def begun_by(self, bared: str) -> bool:
        """The whole text (normalised, without punctuation) is one of the phrases that begin it."""
        return bared in _compared(self.open)


@lru_cache(maxsize=256)
def _compared(phrases: tuple[str, ...]) -> frozenset[str]:
    """What the phrases are when they are typed. Every text is compared with those of every form."""
    return frozenset(bare(normalise(one)) for one in phrases)
