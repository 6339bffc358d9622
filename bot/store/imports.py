"""Imports: their runs and mappings, and the followers that their rows name, found many at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.errors import NotFound
from bot.store import segments
from bot.store.db import fetch, insert_new, is_mysql, pragma, run, run_many
from bot.store.fields import Holder
from bot.store.followers import blind
from bot.store.models import ImportMapping, ImportRun
from bot.store.spans import qmarks, spans

_UNIONID = "follower.unionid"


# --- runs --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunState:
    """An import. `position` rows of the file are done for good."""

    id: int
    account_id: int
    kind: str
    file: str
    fingerprint: str
    mapping: dict[str, Any]
    state: str
    total: int
    position: int
    counts: dict[str, Any]
    report: dict[str, Any]
    started_at: datetime
    ended_at: datetime | None

    def to_json(self) -> dict[str, Any]:
        """What a person asks for; not the counters in between."""
        return {
            "id": self.id,
            "kind": self.kind,
            "file": self.file,
            "state": self.state,
            "position": self.position,
            "total": self.total,
            "started_at": self.started_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            "report": self.report,
            "mapping": self.mapping,
        }


def _state(row: Any) -> RunState:
    return RunState(
        id=row.id, account_id=row.account_id, kind=row.kind, file=row.file,
        fingerprint=row.fingerprint, mapping=row.mapping, state=row.state, total=row.total,
        position=row.position, counts=row.counts, report=row.report,
        started_at=row.started_at, ended_at=row.ended_at,
    )  # fmt: skip


def begin(
    account_id: int,
    kind: str,
    file: str,
    fingerprint: str,
    digest: str,
    mapping: Mapping[str, Any],
    now: datetime,
) -> RunState:
    """A new run, or the one of the same file and mapping that did not end: it goes on."""
    unfinished = (
        ImportRun.select()
        .where(
            (ImportRun.account == account_id)
            & (ImportRun.fingerprint == fingerprint)
            & (ImportRun.mapping_digest == digest)
            & (ImportRun.kind == kind)
            & (ImportRun.state == "running")
        )
        .order_by(ImportRun.id.desc())
        .first()
    )
    if unfinished is not None:
        return _state(unfinished)
    made = ImportRun.create(
        account=account_id, kind=kind, file=file[:190], fingerprint=fingerprint,
        mapping_digest=digest, mapping=dict(mapping), started_at=now,
    )  # fmt: skip
    return get(account_id, made.id)


def ended(
    account_id: int, kind: str, fingerprint: str, digest: str, since: datetime
) -> RunState | None:
    """The import of the same file and mapping that ended last, at `since` or later."""
    row = (
        ImportRun.select()
        .where(
            (ImportRun.account == account_id)
            & (ImportRun.fingerprint == fingerprint)
            & (ImportRun.mapping_digest == digest)
            & (ImportRun.kind == kind)
            & (ImportRun.state == "done")
            & (ImportRun.ended_at >= since)
        )
        .order_by(ImportRun.id.desc())
        .first()
    )
    return None if row is None else _state(row)


def told_otherwise(account_id: int, kind: str, fingerprint: str, digest: str) -> int | None:
    """The last import of the same file under another mapping; None: there was none."""
    rows = fetch(
        "SELECT MAX(id) FROM import_run WHERE account_id = ? AND kind = ? AND fingerprint = ?"
        " AND mapping_digest <> ? AND position > 0",
        (account_id, kind, fingerprint, digest),
    )
    return rows[0][0] if rows else None


def get(account_id: int, run_id: int) -> RunState:
    """Raises NotFound."""
    row = ImportRun.get_or_none((ImportRun.id == run_id) & (ImportRun.account == account_id))
    if row is None:
        raise NotFound(f"there is no import {run_id}")
    return _state(row)


def runs(account_id: int, limit: int = 100) -> list[RunState]:
    """The newest first."""
    query: Any = (
        ImportRun.select()
        .where(ImportRun.account == account_id)
        .order_by(ImportRun.id.desc())
        .limit(limit)
    )
    return [_state(row) for row in query]


def claim(run_id: int, position: int, new_position: int) -> bool:
    """Take the rows between for this transaction. False: another process took them, or ended."""
    return (
        run(
            "UPDATE import_run SET position = ? WHERE id = ? AND position = ? AND state = ?",
            (new_position, run_id, position, "running"),
        )
        == 1
    )


def note(run_id: int, total: int, counts: Mapping[str, Any]) -> None:
    """Part of the transaction that landed the rows."""
    run(
        "UPDATE import_run SET total = ?, counts = ? WHERE id = ?",
        (total, json.dumps(dict(counts)), run_id),
    )


def end(run_id: int, position: int, report: Mapping[str, Any], now: datetime) -> bool:
    """Close a run whose last row is done. False: it is closed, or its rows are another's."""
    return (
        run(
            "UPDATE import_run SET state = ?, report = ?, ended_at = ?"
            " WHERE id = ? AND state = ? AND position = ?",
            (
                "done",
                json.dumps(report, ensure_ascii=False),
                to_ms(now),
                run_id,
                "running",
                position,
            ),
        )
        == 1
    )


