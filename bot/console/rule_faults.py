"""What is wrong with a rule, beside the field that it is about and in the reader's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.console.answer_form import WHOLE, kind_of
from bot.console.refusals import told
from bot.console.shell import Words, language, refusal, words
from bot.errors import HongyanError, InvalidInput
from bot.talk.checking import Fault as NotThere
from bot.talk.checking import Faulty
from bot.talk.rulebook import Wrong
from bot.talk.rules import MOST_ANSWERS, MOST_KEYWORDS
from bot.talk.xray import Finding

_PLACE = re.compile(r"rules\[\d+\]\.?")
_STEP = re.compile(r"(\w+)(?:\[(\d+)\])?")
_SLUG = "wants 1 to 63 of"
_FROM_ONE = re.compile(r"wants a text of 1 to \d+ characters")
# Fields of the form that are called otherwise than the document's.
_CALLED = {"weekdays": "weekday", "hours": "from"}
_CHOSEN = ("coupon", "content", "form", "only", "segment", "image")  # from a list, not typed
_SAID = ("slug", "name", "keywords", "scenes", "answers", "give", "priority", "hours", "weekdays",
         "starts_at", "ends_at", "segment", "enabled", "on")  # fmt: skip
_OF_ANSWER = ("text", "image", "voice", "video", "music", "news", "menu", "miniprogram", "coupon",
              "content", "form", "human", "silent", "lang", "only", "title", "description", "thumb",
              "url", "hq_url", "picture_url", "head", "tail", "options", "say", "id", "appid",
              "pagepath")  # fmt: skip
Path = list[tuple[str, int | None]]


@dataclass(frozen=True)
class Fault:
    """`field`: the form's own name of it, "" where it is about none; `said` with what it is called
    before it, `why` alone."""

    field: str
    said: str
    why: str


def fault_of(error: HongyanError, document: Mapping[str, Any], names: Mapping[str, str]) -> Fault:
    """document: what was tried; names: slug -> what a rule is called."""
    say = words()
    if isinstance(error, Wrong):
        lines = [say("con.rules.not_saved"), *_findings(error.findings, names)]
        keyword = next((one.keyword for one in error.findings if one.keyword), "")
        return Fault(_of_keyword(document, keyword), "\n".join(lines), lines[1])
    if isinstance(error, Faulty):
        lines = [not_there(one, names) for one in error.faults]
        return Fault("", "\n".join([say("con.rules.not_published"), *lines]), "")
    field = error.field if isinstance(error, InvalidInput) else ""
    if not field:
        return Fault("", told(error), "")
    path = _within(_read(_PLACE.sub("", field, count=1)), document)
    plain = str(error).removeprefix(f"{field}: ")
    why = _why(path, plain, _value(document, path), say)
    label = _label(path, document, say)
    return Fault(_field(path, document), say("con.rules.fault", field=label, why=why), why)


def findings_said(findings: Iterable[Finding], names: Mapping[str, str]) -> list[str]:
    """Sentences in which rules are called what people call them."""
    return _findings(findings, names)


def _findings(findings: Iterable[Finding], names: Mapping[str, str]) -> list[str]:
    return [
        replace(one, rule=names.get(one.rule, one.rule), other=names.get(one.other, one.other)).why(
            language()
        )
        for one in findings
    ]


def not_there(one: NotThere, names: Mapping[str, str]) -> str:
    """What a draft names in vain: "rule tea: segment" as people say it."""
    say = words()
    what, _, field = one.field.partition(": ")
    kind, _, slug = what.partition(" ")
    known = kind in ("rule", "intent", "faq", "form", "entity", "setting")
    named = names.get(slug, slug) if kind == "rule" else slug
    where = say(f"con.rules.where.{kind}", name=named) if known else what
    label = _label(_read(field), {}, say) if field else ""
    why = refusal(one.why)
    return say("con.rules.fault", field=" · ".join(filter(None, (where, label))), why=why)


# --- where ---------------------------------------------------------------------------------------


def _read(field: str) -> Path:
    """answers[1].news[0].title as steps."""
    found = (_STEP.fullmatch(part) for part in field.split("."))
    return [(one[1], int(one[2]) if one[2] else None) for one in found if one]


def _within(path: Path, document: Mapping[str, Any]) -> Path:
    """With the step into a menu or a card, which the readers of those leave out."""
    kind = kind_of(_value(document, path[:1]) or {}) if path[:1] and path[0][0] == "answers" else ""
    outside = ("lang", "only", kind)
    if kind not in WHOLE or len(path) < 2 or path[1][0] in outside:
        return path
    return [path[0], (kind, None), *path[1:]]


def _value(document: Any, path: Path) -> Any:
    """What stands there; None for nothing."""
    for name, at in path:
        document = document.get(name) if isinstance(document, Mapping) else None
        if at is not None:
            listed = isinstance(document, list) and at < len(document)
            document = document[at] if listed else None
    return document


def _field(path: Path, document: Mapping[str, Any]) -> str:
    """The form's name of the field; of a row of fields its first."""
    name, at = path[0] if path else ("", None)
    if name == "keywords":
        return _match(document.get("keywords"), at)
    if name == "hours" and at is not None:
        return f"from-{at}"
    if name != "answers" or at is None:
        return _CALLED.get(name, name)
    row, inner = f"a{at}", path[1:]
    if not inner:
        return f"{row}-kind"
    kind = kind_of(_value(document, path[:1]) or {})
    first, inside = inner[0]
    if first in ("lang", "only"):
        return f"{row}-{first}"
    if first == "news" and inside is not None:
        return f"{row}-n{inside}-{inner[1][0] if len(inner) > 1 else 'title'}"
    if first == "menu" and len(inner) > 1 and inner[1][0] == "options":
        return f"{row}-m{inner[1][1] or 0}-{inner[2][0] if len(inner) > 2 else 'say'}"
    if first == kind:
        return f"{row}-{kind}-{inner[1][0]}" if len(inner) > 1 else f"{row}-{kind}"
    return f"{row}-{kind}-{first}"


