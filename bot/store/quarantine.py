"""What was reported and refused: kept sealed with its reason, judged again, dropped."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.clock import from_ms, to_ms
from bot.store.db import fetch, insert_new, run
from bot.store.fields import Holder

PLACE = "quarantine.document"
MOST = 10_000  # rows an account keeps; what comes on top is refused and not kept


@dataclass(frozen=True, slots=True)
class Held:
    """One refused report. `at`: when it came."""

    id: int
    kind: str
    where: str
    reason: str
    at: datetime
    tries: int
    document: Any = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """What is shown of it: the reason, not what it said."""
        return {
            "id": self.id,
            "kind": self.kind,
            "field": self.where,
            "reason": self.reason,
            "at": self.at.isoformat(),
            "tries": self.tries,
        }


def keep(
    account_id: int,
    kind: str,
    document: Any,
    at_field: str,
    reason: str,
    follower_id: int | None,
    now: datetime,
) -> bool:
    """Keep a refused report. False: it stands here already, or the quarantine is full."""
    if count(account_id) >= MOST:
        return False
    # A lone surrogate has no UTF-8 form: a question mark stands for it.
    text = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace").decode()
    fingerprint = Holder.vault.blind(f"{account_id}\0{kind}\0{text}", PLACE)
    new = insert_new(
        "quarantine",
        ("account_id", "follower_id", "kind", "fingerprint", "document", "field", "reason", "at",
         "tries"),
        (account_id, follower_id, kind, fingerprint, Holder.vault.seal(text.encode(), PLACE),
         at_field[:64], reason[:190], to_ms(now), 1),
    )  # fmt: skip
    return new is not None


def count(account_id: int) -> int:
    rows = fetch("SELECT COUNT(*) FROM quarantine WHERE account_id = ?", (account_id,))
    return int(rows[0][0])


def held(account_id: int, after: int = 0, limit: int = 500, only: int | None = None) -> list[Held]:
    """Refused reports, ascending after `after`; `only` that one."""
    rows = fetch(
        "SELECT id, kind, field, reason, at, tries, document FROM quarantine"
        " WHERE account_id = ? AND id > ? AND (? = 0 OR id = ?) ORDER BY id LIMIT ?",
        (account_id, after, only or 0, only or 0, limit),
    )
    return [
        Held(row[0], row[1], row[2], row[3], from_ms(row[4]), row[5], _opened(row[6]))
        for row in rows
    ]


def _opened(sealed: Any) -> Any:
    return Holder.vault.open_json(bytes(sealed), PLACE)


def refused_again(id_: int, at_field: str, reason: str, follower_id: int | None) -> None:
    run(
        "UPDATE quarantine SET field = ?, reason = ?, follower_id = ?, tries = tries + 1"
        " WHERE id = ?",
        (at_field[:64], reason[:190], follower_id, id_),
    )


def drop(account_id: int, id_: int) -> bool:
    """False: it was not there."""
    return run("DELETE FROM quarantine WHERE id = ? AND account_id = ?", (id_, account_id)) == 1


def drop_all(account_id: int) -> int:
    return run("DELETE FROM quarantine WHERE account_id = ?", (account_id,))


def prune(before: datetime) -> int:
    """What nobody mended in time goes: it may name people."""
    return run("DELETE FROM quarantine WHERE at < ?", (to_ms(before),))
