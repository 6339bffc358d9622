"""What a text says about the slots of a form: parsed once, read slot by slot, checked.

Values are JSON, and small:

    date "2026-12-03" · time "18:00" or "14:00-16:00" · moment "2026-12-03T18:00", or the half of it
    that is known ("2026-12-03", "T18:00") · number, people and money (fen) whole numbers ·
    phone "13800138000" · order_number "E2026112100" · text as it was typed · choice and entity the
    canonical name, a list of them where several may be chosen · yes_no true or false
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from bot.i18n import t
from bot.nlp.found import Found
from bot.nlp.normalise import bare, normalise
from bot.nlp.phrases import Phrases
from bot.nlp.values import moments, money, numbers, orders, people, phones
from bot.talk import remarks
from bot.talk.form import LONGEST_ORDER, Slot
from bot.talk.shown import day_words, named_in_row, yuan

LONGEST_HEARD = 500  # characters of a text that are looked at
_DAY_ALONE = re.compile(r"[0-3]?\d|[一二三四五六七八九十廿]{1,3}")
_HOUR_ALONE = re.compile(r"[0-2]?\d|[一二两三四五六七八九十]{1,3}")
_NTH = re.compile(r"(?:选|要|就|第)*(\d{1,2}|[一二三四五六七八九十])(?:个|号|项|种|吧|的)*")
_ORDER = re.compile(
    rf"(?<![A-Za-z0-9])[A-Za-z0-9][A-Za-z0-9-]{{5,{LONGEST_ORDER - 1}}}(?![A-Za-z0-9])"
)
_DIGIT = re.compile(r"\d")
_UNSEEN = re.compile("[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
_CHINESE = {char: n for n, char in enumerate("一二三四五六七八九十", 1)}
_CLOCK_KINDS = frozenset({"time", "moment"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value that was named cannot be taken: a key of the catalogue and what to fill in.

    `vague`: it is said half; that is no fault where nobody has asked for it yet.
    """

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    vague: bool = False

    def words(self, lang: str) -> str:
        days = {k: day_words(v, lang) for k, v in self.values.items() if k == "day"}
        return t(self.key, lang, **{**self.values, **days})


@dataclass(frozen=True, slots=True)
class Reading:
    """A value for a slot and the piece of the text that says it, None for the whole."""

    value: Any
    found: Found | None = None


@dataclass(slots=True)
class Heard:
    """One text with all values that it names. Reading takes them out: each means one slot."""

    typed: str
    plain: str
    now: datetime  # in the account's zone
    zone: tzinfo
    pools: dict[str, list[Found]]

    @property
    def today(self) -> date:
        return self.now.date()

    def first(self, kind: str) -> Found | None:
        pool = self.pools.get(kind)
        return pool[0] if pool else None

    def take(self, kind: str, found: Found | None) -> None:
        """What this piece says is used up: as this kind, and as any other that is not a part."""
        if found is None:
            return
        for other, pool in self.pools.items():
            parts = {kind, other} == {"date", "time"}
            if not parts:
                pool[:] = [one for one in pool if not _overlap(one, found)]


def _overlap(one: Found, other: Found) -> bool:
    return one.start < other.end and other.start < one.end


def hear(typed: str, plain: str, now: datetime, zone: tzinfo, *, budget: bool = False) -> Heard:
    """Parse a text. `budget`: money was asked for, so that a bare number is an amount."""
    plain = plain[:LONGEST_HEARD]
    at = moments(plain, now, zone)
    calls, sent = phones(plain), orders(plain)
    taken = [*at, *calls, *sent]
    pools = {
        "date": [one for one in at if one.value["date"] is not None or "every" in one.value],
        "time": [one for one in at if one.value["time"] is not None],
        "people": people(plain),
        "money": money(plain, budget),
        "phone": calls,
        "order_number": [one for one in sent if not any(_overlap(one, each) for each in calls)],
        "number": [n for n in numbers(plain) if not any(_overlap(n, each) for each in taken)],
    }
    return Heard(typed[:LONGEST_HEARD], plain, now.astimezone(zone), zone, pools)


def read(
    slot: Slot, heard: Heard, *, asked: bool, kept: Any = None, day: date | None = None
) -> Reading | Problem | None:
    """What the text says about this slot; None: nothing.

    asked   the slot is the question that is open (or named in the text): then bare numbers, short
            words and whatever was typed are answers, too
    kept    what the slot holds: a moment keeps the half that this text does not name
    day     the day that a time is of, where another slot holds it
    """
    for kind in slot.kinds:
        found = _explicit(kind, slot, heard, asked, kept, day)
        if found is not None:
            return found
    return _as_asked(slot, heard, day) if asked else None


