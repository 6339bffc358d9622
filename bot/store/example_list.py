"""Examples of intents for pages: some at a time, by their ids, which a page's marks carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.store.db import fetch
from bot.store.fields import Holder
from bot.store.spans import qmarks
from bot.store.talk import Example

_TEXT = "example.text"


@dataclass(frozen=True, slots=True)
class Listed:
    """An example with its id, which is one of its stage: a draft's copies have their own."""

    id: int
    example: Example


def page(
    account_id: int, stage: str, intent: str, *, after: int = 0, limit: int = 50
) -> list[Listed]:
    """Examples of an intent in the order in which they came, behind the id `after`."""
    rows = fetch(
        "SELECT id, intent, text, source, event_id FROM example WHERE account_id = ? AND stage = ?"
        " AND intent = ? AND id > ? ORDER BY id LIMIT ?",
        (account_id, stage, intent, after, limit),
    )
    return [_listed(row) for row in rows]


def some(account_id: int, stage: str, ids: Sequence[int]) -> list[Listed]:
    """Those of these that are there."""
    if not ids:
        return []
    rows = fetch(
        "SELECT id, intent, text, source, event_id FROM example WHERE account_id = ? AND stage = ?"
        f" AND id IN ({qmarks(ids)}) ORDER BY id",
        (account_id, stage, *ids),
    )
    return [_listed(row) for row in rows]


def found(account_id: int, stage: str, texts: Sequence[str]) -> dict[str, str]:
    """text -> its intent, of those of these texts that stand there."""
    by_hash = {Holder.vault.blind(one, _TEXT): one for one in texts}
    if not by_hash:
        return {}
    rows = fetch(
        "SELECT text_hash, intent FROM example WHERE account_id = ? AND stage = ?"
        f" AND text_hash IN ({qmarks(by_hash)})",
        (account_id, stage, *by_hash),
    )
    return {by_hash[digest]: intent for digest, intent in rows}


def every(account_id: int, stage: str) -> list[Listed]:
    """All of a stage, by id."""
    rows = fetch(
        "SELECT id, intent, text, source, event_id FROM example WHERE account_id = ? AND stage = ?"
        " ORDER BY id",
        (account_id, stage),
    )
    return [_listed(row) for row in rows]


def _listed(row: tuple[Any, ...]) -> Listed:
    made, intent, sealed, source, event_id = row
    text = Holder.vault.open(bytes(sealed), _TEXT).decode()
    return Listed(int(made), Example(intent, text, source, event_id))
