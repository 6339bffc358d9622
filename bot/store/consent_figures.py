"""How many agreed to what, and who was erased: counted for reports, not for pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.clock import from_ms
from bot.store.db import fetch

_ONE = "SUM(CASE WHEN {} THEN 1 ELSE 0 END)"
_COUNTED = {
    "following": "subscribed",
    "marketing": "subscribed AND marketing_consent AND opted_out_at IS NULL",
    "opted_out": "opted_out_at IS NOT NULL",
    "personalised": "subscribed AND personalised",
    "blacklisted": "blacklisted",
}


@dataclass(frozen=True, slots=True)
class Erased:
    """The certificate of somebody who was erased: nothing of the person."""

    at: datetime
    cause: str
    certificate: str


def counts(account_id: int) -> dict[str, int]:
    """Followers who are not erased: all, and by what they agreed to. Reads all of them."""
    sums = ", ".join(_ONE.format(condition) for condition in _COUNTED.values())
    row = fetch(
        f"SELECT COUNT(*), {sums} FROM follower WHERE account_id = ? AND erased_at IS NULL",
        (account_id,),
    )[0]
    names = ("known", *_COUNTED)
    return {name: int(value or 0) for name, value in zip(names, row, strict=True)}


def said(account_id: int) -> list[tuple[str, bool, str, int]]:
    """(purpose, given, how, words kept as evidence), of the account. Reads all of them."""
    rows = fetch(
        "SELECT c.purpose, c.given, c.how, COUNT(*) FROM consent c"
        " JOIN follower f ON f.id = c.follower_id WHERE f.account_id = ?"
        " GROUP BY c.purpose, c.given, c.how ORDER BY c.purpose, c.given DESC, c.how",
        (account_id,),
    )
    return [(str(purpose), bool(given), str(how), int(n)) for purpose, given, how, n in rows]


def erased(account_id: int, limit: int) -> list[Erased]:
    """The latest first."""
    rows = fetch(
        "SELECT at, cause, certificate FROM erasure WHERE account_id = ? ORDER BY id DESC LIMIT ?",
        (account_id, limit),
    )
    return [Erased(from_ms(at), str(cause), str(number)) for at, cause, number in rows]