def _match(keywords: Any, at: int | None) -> str:
    """The field in which a keyword stands."""
    one = keywords[at] if isinstance(keywords, list) and at is not None else None
    match = one.get("match", "exact") if isinstance(one, Mapping) else "exact"
    return match if match in ("exact", "contains", "regex") else "exact"


def _of_keyword(document: Mapping[str, Any], text: str) -> str:
    keywords = document.get("keywords")
    for at, one in enumerate(keywords if isinstance(keywords, list) else ()):
        if text and text == (one.get("text") if isinstance(one, Mapping) else one):
            return _match(keywords, at)
    return ""


# --- in words ------------------------------------------------------------------------------------


def field_said(path: str) -> str:
    """What a field of the document is called: answers[1].news[0].title."""
    return _label(_read(path), {}, words()) or path


def _label(path: Path, document: Mapping[str, Any], say: Words) -> str:
    parts = []
    for depth, (name, at) in enumerate(path):
        if depth == 0 and name == "keywords" and at is not None:
            one = _value(document, path[:1])
            text = one.get("text") if isinstance(one, Mapping) else one
            number = say("con.rules.keyword_at", number=at + 1)
            return say("con.rules.keyword_said", text=text) if text else number
        if depth == 0 and name == "answers" and at is not None:
            parts.append(say("con.rules.answer_at", number=at + 1))
        elif depth and name == "news" and at is not None:
            parts.append(say("con.rules.article_at", number=at + 1))
        elif depth and name == "options" and at is not None:
            parts.append(say("con.rules.option_at", number=at + 1))
        elif not (depth and name in ("menu", "miniprogram") and depth < len(path) - 1):
            known = _OF_ANSWER if depth else _SAID
            parts.append(say(f"con.rules.field.{name}") if name in known else name)
    return " · ".join(parts)


def _why(path: Path, plain: str, value: Any, say: Words) -> str:
    """What is wanted; of the usual slips in a word, else as the reader of the document says it."""
    name, at = path[-1] if path else ("", None)
    if plain.startswith("wants a list of") and name in ("keywords", "answers", "news", "options"):
        return say(
            f"con.rules.wants.{name}",
            most={"keywords": MOST_KEYWORDS, "answers": MOST_ANSWERS, "news": 8}.get(name, 10),
        )
    if name == "hours" and at is not None:
        return say("con.rules.wants.hours")
    if not value and name in _CHOSEN and (plain.startswith(_SLUG) or _FROM_ONE.match(plain)):
        return say("con.rules.wants.choice")
    if not value and _FROM_ONE.match(plain):
        return say("con.rules.wants.text")
    if name == "slug" and plain.startswith(_SLUG):
        return say("con.form.slug_hint")
    return refusal(plain)
