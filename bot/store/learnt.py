"""Learnt models, kept whole in the store: every process of every machine loads the same bytes.

state   new      made, not in use         shadow   on trial beside the active one
        active   in use, one at most      retired  was in use
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import instant, to_ms
from bot.errors import NotFound
from bot.store import model_bytes, talk
from bot.store.db import fetch, insert_new, run, transaction

KEPT = 5  # retired and new models of one kind that stay


@dataclass(frozen=True, slots=True)
class Kept:
    """A model without its bytes."""

    id: int
    kind: str
    state: str
    fingerprint: str
    file_hash: str
    metrics: Mapping[str, Any]
    made_at: datetime | None
    active_from: datetime | None


_SHOWN = "id, kind, state, fingerprint, file_hash, metrics, made_at, active_from"


def save(
    account_id: int,
    kind: str,
    content: bytes,
    fingerprint: str,
    metrics: Mapping[str, Any],
    now: datetime,
) -> int:
    """Keep a new model; its id. Of the models not in use only the last few stay."""
    columns = ("account_id", "kind", "state", "fingerprint", "file_hash", "metrics", "content",
               "made_at")  # fmt: skip
    digest = model_bytes.hash_of(content)
    found = json.dumps(dict(metrics), ensure_ascii=False)
    with transaction():
        values = (account_id, kind, "new", fingerprint, digest, found, content, to_ms(now))
        made = int(insert_new("learnt_model", columns, values))
        old = fetch(
            "SELECT id FROM learnt_model WHERE account_id = ? AND kind = ?"
            " AND state IN ('new', 'retired') ORDER BY id DESC",
            (account_id, kind),
        )
        for (one,) in old[KEPT:]:
            run("DELETE FROM learnt_model WHERE id = ?", (one,))
    return made


def models(account_id: int, kind: str = "") -> list[Kept]:
    """The latest first."""
    rows = fetch(
        f"SELECT {_SHOWN} FROM learnt_model WHERE account_id = ? AND (kind = ? OR ? = '')"
        " ORDER BY id DESC",
        (account_id, kind, kind),
    )
    return [_kept(row) for row in rows]


def in_state(account_id: int, kind: str, state: str) -> Kept | None:
    """The active model of a kind, or the one on trial."""
    found = (one for one in models(account_id, kind) if one.state == state)
    return next(found, None)


def content(model_id: int) -> bytes:
    """The bytes as they were saved. Raises NotFound; Conflict where they were changed since."""
    return model_bytes.of("learnt_model", model_id)


def activate(account_id: int, model_id: int, now: datetime) -> None:
    """In use from now on, in place of the active one of its kind. Raises NotFound."""
    _enter(account_id, model_id, "active", to_ms(now))


def try_out(account_id: int, model_id: int) -> None:
    """On trial beside the active one. Raises NotFound."""
    _enter(account_id, model_id, "shadow", None)


def end_trial(account_id: int, kind: str) -> bool:
    """False: no model was on trial."""
    with transaction():
        changed = run(
            "UPDATE learnt_model SET state = 'new' WHERE account_id = ? AND kind = ?"
            " AND state = 'shadow'",
            (account_id, kind),
        )
        talk.bump(account_id)
    return bool(changed)


def _enter(account_id: int, model_id: int, state: str, since: int | None) -> None:
    with transaction():
        rows = fetch(
            "SELECT kind FROM learnt_model WHERE id = ? AND account_id = ?", (model_id, account_id)
        )
        if not rows:
            raise NotFound(f"there is no model {model_id}")
        run(
            "UPDATE learnt_model SET state = ? WHERE account_id = ? AND kind = ? AND state = ?"
            " AND id <> ?",
            ("retired" if state == "active" else "new", account_id, rows[0][0], state, model_id),
        )
        run(
            "UPDATE learnt_model SET state = ?, active_from = ? WHERE id = ?",
            (state, since, model_id),
        )
        talk.bump(account_id)


def _kept(row: tuple[Any, ...]) -> Kept:
    made, kind, state, fingerprint, digest, metrics, at, since = row
    found = json.loads(metrics)
    return Kept(made, kind, state, fingerprint, digest, found, instant(at), instant(since))
