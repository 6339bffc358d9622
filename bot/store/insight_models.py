"""Learnt models of followers' behaviour, kept whole: every process loads the same bytes.

state   candidate  made, not in use      active  in use, one of a slug      retired  was in use
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import instant, to_ms
from bot.errors import NotFound
from bot.store import model_bytes
from bot.store.db import again, fetch, insert_new, locking, run, transaction

KEPT = 5  # candidates and retired models of one slug that stay


@dataclass(frozen=True, slots=True)
class Kept:
    """A model without its bytes. `version` counts the models of its slug."""

    id: int
    slug: str
    kind: str
    version: int
    state: str
    fingerprint: str
    card: Mapping[str, Any]
    metrics: Mapping[str, Any]
    made_at: datetime | None
    active_from: datetime | None
    scored_at: datetime | None

    def to_json(self) -> dict[str, Any]:
        """What lists show: all but the card."""
        instants = ("made_at", "active_from", "scored_at")
        told = {name: getattr(self, name) for name in instants}
        return {
            "id": self.id,
            "slug": self.slug,
            "kind": self.kind,
            "version": self.version,
            "state": self.state,
            "fingerprint": self.fingerprint,
            "metrics": dict(self.metrics),
            **{name: at.isoformat() if at else None for name, at in told.items()},
        }


_SHOWN = (
    "id, slug, kind, version, state, fingerprint, card, metrics, made_at, active_from, scored_at"
)


@again
def save(
    account_id: int,
    slug: str,
    kind: str,
    content: bytes,
    *,
    fingerprint: str,
    card: Mapping[str, Any],
    metrics: Mapping[str, Any],
    now: datetime,
) -> Kept:
    """Keep a new candidate. Of the models of its slug not in use only the last few stay."""
    columns = ("account_id", "slug", "kind", "version", "state", "fingerprint", "file_hash",
               "card", "metrics", "content", "made_at")  # fmt: skip
    digest = model_bytes.hash_of(content)
    with transaction():
        _hold(account_id)
        sql = "SELECT COALESCE(MAX(version), 0) FROM insight_model WHERE account_id=? AND slug=?"
        version = int(fetch(sql, (account_id, slug))[0][0]) + 1
        values = (account_id, slug, kind, version, "candidate", fingerprint, digest,
                  _dumped(card), _dumped(metrics), content, to_ms(now))  # fmt: skip
        made = insert_new("insight_model", columns, values)
        old = [one for one in models(account_id, slug) if one.state != "active"]
        for one in old[KEPT:]:
            run("DELETE FROM insight_model WHERE id = ?", (one.id,))
    return get(account_id, made)


def _dumped(document: Mapping[str, Any]) -> str:
    return json.dumps(dict(document), ensure_ascii=False)


def _hold(account_id: int) -> None:
    """One change of an account's models at a time."""
    fetch(f"SELECT id FROM account WHERE id = ?{locking()}", (account_id,))


def models(account_id: int, slug: str = "") -> list[Kept]:
    """The latest first."""
    rows = fetch(
        f"SELECT {_SHOWN} FROM insight_model WHERE account_id = ? AND (slug = ? OR ? = '')"
        " ORDER BY id DESC",
        (account_id, slug, slug),
    )
    return [_kept(row) for row in rows]


def get(account_id: int, model_id: int) -> Kept:
    """Raises NotFound."""
    rows = fetch(
        f"SELECT {_SHOWN} FROM insight_model WHERE account_id = ? AND id = ?",
        (account_id, model_id),
    )
    if not rows:
        raise NotFound(f"there is no model {model_id}")
    return _kept(rows[0])


def active(account_id: int, slug: str = "") -> list[Kept]:
    """The models in use, of one slug or of all, by slug."""
    found = [one for one in models(account_id, slug) if one.state == "active"]
    return sorted(found, key=lambda one: one.slug)


def content(model_id: int) -> bytes:
    """The bytes as they were saved. Raises NotFound; Conflict where they were changed since."""
    return model_bytes.of("insight_model", model_id)


@again
def activate(account_id: int, model_id: int, now: datetime) -> Kept:
    """In use from now on, in place of the active one of its slug. Raises NotFound."""
    with transaction():
        _hold(account_id)
        chosen = get(account_id, model_id)
        if chosen.state != "active":
            _retire(account_id, chosen.slug)
            run(
                "UPDATE insight_model SET state = 'active', active_from = ?, scored_at = NULL"
                " WHERE id = ?",
                (to_ms(now), model_id),
            )
    return get(account_id, model_id)


@again
def roll_back(account_id: int, slug: str, now: datetime) -> Kept:
    """The model that was in use before the active one is in use again.

    Raises NotFound where none was.
    """
    with transaction():
        _hold(account_id)
        rows = fetch(
            "SELECT id FROM insight_model WHERE account_id = ? AND slug = ? AND state = 'retired'"
            " ORDER BY active_from DESC, id DESC LIMIT 1",
            (account_id, slug),
        )
        if not rows:
            raise NotFound(f"no model of {slug} was in use before; see: hongyan model list")
        return activate(account_id, rows[0][0], now)


@again
def retire(account_id: int, slug: str) -> bool:
    """No model of this slug is in use any more. False: none was."""
    with transaction():
        _hold(account_id)
        return _retire(account_id, slug) > 0


def _retire(account_id: int, slug: str) -> int:
    return run(
        "UPDATE insight_model SET state = 'retired' WHERE account_id = ? AND slug = ?"
        " AND state = 'active'",
        (account_id, slug),
    )


def scored(model_id: int, now: datetime) -> None:
    """Everybody has been scored by this model, as of now."""
    run("UPDATE insight_model SET scored_at = ? WHERE id = ?", (to_ms(now), model_id))


def note(model_id: int, column: str, **more: Any) -> None:
    """Add to what is noted of a model: to its `card` or its `metrics`."""
    assert column in ("card", "metrics")
    with transaction():
        rows = fetch(f"SELECT {column} FROM insight_model WHERE id = ?{locking()}", (model_id,))
        if rows:
            text = _dumped({**json.loads(rows[0][0]), **more})
            run(f"UPDATE insight_model SET {column} = ? WHERE id = ?", (text, model_id))


def _kept(row: tuple[Any, ...]) -> Kept:
    made, slug, kind, version, state, fingerprint, card, metrics, *instants = row
    found = [json.loads(text) for text in (card, metrics)]
    at = [instant(one) for one in instants]
    return Kept(
        made, slug, kind, version, state, fingerprint, found[0], found[1], at[0], at[1], at[2]
    )
