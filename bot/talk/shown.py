"""Values of slots as people read them, in questions, confirmations and answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.i18n import t
from bot.talk.form import Form, Slot
from bot.values.money import yuan


def variables(form: Form, values: Mapping[str, Any], lang: str) -> dict[str, str]:
    """What {slot} says in the form's texts and answers."""
    return {
        slot.name: shown(slot, values[slot.name], lang)
        for slot in form.slots
        if slot.name in values
    }


def shown(slot: Slot, value: Any, lang: str) -> str:
    """A value in the reader's language, for questions and confirmations."""
    if value is None:
        return t("slot.none", lang)
    match slot.kind:
        case "date":
            return day_words(str(value), lang)
        case "moment":
            day, _, clock = str(value).partition("T")
            return " ".join(filter(None, (day_words(day, lang) if day else "", clock)))
        case "money":
            return yuan(int(value))
        case "yes_no":
            return t("slot.yes" if value else "slot.no", lang)
    if isinstance(value, list):
        return named_in_row(value, lang)
    return str(value)


def day_words(said: str, lang: str) -> str:
    """2026-11-27 as people read it."""
    day = date.fromisoformat(said)
    weekday = t("slot.weekdays", lang).split(",")[day.weekday()]
    return t("slot.day", lang, month=day.month, day=day.day, weekday=weekday)


def named_in_row(names: list[str], lang: str = "zh") -> str:
    return t("list.separator", lang).join(names)
