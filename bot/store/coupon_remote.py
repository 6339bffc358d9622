"""Batches whose coupons lie in WeChat's own wallet: their stocks, and which code is which coupon.

While a code's coupon is asked for, or lies in the wallet, the code is held: a till does not take
it, as it can be paid with elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.clock import to_ms
from bot.errors import NotFound
from bot.store.db import fetch, insert_new, run, transaction
from bot.values.coupons import WALLET, CodeState


@dataclass(frozen=True, slots=True)
class StockState:
    """A batch's stock there. `stock_id` None: asked for, and not answered yet."""

    batch_id: int
    stock_id: str | None
    state: str


@dataclass(frozen=True, slots=True)
class Due:
    """A code in a follower's hands whose coupon is to be put into the wallet."""

    code_id: int
    follower_id: int
    stock_id: str


def stock_of(batch_id: int) -> StockState | None:
    """None: the batch is our own."""
    sql = "SELECT batch_id, stock_id, state FROM coupon_stock WHERE batch_id = ?"
    found = fetch(sql, (batch_id,))
    return StockState(*found[0]) if found else None


def stocks(account_id: int) -> list[StockState]:
    sql = (
        "SELECT s.batch_id, s.stock_id, s.state FROM coupon_stock s"
        " JOIN coupon_batch b ON b.id = s.batch_id WHERE b.account_id = ? ORDER BY s.batch_id"
    )
    return [StockState(*row) for row in fetch(sql, (account_id,))]


def ask_stock(batch_id: int) -> None:
    """Before the platform is asked: the batch will be its."""
    insert_new("coupon_stock", ("batch_id", "state"), (batch_id, "asked"))


def set_stock(batch_id: int, stock_id: str, state: str, now: datetime) -> None:
    run(
        "UPDATE coupon_stock SET stock_id = ?, state = ?, synced_at = ? WHERE batch_id = ?",
        (stock_id, state[:12], to_ms(now), batch_id),
    )


def forget_stock(batch_id: int) -> None:
    """The platform refused to make it."""
    run("DELETE FROM coupon_stock WHERE batch_id = ? AND stock_id IS NULL", (batch_id,))


# --- coupons -----------------------------------------------------------------------------------


def due(limit: int) -> list[Due]:
    """Issued codes of running stocks that are not in the wallet yet, the first issued first."""
    rows = fetch(
        "SELECT c.id, c.follower_id, s.stock_id FROM coupon_stock s"
        " JOIN coupon_code c ON c.batch_id = s.batch_id AND c.state = ?"
        " LEFT JOIN coupon_remote r ON r.code_id = c.id"
        " WHERE s.state = 'running' AND c.follower_id IS NOT NULL"
        " AND (c.held_at IS NULL OR c.held_why = ?)"
        " AND (r.code_id IS NULL OR r.state = 'asked') ORDER BY c.id LIMIT ?",
        (CodeState.ISSUED, WALLET, limit),
    )
    return [Due(*row) for row in rows]


def ask(code_id: int, now: datetime) -> bool:
    """Before the platform is asked: from now on no till takes the code. False: one has taken it."""
    with transaction():
        held = run(
            "UPDATE coupon_code SET held_at = ?, held_why = ? WHERE id = ? AND state = ?"
            " AND (held_at IS NULL OR held_why = ?)",
            (to_ms(now), WALLET, code_id, CodeState.ISSUED, WALLET),
        )
        if held:
            values = (code_id, "asked", "", to_ms(now))
            insert_new("coupon_remote", ("code_id", "state", "error", "at"), values, key="code_id")
    return held == 1


def given(code_id: int, remote_id: str, now: datetime) -> None:
    run(
        "UPDATE coupon_remote SET remote_id = ?, state = 'given', at = ? WHERE code_id = ?",
        (remote_id, to_ms(now), code_id),
    )


def refused(code_id: int, why: str, now: datetime) -> None:
    """It will not be in the wallet: the code is one for tills, as any other."""
    with transaction():
        run(
            "UPDATE coupon_remote SET state = 'refused', error = ?, at = ? WHERE code_id = ?",
            (why[:32], to_ms(now), code_id),
        )
        run(
            "UPDATE coupon_code SET held_at = NULL, held_why = NULL WHERE id = ? AND held_why = ?",
            (code_id, WALLET),
        )


def code_of(remote_id: str) -> int:
    """The code that this coupon of the wallet stands for. Raises NotFound."""
    found = fetch("SELECT code_id FROM coupon_remote WHERE remote_id = ?", (remote_id,))
    if not found:
        raise NotFound("no code of ours is this coupon")
    return int(found[0][0])


def remote_of(code_id: int) -> str | None:
    """The wallet's coupon of a code; None where there is none."""
    sql = "SELECT remote_id FROM coupon_remote WHERE code_id = ? AND state = 'given'"
    found = fetch(sql, (code_id,))
    return str(found[0][0]) if found else None
