"""Answers that take long to count, as they were counted last: what a page shows meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import from_ms, to_ms
from bot.store.db import again, fetch, insert_new, run, transaction


class Kept(NamedTuple):
    """`at`: as of when; took_ms: what counting it cost; final: it changes no more."""

    at: datetime
    took_ms: int
    final: bool
    document: dict[str, Any]


class Standing(NamedTuple):
    """A kept answer without what it says."""

    at: datetime
    took_ms: int
    final: bool


@again
def put(account_id: int, kind: str, ref: str, kept: Kept) -> None:
    """Over what was kept before."""
    key = (account_id, kind, ref)
    told = json.dumps(kept.document, ensure_ascii=False)
    values = (to_ms(kept.at), kept.took_ms, kept.final, told)
    with transaction():
        columns = ("account_id", "kind", "ref", "at", "took_ms", "final", "document")
        if insert_new("kept_answer", columns, (*key, *values)) is None:
            run(
                "UPDATE kept_answer SET at = ?, took_ms = ?, final = ?, document = ?"
                " WHERE account_id = ? AND kind = ? AND ref = ?",
                (*values, *key),
            )


def get(account_id: int, kind: str, ref: str) -> Kept | None:
    rows = fetch(
        "SELECT at, took_ms, final, document FROM kept_answer"
        " WHERE account_id = ? AND kind = ? AND ref = ?",
        (account_id, kind, ref),
    )
    return next((_kept(*row) for row in rows), None)


def of_kind(account_id: int, kind: str, *, going: bool = False) -> dict[str, Kept]:
    """ref -> its answer. going: only of what may still change."""
    more = " AND final = FALSE" if going else ""
    rows = fetch(
        "SELECT ref, at, took_ms, final, document FROM kept_answer"
        f" WHERE account_id = ? AND kind = ?{more} ORDER BY ref",
        (account_id, kind),
    )
    return {ref: _kept(*rest) for ref, *rest in rows}


def standing(account_id: int, kind: str) -> Mapping[str, Standing]:
    """ref -> when it was counted, and at what cost."""
    rows = fetch(
        "SELECT ref, at, took_ms, final FROM kept_answer WHERE account_id = ? AND kind = ?",
        (account_id, kind),
    )
    return {ref: Standing(from_ms(at), int(took), bool(final)) for ref, at, took, final in rows}


def _kept(at: int, took_ms: int, final: bool, document: str) -> Kept:
    return Kept(from_ms(at), int(took_ms), bool(final), json.loads(document))
