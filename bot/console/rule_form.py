"""A rule as a form, all that its document can say: from the form to the document and back.

What somebody opens and saves as it is stays the same document. What a field shows shorter than it
is kept (an instant with its offset, midnight as 24:00) is kept as it was while its field says the
same; keywords keep their order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from bot.console import answer_form
from bot.console.shell import Words
from bot.errors import InvalidInput
from bot.talk import rulebook
from bot.talk.files import read_yaml
from bot.talk.rules import MATCHES, PRIORITY
from bot.talk.times import DAYS, MOST_HOURS

Document = dict[str, Any]
Given = MultiDict[str, str]
LONGEST = 64_000  # characters of a document
SPARE_HOURS = 2
WEEK = ("1", "2", "3", "4", "5", "6", "7")
_ACT = re.compile(r"(add|remove|up|article)(?:-(\d{1,2}))?")
_FREE = "rule-{}"


def keywords_of(document: Mapping[str, Any], match: str) -> list[str]:
    """Keywords of one kind, as they were written."""
    return [text for text, how in map(_keyword, document.get("keywords") or ()) if how == match]


def whole(document: Mapping[str, Any]) -> Document | None:
    """The document as it is written today; None where it cannot be read."""
    try:
        return rulebook.write(rulebook.read([document]))[0]
    except InvalidInput:
        return None


def free_slug(taken: Collection[str]) -> str:
    """For whoever gives a new rule none."""
    return next(name for n in range(1, len(taken) + 2) if (name := _FREE.format(n)) not in taken)


# --- from the form -------------------------------------------------------------------------------


def from_form(given: Given, old: Mapping[str, Any], zone: ZoneInfo) -> Document:
    """The document that the form says; it is still to be read.

    old   the one that the form was opened of, `whole`; of a new rule what it is to answer to
    """
    on = old.get("on") or given.get("on", "message")
    found: Document = {
        "slug": old.get("slug") or given.get("slug", "").strip(),
        "on": on,
        "name": given.get("name", "").strip(),
        "keywords": _keywords(given, old) if on == "message" else [],
        "scenes": _listed(given.get("scenes", "")) if on == "subscribe" else [],
        "answers": answer_form.answers_from(given),
        "give": given.get("give", "all"),
        "priority": _whole(given.get("priority", "").strip() or str(PRIORITY)),
        "hours": _hours(given, old),
        "weekdays": [int(day) for day in given.getlist("weekday") if day in "1234567"],
        **{name: _moment(given, old, name, zone) for name in ("starts_at", "ends_at")},
        "segment": given.get("segment", ""),
        "enabled": "enabled" in given,
    }
    return {name: value for name, value in found.items() if value not in ("", [])}


def acted(document: Document, act: str) -> int | None:
    """One step of editing that saves nothing: add, up-1, remove-1, article-1. The answer that it is
    about; None: it is no such step."""
    found = _ACT.fullmatch(act)
    if found is None:
        return None
    answers: list[Document] = document.setdefault("answers", [])
    at = int(found[2]) if found[2] else len(answers)
    if found[1] == "add":
        answers.append({"text": ""})
    elif at >= len(answers):
        return None
    elif found[1] == "remove":
        del answers[at]
        at = max(at - 1, 0)
    elif found[1] == "up" and at:
        answers[at - 1 : at + 1] = answers[at], answers[at - 1]
        at -= 1
    return at


def from_yaml(text: str, slug: str) -> Document:
    """The document as it was written; of the rule that it was opened as. Raises InvalidInput."""
    if len(text) > LONGEST:
        raise InvalidInput(f"wants at most {LONGEST:,} characters", "document")
    found = read_yaml(text)
    if not isinstance(found, dict):
        raise InvalidInput("wants a rule: names and values", "document")
    if slug and found.get("slug", slug) != slug:
        raise InvalidInput(f"the slug of this rule is {slug}", "slug")
    return {**({"slug": slug} if slug else {}), **found}


def _keywords(given: Given, old: Mapping[str, Any]) -> list[Any]:
    """Those that were there in their order, then the new ones. One with a line break in it is more
    than a line can say, and stays."""
    before = list(map(_keyword, old.get("keywords") or ()))
    typed = [(text, match) for match in MATCHES for text in _listed(given.get(match, ""))]
    left = Counter(typed)
    found = []
    for one in before:
        if "\n" in one[0] or left[one] > 0:
            found.append(one)
            left[one] -= 1
    for one in typed:
        if left[one] > 0:
            found.append(one)
            left[one] -= 1
    return [text if match == "exact" else {"text": text, "match": match} for text, match in found]


def _keyword(item: Any) -> tuple[str, str]:
    if isinstance(item, Mapping):
        return str(item.get("text", "")), str(item.get("match", "exact"))
    return str(item), "exact"


def _hours(given: Given, old: Mapping[str, Any]) -> list[str]:
    """Spans from their pairs of fields; one of which both are empty is none."""
    kept = {_span(one): str(one) for one in old.get("hours") or ()}
    pairs = zip(given.getlist("from"), given.getlist("to"), strict=False)
    typed = [(start.strip(), end.strip()) for start, end in pairs if start.strip() or end.strip()]
    return [kept.get(one) or f"{one[0]}-{_midnight(*one)}" for one in typed]


def _midnight(start: str, end: str) -> str:
    return "24:00" if end == "00:00" else end


def _span(text: Any) -> tuple[str, str]:
    """As two fields of a time show it, which know no 24:00."""
    start, _, end = str(text).partition("-")
    return start, "00:00" if end == "24:00" else end


def _moment(given: Given, old: Mapping[str, Any], name: str, zone: ZoneInfo) -> str:
    typed, kept = given.get(name, "").strip(), old.get(name)
    return str(kept) if kept and typed == local(kept, zone) else typed


def _listed(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").split("\n")
    return [line.strip() for line in lines if line.strip()]


def _whole(text: str) -> int | str:
    """What is no number stays, to be refused where the document is read."""
    return int(text) if text.isdecimal() and len(text) < 10 else text


# --- shown ---------------------------------------------------------------------------------------


def shown(document: Mapping[str, Any], zone: ZoneInfo, articles: int = -1) -> dict[str, Any]:
    """The form's fields, of a `whole` document or of one that a form said."""
    hours = [_span(one) for one in document.get("hours") or ()]
    spare = min(SPARE_HOURS, MOST_HOURS - len(hours))
    return {
        **{name: document.get(name, "") for name in ("slug", "name", "segment")},
        **{match: [one for one in keywords_of(document, match) if "\n" not in one]
           for match in MATCHES},
        "broken": [text for text, _ in map(_keyword, document.get("keywords") or ())
                   if "\n" in text],
        "scenes": list(document.get("scenes") or ()),
        "answers": answer_form.shown(list(document.get("answers") or [{"text": ""}]), articles),
        "give": document.get("give", "all"),
        "priority": document.get("priority", PRIORITY),
        "hours": [*hours, *[("", "")] * max(spare, 0)],
        "weekdays": list(document.get("weekdays") or ()),
        **{name: local(document.get(name), zone) for name in ("starts_at", "ends_at")},
        "enabled": bool(document.get("enabled", True)),
    }  # fmt: skip


def local(at: Any, zone: ZoneInfo) -> str:
    """An instant of a document for <input type=datetime-local>, by the account's clock."""
    try:
        found = datetime.fromisoformat(str(at or ""))
    except ValueError:
        return str(at or "")
    return f"{found.astimezone(zone) if found.tzinfo else found:%Y-%m-%dT%H:%M}"


def when_said(one: Mapping[str, Any], say: Words, zone: ZoneInfo) -> str:
    """Days, hours and dates of a rule's document; that it holds always where it has none."""
    parts = []
    if (days := one.get("weekdays")) and list(days) != list(DAYS):
        parts.append(say("con.rules.comma").join(say(f"con.weekday.{day}") for day in days))
    parts += [str(span) for span in one.get("hours") or ()]
    for name in ("starts_at", "ends_at"):
        if one.get(name):
            at = local(one[name], zone).replace("T", " ")
            parts.append(say(f"con.rules.{name}", at=at))
    return " · ".join(parts) or say("con.rules.always")
