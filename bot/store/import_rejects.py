"""Rows that an import did not take: sealed as they stood, until they are put right or forgotten.

Each stands here with keyed hashes of whom it names, so that it goes when that person is erased.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.store import identities
from bot.store.db import fetch, is_mysql, run, run_many
from bot.store.fields import Holder
from bot.store.followers import blind
from bot.values.identity import Key, Kind

PLACE = "import_reject.document"
_SPAN = 500
_KINDS = {"phone": Kind.PHONE, "customer": Kind.CUSTOMER, "unionid": Kind.UNIONID}


class Rejected(NamedTuple):
    """A row of the file. `faults`: (column, reason) of each; `named`: (target, name) of whom."""

    line: int
    faults: Sequence[Sequence[str]]
    cells: Sequence[str]
    named: Sequence[tuple[str, str]] = ()


def keep(run_id: int, header: Sequence[str], rows: Sequence[Rejected]) -> None:
    """Keep rejected rows of a run, in the transaction that moves past them."""
    whole = [Rejected(0, (), header), *rows]
    for start in range(0, len(whole), _SPAN):
        _keep_page(run_id, whole[start : start + _SPAN])


def _keep_page(run_id: int, rows: Sequence[Rejected]) -> None:
    verb, end = ("INSERT IGNORE", "") if is_mysql() else ("INSERT", " ON CONFLICT DO NOTHING")
    seal = Holder.vault.seal
    values: list[Any] = []
    for row in rows:
        text = json.dumps([row.faults, row.cells], ensure_ascii=False)
        values += (run_id, row.line, seal(text.encode("utf-8", "replace"), PLACE))
    marks = ",".join(["(?,?,?)"] * len(rows))
    run(f"{verb} INTO import_reject (run_id, line, document) VALUES {marks}{end}", values)
    names = {(row.line, _hashed(*name)) for row in rows for name in row.named}
    run_many(
        f"{verb} INTO import_reject_name (reject_id, hash)"
        f" SELECT id, ? FROM import_reject WHERE run_id = ? AND line = ?{end}",
        [(hash_, run_id, line) for line, hash_ in sorted(names)],
    )


def _hashed(target: str, name: str) -> str:
    if target in _KINDS:
        return identities.blind(Key(_KINDS[target], name))
    return blind(name) if target == "openid" else Holder.vault.blind(name, "follower.id")


def count(run_id: int) -> int:
    """How many are kept of a run."""
    rows = fetch("SELECT COUNT(*) FROM import_reject WHERE run_id = ? AND line > 0", (run_id,))
    return int(rows[0][0])


def header(run_id: int) -> list[str]:
    """The names of the columns of the file; empty where nothing is kept."""
    return next((list(row.cells) for row in _read(run_id, -1, 1)), [])


def rows(run_id: int) -> Iterator[Rejected]:
    """Every row that is kept of a run, opened, in the order of the file."""
    after = 0
    while page := _read(run_id, after, _SPAN):
        yield from page
        after = page[-1].line


def _read(run_id: int, after: int, limit: int) -> list[Rejected]:
    found = fetch(
        "SELECT line, document FROM import_reject WHERE run_id = ? AND line > ?"
        " ORDER BY line LIMIT ?",
        (run_id, after, limit),
    )
    return [Rejected(row[0], *Holder.vault.open_json(bytes(row[1]), PLACE)) for row in found]


# --- forgotten -----------------------------------------------------------------------------------


def drop(run_id: int) -> int:
    """All of a run; how many rows."""
    return max(0, run("DELETE FROM import_reject WHERE run_id = ?", (run_id,)) - 1)


def prune(before: datetime) -> int:
    """What nobody put right in time goes: it holds what people's rows held."""
    return run(
        "DELETE FROM import_reject WHERE run_id IN"
        " (SELECT id FROM import_run WHERE started_at < ?)",
        (to_ms(before),),
    )


def forget(follower_id: int) -> int:
    """Every rejected row that names this follower, by any name of theirs; how many."""
    hashes = _hashes(follower_id)
    return run(f"DELETE FROM import_reject WHERE id IN ({_naming(hashes)})", hashes)


def of(follower_id: int) -> list[dict[str, Any]]:
    """Every rejected row that names this follower, opened: file, line, cells."""
    hashes = _hashes(follower_id)
    found = fetch(
        "SELECT r.file, j.line, j.document FROM import_reject j"
        " JOIN import_run r ON r.id = j.run_id"
        f" WHERE j.id IN ({_naming(hashes)}) ORDER BY j.id",
        hashes,
    )
    return [
        {"file": row[0], "line": row[1], "cells": Holder.vault.open_json(bytes(row[2]), PLACE)[1]}
        for row in found
    ]


def _naming(hashes: Sequence[str]) -> str:
    marks = ",".join("?" * len(hashes))
    return f"SELECT reject_id FROM import_reject_name WHERE hash IN ({marks})"


def _hashes(follower_id: int) -> list[str]:
    """Every name of a follower as rows may have it."""
    own = fetch("SELECT openid_hash, unionid_hash FROM follower WHERE id = ?", (follower_id,))
    others = fetch("SELECT hash FROM identity WHERE follower_id = ?", (follower_id,))
    return [
        *(hash_ for row in (*own, *others) for hash_ in row if hash_),
        _hashed("follower", str(follower_id)),
    ]