@contextmanager
def roomy() -> Iterator[None]:
    """A page cache that holds what a batch touches: keys are hashes, so their index is touched all
    over, and pages that do not fit are written and read again. SQLite only, 64 MB."""
    before = pragma("cache_size")
    pragma("cache_size = -64000")
    try:
        yield
    finally:
        for row in before:
            pragma(f"cache_size = {row[0]:d}")


# --- mappings ----------------------------------------------------------------------------------


def keep_mapping(account_id: int, name: str, document: Mapping[str, Any], now: datetime) -> None:
    """Keep it under this name, instead of what was there."""
    columns = ("account_id", "name", "document", "updated_at")
    text = json.dumps(document, ensure_ascii=False)
    if insert_new("import_mapping", columns, (account_id, name, text, to_ms(now))) is None:
        run(
            "UPDATE import_mapping SET document = ?, updated_at = ?"
            " WHERE account_id = ? AND name = ?",
            (text, to_ms(now), account_id, name),
        )


def mapping(account_id: int, name: str) -> dict[str, Any] | None:
    row = ImportMapping.get_or_none(
        (ImportMapping.account == account_id) & (ImportMapping.name == name)
    )
    return row.document if row is not None else None


def mappings(account_id: int) -> list[tuple[str, dict[str, Any], datetime]]:
    """(name, document, changed at) by name."""
    query: Any = (
        ImportMapping.select()
        .where(ImportMapping.account == account_id)
        .order_by(ImportMapping.name)
    )
    return [(row.name, row.document, row.updated_at) for row in query]


# --- people ------------------------------------------------------------------------------------


def followers_with(account_id: int, openids: Sequence[str]) -> dict[str, int]:
    """Follower ids by openid; whom we do not know is left out."""
    hashes = {blind(openid): openid for openid in openids}
    return {hashes[hash_]: id_ for hash_, id_ in _ids(account_id, list(hashes)).items()}


def _ids(account_id: int, hashes: Sequence[str]) -> dict[str, int]:
    return {
        row[1]: row[0]
        for page in spans(hashes)
        for row in fetch(
            "SELECT id, openid_hash FROM follower WHERE account_id = ?"
            f" AND openid_hash IN ({qmarks(page)})",
            (account_id, *page),
        )
    }


class Sealed(NamedTuple):
    """An openid as the table has it: the keyed hash that finds it, and the sealed text."""

    hash: str
    text: bytes


NONE: Mapping[str, Sealed] = {}


def sealed(openids: Iterable[str]) -> dict[str, Sealed]:
    """By openid. Touches no database: it may be asked in another process."""
    seal = Holder.vault.seal
    return {
        openid: Sealed(blind(openid), seal(openid.encode(), "follower.openid"))
        for openid in openids
    }


