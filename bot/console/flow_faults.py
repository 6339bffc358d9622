"""What is wrong with a journey in its reader's words: which step, which of its fields, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.console.document_words import DocumentWords
from bot.console.shell import Words, language, refusal
from bot.errors import HongyanError
from bot.i18n import catalogue
from bot.journey.definition import Kind
from bot.journey.editing import kind_of, steps_of
from bot.journey.sketch import Fault

_STEP = re.compile(r"steps\[(\d+)\]\.?(.*)", re.DOTALL)
_PLACE = re.compile(r"\[(\d+)\]")


def step_called(step: Mapping[str, Any], say: Words) -> str:
    """What it does, and its own name."""
    kind = kind_of(step)
    return say(
        "con.canvas.step",
        kind=say(f"con.step.{kind.value}") if kind else "?",
        step=str(step.get("id", "")),
    )


def field_said(path: str, say: Words) -> str:
    """A field of a step, or of what leads in and out, as its form calls it. Places of a list count
    from 1, as one counts on the page."""
    if ".if" in path or path == "if":
        way = re.match(r"branch\.ways\[(\d+)\]", path)
        name = say("con.step.f.if")
        return f"{say('con.step.f.way', number=int(way[1]) + 1)} › {name}" if way else name
    kinds = {kind.value for kind in Kind}
    first, _, rest = path.partition(".")
    inside = rest if first in kinds and rest else path
    key = f"con.step.f.{inside}"
    if key in catalogue(language()):
        return say(key)
    counted = _PLACE.sub(lambda found: f"[{int(found[1]) + 1}]", inside)
    return DocumentWords("journey", say).label(counted)


def fault_said(fault: Fault, say: Words) -> str:
    """What cannot be read, by the words of its field."""
    field = field_said(fault.path, say)
    if fault.empty or (".if" in fault.path and fault.said.startswith("one of")):
        return say("con.canvas.lacks", field=field)
    return say("con.canvas.fault", field=field, why=refusal(fault.said))


def refused(error: HongyanError, document: Any, say: Words) -> str:
    """A refusal of a journey's document with its step and its field in words."""
    path, text = getattr(error, "field", ""), str(error)
    if not path or not text.startswith(f"{path}: "):
        return refusal(text)
    why = refusal(text.removeprefix(f"{path}: "))
    if path.startswith("steps."):
        return why  # names its step itself
    found = _STEP.fullmatch(path)
    if found is None:
        return say("con.canvas.fault", field=field_said(path, say), why=why)
    steps = steps_of(document) if isinstance(document, Mapping) else []
    at = int(found[1])
    named = step_called(steps[at], say) if at < len(steps) else say("con.canvas.nth", number=at + 1)
    if not found[2]:
        return say("con.canvas.step_fault", step=named, what=why)
    fault = say("con.canvas.fault", field=field_said(found[2], say), why=why)
    return say("con.canvas.step_fault", step=named, what=fault)
