"""Tills: links by which the staff of a shop redeem, until they end or are revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import from_ms, instant, to_ms
from bot.errors import NotFound
from bot.store.db import fetch, insert_new, run

_COLUMNS = "id, account_id, shop, made_at, until, revoked_at, held_at"


@dataclass(frozen=True, slots=True)
class Till:
    """`held_at`: by the radar; nothing is redeemed there until a person releases it."""

    id: int
    account_id: int
    shop: str
    made_at: datetime
    until: datetime
    revoked_at: datetime | None
    held_at: datetime | None

    def open_at(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.until

    def to_json(self) -> dict[str, Any]:
        return {
            "till": self.id,
            "shop": self.shop,
            "made_at": self.made_at.isoformat(),
            "until": self.until.isoformat(),
            "revoked_at": self.revoked_at.isoformat() if self.revoked_at else None,
            "held_at": self.held_at.isoformat() if self.held_at else None,
        }


def make(account_id: int, shop: str, until: datetime, now: datetime) -> Till:
    """A new till of a shop. `until` is kept to the second, as its link has it."""
    until_ms = to_ms(until) // 1000 * 1000
    columns = ("account_id", "shop", "made_at", "until")
    made = insert_new("coupon_till", columns, (account_id, shop, to_ms(now), until_ms))
    return get(int(made))


def get(till_id: int) -> Till:
    """Raises NotFound."""
    found = _tills("id = ?", till_id)
    if not found:
        raise NotFound(f"there is no till {till_id}")
    return found[0]


def of_account(account_id: int) -> list[Till]:
    """The newest first."""
    return _tills("account_id = ? ORDER BY id DESC", account_id)


def revoke(account_id: int, till_id: int, now: datetime) -> bool:
    """Its link opens nothing from now on. False: it was revoked before. Raises NotFound."""
    if get(till_id).account_id != account_id:
        raise NotFound(f"there is no till {till_id}")
    sql = "UPDATE coupon_till SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"
    return run(sql, (to_ms(now), till_id)) == 1


def hold(till_id: int, since: datetime | None) -> bool:
    """Hold a till back, or release it with None. False: so it was."""
    if since is None:
        return (
            run(
                "UPDATE coupon_till SET held_at = NULL WHERE id = ? AND held_at IS NOT NULL",
                (till_id,),
            )
            == 1
        )
    sql = "UPDATE coupon_till SET held_at = ? WHERE id = ? AND held_at IS NULL"
    return run(sql, (to_ms(since), till_id)) == 1


def _tills(where: str, *params: Any) -> list[Till]:
    found = fetch(f"SELECT {_COLUMNS} FROM coupon_till WHERE {where}", params)
    return [
        Till(
            row[0],
            row[1],
            row[2],
            from_ms(row[3]),
            from_ms(row[4]),
            instant(row[5]),
            instant(row[6]),
        )
        for row in found
    ]
