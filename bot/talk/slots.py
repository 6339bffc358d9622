"""What a text says about the slots of a form: parsed once, read slot by slot, checked.

Values are JSON, and small:

    date "2026-12-03" · time "18:00" or "14:00-16:00" · moment "2026-12-03T18:00", or the half of it
    that is known ("2026-12-03", "T18:00") · number, people and money (fen) whole numbers ·
    phone "13800138000" · order_number "E2026112100" · text as it was typed · choice and entity the
    canonical name, a list of them where several may be chosen · yes_no true or false
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Any

from bot.nlp.found import Found
from bot.nlp.normalise import bare, normalise
from bot.nlp.numerals import RANGE, parsed
from bot.nlp.phrases import Phrases
from bot.talk import remarks
from bot.talk.form import LONGEST_ORDER, Slot
from bot.talk.heard import Heard, Problem, Reading
from bot.talk.shown import named_in_row
from bot.talk.when import DAY_ALONE, HOUR_ALONE, completed, day_of, moment_of, time_of
from bot.values.money import yuan

_NTH = re.compile(r"(?:选|要|就|第)*(\d{1,2}|[一二三四五六七八九十])(?:个|号|项|种|吧|的)*")
_ORDER = re.compile(
    rf"(?<![A-Za-z0-9])[A-Za-z0-9][A-Za-z0-9-]{{5,{LONGEST_ORDER - 1}}}(?![A-Za-z0-9])"
)
_DIGIT = re.compile(r"\d")
_UNSEEN = re.compile("[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
_CHINESE = {char: n for n, char in enumerate("一二三四五六七八九十", 1)}


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
            return day_of(slot, heard, heard.first("date"))
        case "time":
            return time_of(slot, heard, heard.first("time"), day)
        case "moment":
            return moment_of(slot, heard, kept)
        case "number" if slot.units:
            return _with_unit(slot, heard)
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
            return completed(slot, heard, DAY_ALONE, "号", day)
        case "time":
            return completed(slot, heard, HOUR_ALONE, "点", day)
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


# --- numbers -------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _united(units: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(re.escape(normalise(one)) for one in sorted(units, key=len, reverse=True))
    return re.compile(rf"({RANGE}) ?(?:{names})(?!以)")


def _with_unit(slot: Slot, heard: Heard) -> Reading | Problem | None:
    """孩子7岁: a number names itself by its unit. From five to seven is no number."""
    for said in _united(slot.units).finditer(heard.plain):
        bounds = parsed(said.group(1))
        if bounds is not None and bounds[0] == bounds[1]:
            return _counted(slot, Found(said.start(), said.end(), bounds[0]), bounds[0])
    return None


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
