"""What somebody should look at: told once, open until it is over or was looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import from_ms, instant, to_ms
from bot.errors import NotFound
from bot.store.db import fetch, insert_new, run

LOW_STOCK = "low_stock"
_COLUMNS = "id, account_id, kind, subject, severity, at, ended_at, facts"


@dataclass(frozen=True, slots=True)
class Notice:
    """`kind`: low_stock, or a rule of the radar. `subject` names nobody: a slug, a pseudonym."""

    id: int
    account_id: int
    kind: str
    subject: str
    severity: str
    at: datetime
    ended_at: datetime | None
    facts: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {
            "notice": self.id,
            "kind": self.kind,
            "subject": self.subject,
            "severity": self.severity,
            "at": self.at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            **self.facts,
        }


def tell(
    account_id: int,
    kind: str,
    subject: str,
    severity: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Open a notice. False: it is open already; nothing of it is changed."""
    columns = ("account_id", "kind", "subject", "open_key", "severity", "at", "facts")
    text = json.dumps(dict(facts), ensure_ascii=False)
    values = (account_id, kind, subject, f"{kind}:{subject}", severity, to_ms(now), text)
    return insert_new("coupon_notice", columns, values) is not None


def end(notice: Notice, now: datetime, **more: Any) -> bool:
    """It is over. False: it was before. `more` goes into its facts."""
    return (
        run(
            "UPDATE coupon_notice SET ended_at = ?, open_key = NULL, facts = ?"
            " WHERE id = ? AND ended_at IS NULL",
            (to_ms(now), json.dumps({**notice.facts, **more}, ensure_ascii=False), notice.id),
        )
        == 1
    )


def get(account_id: int, notice_id: int) -> Notice:
    """Raises NotFound."""
    found = _notices("account_id = ? AND id = ?", account_id, notice_id)
    if not found:
        raise NotFound(f"there is no notice {notice_id}")
    return found[0]


def open_notices(account_id: int) -> list[Notice]:
    """The oldest first."""
    return _notices("account_id = ? AND open_key IS NOT NULL ORDER BY at, id", account_id)


def since(account_id: int, at: datetime) -> list[Notice]:
    """All that began since then, the newest first, also those that are over."""
    return _notices("account_id = ? AND at >= ? ORDER BY at DESC, id DESC", account_id, to_ms(at))


def _notices(where: str, *params: Any) -> list[Notice]:
    found = fetch(f"SELECT {_COLUMNS} FROM coupon_notice WHERE {where}", params)
    return [
        Notice(
            number,
            account,
            kind,
            subject,
            severity,
            from_ms(at),
            instant(ended),
            json.loads(facts),
        )
        for number, account, kind, subject, severity, at, ended, facts in found
    ]