def _explicit(
    kind: str, slot: Slot, heard: Heard, asked: bool, kept: Any, day: date | None
) -> Reading | Problem | None:
    match kind:
        case "date":
            return _date(slot, heard, heard.first("date"))
        case "time":
            return _time(slot, heard, heard.first("time"), day)
        case "moment":
            return _moment(slot, heard, kept)
        case "people":
            found = heard.first("people")
            return _counted(slot, found, _most(found)) if found else None
        case "money":
            found = heard.first("money")
            return _counted(slot, found, _most_fen(found)) if found else None
        case "phone" | "order_number":
            found = heard.first(kind)
            return Reading(found.value[:LONGEST_ORDER], found) if found else None
        case _ if slot.listed:
            return _chosen(slot, heard, asked)
    return None


def _as_asked(slot: Slot, heard: Heard, day: date | None) -> Reading | Problem | None:
    """An answer that is one only because this was the question."""
    match slot.kind:
        case "date":
            return _completed(slot, heard, _DAY_ALONE, "号", day)
        case "time":
            return _completed(slot, heard, _HOUR_ALONE, "点", day)
        case "people" | "number":
            found = heard.first("number")
            return _counted(slot, found, found.value) if found else None
        case "phone" | "order_number":
            return _numbered(slot, heard)
        case "text":
            return _text(slot, heard)
        case "yes_no":
            return _yes_no(heard)
    return None


# --- days and times ------------------------------------------------------------------------------


def _completed(
    slot: Slot, heard: Heard, alone: re.Pattern[str], unit: str, day: date | None
) -> Reading | Problem | None:
    """28 for the 28th, 7 for seven o'clock: nothing else stands in the text."""
    said = bare(heard.plain)
    if not alone.fullmatch(said):
        return None
    named = moments(said + unit, heard.now, heard.zone)
    found = named[0] if named else None
    read = _date(slot, heard, found) if unit == "号" else _time(slot, heard, found, day)
    return Reading(read.value) if isinstance(read, Reading) else read


def _date(slot: Slot, heard: Heard, found: Found | None) -> Reading | Problem | None:
    if found is None:
        return None
    said = found.value
    if "every" in said or _is_span(said) or (said["fuzzy"] and said["time"] is None):
        return Problem("slot.date_vague", vague=True)
    day = date.fromisoformat(said["date"])
    wrong = _wrong_day(slot, day, heard.today)
    return wrong or Reading(day.isoformat(), found)


def _is_span(said: Mapping[str, Any]) -> bool:
    """周末, 3号到5号: it ends on another day."""
    return len(said.get("until", "")) == len("2026-12-05")


def _wrong_day(slot: Slot, day: date, today: date) -> Problem | None:
    ahead = (day - today).days
    if ahead < slot.least:
        earliest = today + timedelta(slot.least)
        if ahead < 0 <= slot.least:
            return Problem("slot.date_past")
        return Problem("slot.date_early", {"day": earliest.isoformat()})
    if ahead > slot.most:
        return Problem("slot.date_far", {"day": (today + timedelta(slot.most)).isoformat()})
    return None


def _time(
    slot: Slot, heard: Heard, found: Found | None, day: date | None
) -> Reading | Problem | None:
    """The reading of the clock that is open, and still to come: 七点 is the evening here."""
    if found is None or found.value["time"] is None:
        return None
    said = found.value
    if said["fuzzy"] and ("until" in said or "side" in said):
        return Problem("slot.time_vague", vague=True)
    if said["date"] is not None:
        day = date.fromisoformat(said["date"])
    readings = [said["time"], *([said["other"]] if "other" in said else [])]
    if day not in (None, heard.today):
        readings.sort(key=lambda clock: not "07:00" <= clock <= "18:59")
    opened = [clock for clock in readings if _is_open(slot, clock)]
    if not opened:
        hours = ", ".join(f"{first}-{last}" for first, last in slot.hours)
        return Problem("slot.time_closed", {"hours": hours})
    ahead = [clock for clock in opened if day != heard.today or clock > f"{heard.now:%H:%M}"]
    if not ahead and slot.least >= 0:
        return Problem("slot.time_past", {"now": f"{heard.now:%H:%M}"})
    clock = (ahead or opened)[0]
    until = said.get("until", "")
    ends = bool(until) and not said["fuzzy"] and not _is_span(said) and clock == said["time"]
    return Reading(f"{clock}-{until[-5:]}" if ends else clock, found)


def _is_open(slot: Slot, clock: str) -> bool:
    return not slot.hours or any(
        first <= clock <= last if first < last else clock >= first or clock <= last
        for first, last in slot.hours
    )