def ensure_followers(
    account_id: int,
    openids: Sequence[str],
    now: datetime,
    before: Mapping[str, Sealed] = NONE,
) -> tuple[dict[str, int], list[int]]:
    """Ids by openid, and whom it made: not subscribed, and refusing marketing who had refused it.

    before  what was hashed and sealed beforehand, by openid; the rest is now

    In a transaction of the caller's. The new ones are dirty for the segments.
    """
    known = {**before, **sealed(openid for openid in openids if openid not in before)}
    hashes = {known[openid].hash: openid for openid in openids}
    ids = _ids(account_id, list(hashes))
    made = _made(
        account_id, [known[openid] for hash_, openid in hashes.items() if hash_ not in ids], now
    )
    if made:
        segments.mark_dirty(list(made.values()))
        ids |= made
    if len(ids) < len(hashes):  # somebody else has made them just now
        ids |= _ids(account_id, [hash_ for hash_ in hashes if hash_ not in ids])
    return {hashes[hash_]: id_ for hash_, id_ in ids.items()}, list(made.values())


def _made(account_id: int, openids: Sequence[Sealed], now: datetime) -> dict[str, int]:
    """Insert followers; of those whom it made, the ids by hash."""
    if not openids:
        return {}
    refused = _refusals(account_id, [openid.hash for openid in openids])
    since = to_ms(now)
    rows = [
        (hash_, text, hash_ not in refused, refused.get(hash_), since) for hash_, text in openids
    ]
    made: dict[str, int] = {}
    for page in spans(rows):
        made |= _insert_followers(account_id, page)
    return made


def _insert_followers(account_id: int, rows: Sequence[Sequence[Any]]) -> dict[str, int]:
    """Rows of (hash, sealed openid, consents, opted out at, since); ids by hash of the new."""
    verb, end_ = _unless_there()
    row = f"({account_id:d},?,?,FALSE,'','zh',?,?,TRUE,FALSE,'new','',0,?,'')"
    sql = (
        f"{verb} INTO follower (account_id, openid_hash, openid, subscribed, source_scene,"
        " language, marketing_consent, opted_out_at, personalised, blacklisted, stage,"
        f" window_kind, window_left, created_at, held_by) VALUES {','.join([row] * len(rows))}"
    )
    values = [value for one in rows for value in one]
    if is_mysql():
        run(sql, values)
        return _ids(account_id, [one[0] for one in rows])
    return {row[1]: row[0] for row in fetch(f"{sql}{end_} RETURNING id, openid_hash", values)}


def _unless_there() -> tuple[str, str]:
    """The beginning and the end of an INSERT that passes over what is there."""
    return ("INSERT IGNORE", "") if is_mysql() else ("INSERT", " ON CONFLICT DO NOTHING")


def _refusals(account_id: int, hashes: Sequence[str]) -> dict[str, int]:
    """Since when (ms) somebody erased refuses, by hash."""
    return {
        row[0]: row[1]
        for page in spans(hashes)
        for row in fetch(
            "SELECT openid_hash, at FROM suppression WHERE account_id = ?"
            f" AND openid_hash IN ({qmarks(page)})",
            (account_id, *page),
        )
    }


def of_account(account_id: int, follower_ids: Collection[int]) -> set[int]:
    """Those of these numbers that are followers of the account and not erased."""
    return {
        row[0]
        for page in spans(sorted(follower_ids))
        for row in fetch(
            "SELECT id FROM follower WHERE account_id = ? AND erased_at IS NULL"
            f" AND id IN ({qmarks(page)})",
            (account_id, *page),
        )
    }


def learn_unionids(unionids: Mapping[int, str]) -> int:
    """Keep the unionid of followers whose unionid is not known; how many."""
    return run_many(
        "UPDATE follower SET unionid = ?, unionid_hash = ?"
        " WHERE id = ? AND unionid_hash IS NULL AND erased_at IS NULL",
        [
            (
                Holder.vault.seal(unionid.encode(), _UNIONID),
                Holder.vault.blind(unionid, _UNIONID),
                id_,
            )
            for id_, unionid in unionids.items()
        ],
    )
