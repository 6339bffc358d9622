"""An entry of the audit log in words: what was done, and to what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.console.shell import Words, listed, worded

UNTOLD = {"digest", "key", "id", "ids", "secrets", "url"}  # nothing that a reader knows it by
LONGEST = 160


def act_said(action: str, say: Words) -> str:
    """An act in words; one that has none yet stays as it is kept."""
    return worded(f"con.act.{action}", action, say)


def detail_said(detail: Mapping[str, Any], say: Words) -> str:
    """What it was done to, named; before and after, where both are there."""
    values = {key: _value(held, say) for key, held in detail.items()}
    said = [
        say("con.audit.said", name=_name(key, say), value=value)
        for key, value in values.items()
        if value and key not in UNTOLD and key not in ("before", "after")
    ]
    if "after" in detail:
        before, after = values.get("before") or "–", values["after"] or "–"
        said.append(say("con.audit.changed", before=before, after=after))
    return listed(said)


def _name(key: str, say: Words) -> str:
    return worded(f"con.detail.{key}", key, say)


def _value(held: Any, say: Words) -> str:
    """The value as one text; "" where there is nothing to tell."""
    if held is None:
        return ""
    if isinstance(held, Mapping):
        inner = {str(key): _value(one, say) for key, one in held.items()}
        text = "；".join(f"{_name(key, say)}={value}" for key, value in inner.items() if value)
    elif isinstance(held, list):
        text = "、".join(filter(None, (_value(one, say) for one in held)))
    else:
        plain = str(held).lower() if isinstance(held, bool) else str(held)
        text = worded(f"con.detail.is.{plain}", plain, say)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
