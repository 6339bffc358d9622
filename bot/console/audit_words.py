"""An entry of the audit log in words: who did what, and to what. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.console.shell import Words, language
from bot.i18n import catalogue

UNTOLD = {"digest", "key", "id", "ids", "secrets", "url"}  # nothing that a reader knows it by
LONGEST = 160


def act_said(action: str, say: Words) -> str:
    """An act in words; one that has none yet stays as it is kept."""
    key = f"con.act.{action}"
    return say(key) if key in catalogue(language()) else action


def detail_said(detail: Mapping[str, Any], say: Words) -> str:
    """What it was done to, named; before and after, where both are there."""
    said = [
        say("con.audit.said", name=_named(key, say), value=value)
        for key, held in detail.items()
        if key not in UNTOLD and key not in ("before", "after")
        for value in _values(held, say)
    ]
    if "after" in detail:
        before, after = (next(_values(detail.get(one), say), "–") for one in ("before", "after"))
        said.append(say("con.audit.changed", before=before, after=after))
    return ("，" if language() == "zh" else ", ").join(said)


def _named(key: str, say: Words) -> str:
    words = f"con.detail.{key}"
    return say(words) if words in catalogue(language()) else key


def _values(held: Any, say: Words) -> Iterator[str]:
    """The value as one text; none where there is nothing to tell."""
    if held is None or held in ("", [], {}):
        return
    if isinstance(held, Mapping):
        text = "；".join(
            f"{_named(str(key), say)}={value}"
            for key, inner in held.items()
            for value in _values(inner, say)
        )
    elif isinstance(held, list):
        text = "、".join(value for one in held for value in _values(one, say))
    else:
        plain = str(held).lower() if isinstance(held, bool) else str(held)
        words = f"con.detail.is.{plain}"
        text = say(words) if words in catalogue(language()) else plain
    yield text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