def _moment(slot: Slot, heard: Heard, kept: Any) -> Reading | Problem | None:
    """A day and a time, or the half that is named with the half that was kept."""
    old_day, _, old_clock = str(kept or "").partition("T")
    day = _date(slot, heard, heard.first("date"))
    if isinstance(day, Problem):
        return day
    on = day.value if day else old_day
    clock = _time(slot, heard, heard.first("time"), date.fromisoformat(on) if on else None)
    if isinstance(clock, Problem) and not (clock.vague and day):
        return clock
    at = clock.value if isinstance(clock, Reading) else old_clock
    if day is None and not isinstance(clock, Reading):
        return None
    found = day.found if day else clock.found if isinstance(clock, Reading) else None
    return Reading(f"{on}T{at}" if at else on, found)


def complete(slot: Slot, value: Any) -> bool:
    """Nothing of it is missing: of a moment both the day and the time are known."""
    return slot.kind != "moment" or len(str(value)) > len("2026-12-03T")


# --- numbers -------------------------------------------------------------------------------------


def _most(found: Found) -> int:
    """三四个人 want a table for four."""
    return int(found.value.get("most", found.value["count"]))


def _most_fen(found: Found) -> int:
    return int(found.value.get("most_fen", found.value["fen"]))


def _counted(slot: Slot, found: Found, value: Any) -> Reading | Problem:
    if isinstance(value, list):
        if slot.kind != "people":
            return Problem("slot.number_vague")
        value = value[-1]
    if value != int(value):
        return Problem("slot.number_vague")
    if not slot.least <= value <= slot.most:
        kind = slot.kind if slot.kind in ("people", "money") else "number"
        side, bound = ("few", slot.least) if value < slot.least else ("many", slot.most)
        shown = yuan(bound) if kind == "money" else str(bound)
        return Problem(f"slot.{kind}_{side}", {"bound": shown})
    return Reading(int(value), found)


def _numbered(slot: Slot, heard: Heard) -> Reading | Problem | None:
    """A telephone or order number that was typed in answer; or what is wrong with it."""
    if "order_number" in slot.kinds:
        for token in _ORDER.finditer(heard.plain):
            if len(_DIGIT.findall(token.group())) >= 4:
                found = Found(token.start(), token.end(), token.group())
                return Reading(token.group().replace("-", "").upper(), found)
    digits = len(_DIGIT.findall(heard.plain))
    if digits < 3:
        return None
    if "order_number" in slot.kinds:
        return Problem("slot.order_wrong")
    return Problem("slot.phone_wrong", {"count": digits})


# --- words ---------------------------------------------------------------------------------------


def _text(slot: Slot, heard: Heard) -> Reading | Problem | None:
    typed = " ".join(_UNSEEN.sub(" ", heard.typed).split())
    if not bare(heard.plain):
        return None
    if len(typed) > slot.most:
        return Problem("slot.text_long", {"most": slot.most})
    if len(typed) < slot.least:
        return Problem("slot.text_short", {"least": slot.least})
    return Reading(typed)


def _yes_no(heard: Heard) -> Reading | None:
    said = remarks.yes_or_no(heard.plain)
    return None if said is None else Reading(said)


@lru_cache(maxsize=64)
def _phrases(choices: tuple[tuple[str, ...], ...]) -> Phrases[str]:
    return Phrases({normalise(name): names[0] for names in reversed(choices) for name in names})


def _chosen(slot: Slot, heard: Heard, asked: bool) -> Reading | Problem | None:
    """Names in the text; in answer also their numbers, and all of them where several may be."""
    named = [
        (start, end, name)
        for start, end, name in _phrases(slot.choices).find(heard.plain)
        if asked or end - start > 1
    ]
    chosen = list(dict.fromkeys(name for _, _, name in named))
    if asked and not chosen:
        chosen = _by_number(slot, bare(heard.plain))
    if not chosen:
        return None
    if slot.many:
        return Reading(sorted(chosen, key=[names[0] for names in slot.choices].index))
    if len(chosen) > 1:
        return Problem("slot.choice_one", {"options": named_in_row(chosen)}, vague=True)
    found = Found(named[0][0], named[0][1], chosen[0]) if named else None
    return Reading(chosen[0], found)


def _by_number(slot: Slot, said: str) -> list[str]:
    """1, 第二个; where several may be chosen 13, 1和3, 都要."""
    if slot.kind != "choice":
        return []
    names = [names[0] for names in slot.choices]
    if slot.many and remarks.everything(said):
        return names
    numbers = [said]
    if slot.many:
        rest = re.sub("[和跟与及,、 第个号]", "", said)
        numbers = list(rest) if len(names) <= 9 else re.findall(r"\d{1,2}", said)
    found = []
    for one in numbers:
        match = _NTH.fullmatch(one)
        number = _CHINESE.get(match.group(1)) or _whole(match.group(1)) if match else 0
        if not 1 <= number <= len(names):
            return []
        found.append(names[number - 1])
    return list(dict.fromkeys(found))


def _whole(said: str) -> int:
    return int(said) if said.isascii() and said.isdecimal() else 0
