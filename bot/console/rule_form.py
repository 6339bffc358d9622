"""A rule as a form: its usual fields one by one; whatever else it has stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from bot.errors import InvalidInput
from bot.talk.files import read_yaml
from bot.talk.rules import PRIORITY

Document = dict[str, Any]
LONGEST = 64_000  # characters of a document


def keywords_of(document: Mapping[str, Any], match: str) -> list[str]:
    """Keywords of one kind, as they were written."""
    return [text for text, how in map(_keyword, document.get("keywords") or ()) if how == match]


def plain_answer(document: Mapping[str, Any]) -> str | None:
    """The one text that is answered; None where the answer is more than that."""
    answers = document.get("answers") or [{"text": ""}]
    alone = len(answers) == 1 and set(answers[0]) == {"text"}
    return str(answers[0]["text"]) if alone else None


def picture_answer(document: Mapping[str, Any]) -> str | None:
    """The media_id of the one picture that is answered; None where it is anything else."""
    answers = list(document.get("answers") or ())
    return str(answers[0]["image"]) if len(answers) == 1 and set(answers[0]) == {"image"} else None


def is_plain(document: Mapping[str, Any]) -> bool:
    """The form can say its answer: one text, or one picture."""
    return plain_answer(document) is not None or picture_answer(document) is not None


def from_form(given: MultiDict[str, str], old: Mapping[str, Any]) -> Document:
    """The document with what the form says; it is still to be read."""
    new: Document = {**old, "slug": old.get("slug") or given.get("slug", "").strip()}
    new["on"] = old.get("on") or given.get("on", "message")
    new["name"] = given.get("name", "").strip()
    new["priority"] = _whole(given.get("priority", "").strip() or str(PRIORITY))
    new["hours"] = _listed(given.get("hours", "").replace("，", "\n").replace(",", "\n"))
    new["enabled"] = "enabled" in given
    if new["on"] == "message":
        new["keywords"] = _keywords(given, old)
    if is_plain(old) and given.get("answer_kind") == "image":
        new["answers"] = [{"image": given.get("picture", "")}]
    elif is_plain(old):
        new["answers"] = [{"text": given.get("answer", "").replace("\r\n", "\n").strip()}]
    return {name: value for name, value in new.items() if value not in ("", [])}


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


def _keywords(given: MultiDict[str, str], old: Mapping[str, Any]) -> list[Any]:
    """Those of the form; patterns are edited as a document and stay."""
    exact: list[Any] = list(_listed(given.get("exact", "")))
    contains = [{"text": one, "match": "contains"} for one in _listed(given.get("contains", ""))]
    patterns = [{"text": one, "match": "regex"} for one in keywords_of(old, "regex")]
    return [*exact, *contains, *patterns]


def _keyword(item: Any) -> tuple[str, str]:
    if isinstance(item, str):
        return item, "exact"
    return str(item.get("text", "")), str(item.get("match", "exact"))


def _listed(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _whole(text: str) -> int | str:
    """What is no number stays, to be refused where the document is read."""
    return int(text) if text.isdecimal() and len(text) < 10 else text
