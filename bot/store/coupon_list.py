"""What was given of coupons, and what was redeemed, by time: a page at a time, the newest first.

A page looks at SCAN rows at most, whatever is asked of them; where they hold too few that fit it
says where to go on, so no question makes it read a whole table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from bot.clock import from_ms, instant
from bot.store.db import fetch, is_sqlite
from bot.store.spans import qmarks
from bot.store.spots import Spot

SCAN = 4000
SOURCES = ("console", "till", "api", "file", "cli", "pay")


@dataclass(frozen=True, slots=True)
class Given:
    """A code in somebody's hands. follower_id None: handed out on paper, or forgotten."""

    id: int
    batch: str
    title: str
    follower_id: int | None
    state: str
    purpose: str
    issued_at: datetime
    expires_at: datetime | None
    claimed_at: datetime | None
    redeemed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A redemption; `undone_at`: it was taken back. Money is fen."""

    id: int
    batch: str
    title: str
    follower_id: int | None
    source: str
    shop: str
    till_id: int | None
    basket_fen: int | None
    discount_fen: int
    at: datetime
    undone_at: datetime | None


T = TypeVar("T")
Row = tuple[Any, ...]


def given(
    account_id: int, spot: Spot, limit: int, *, batch: str = "", state: str = ""
) -> tuple[list[Given], Spot | None]:
    """Of one batch, or in one state, where it is asked; and where to go on, if anywhere."""
    batches = _batches(account_id)
    if batch:
        batches = {id_: names for id_, names in batches.items() if names[0] == batch}
    if not batches:
        return [], None
    # By time, not by batch: else a page of a great batch would sort all of its codes.
    codes = "coupon_code INDEXED BY coupon_code_issued_at" if is_sqlite() else "coupon_code"
    rows = fetch(
        "SELECT issued_at, id, batch_id, follower_id, state, purpose, expires_at, claimed_at,"
        f" redeemed_at FROM {codes} WHERE issued_at IS NOT NULL AND issued_at <= ?"
        " AND (issued_at < ? OR id < ?) ORDER BY issued_at DESC, id DESC LIMIT ?",
        (spot.at, spot.at, spot.id, SCAN),
    )
    return _page(
        rows,
        limit,
        lambda row: row[2] in batches and state in ("", row[4]),
        lambda row: _given(row, batches),
        SCAN,
    )


def _given(row: Row, batches: dict[int, tuple[str, str]]) -> Given:
    issued, id_, batch_id, follower_id, state, purpose, *ends = row
    slug, title = batches[batch_id]
    expires, claimed, redeemed = map(instant, ends)
    return Given(
        id_, slug, title, follower_id, state, purpose or "", from_ms(issued), expires, claimed,
        redeemed,
    )  # fmt: skip


def redeemed(
    account_id: int, spot: Spot, limit: int, *, batch: str = "", source: str = "", shop: str = ""
) -> tuple[list[Redeemed], Spot | None]:
    """Of one batch, by one way, or in one shop, where it is asked; and where to go on."""
    rows = fetch(
        "SELECT at, id, code_id, source, shop, till_id, basket_fen, discount_fen, undone_at"
        " FROM coupon_use WHERE account_id = ? AND at <= ? AND (at < ? OR id < ?)"
        " ORDER BY at DESC, id DESC LIMIT ?",
        (account_id, spot.at, spot.at, spot.id, SCAN if batch or source or shop else limit + 1),
    )
    codes = _codes([row[2] for row in rows], _batches(account_id))
    return _page(
        rows,
        limit,
        lambda row: (
            row[2] in codes
            and batch in ("", codes[row[2]][0])
            and source in ("", row[3])
            and shop in ("", row[4])
        ),
        lambda row: _redeemed(row, codes),
        SCAN if batch or source or shop else limit + 1,
    )


def _redeemed(row: Row, codes: dict[int, tuple[str, str, int | None]]) -> Redeemed:
    at, id_, code_id, source, shop, till_id, basket, discount, undone = row
    slug, title, follower_id = codes[code_id]
    return Redeemed(
        id_, slug, title, follower_id, source, shop, till_id, basket, discount, from_ms(at),
        instant(undone),
    )  # fmt: skip


def _page(
    rows: Sequence[Row],
    limit: int,
    fits: Callable[[Row], bool],
    made: Callable[[Row], T],
    scan: int,
) -> tuple[list[T], Spot | None]:
    """The first `limit` rows that fit; a spot behind the last, or behind all that were read."""
    found: list[T] = []
    last: Spot | None = None
    for row in rows:
        if len(found) == limit:
            return found, last
        if fits(row):
            found.append(made(row))
        last = Spot(row[0], row[1])
    return found, last if len(rows) == scan else None


def _batches(account_id: int) -> dict[int, tuple[str, str]]:
    """id -> (slug, title)."""
    rows = fetch("SELECT id, slug, title FROM coupon_batch WHERE account_id = ?", (account_id,))
    return {row[0]: (row[1], row[2]) for row in rows}


def _codes(
    code_ids: Sequence[int], batches: dict[int, tuple[str, str]]
) -> dict[int, tuple[str, str, int | None]]:
    """id -> (slug, title, follower)."""
    found = {}
    for start in range(0, len(code_ids), 500):
        part = code_ids[start : start + 500]
        for id_, batch_id, follower_id in fetch(
            f"SELECT id, batch_id, follower_id FROM coupon_code WHERE id IN ({qmarks(part)})", part
        ):
            if batch_id in batches:
                found[id_] = (*batches[batch_id], follower_id)
    return found


def every(page: Callable[[Spot], tuple[list[T], Spot | None]]) -> Iterator[list[T]]:
    """All pages, one after the other."""
    spot: Spot | None = Spot()
    while spot is not None:
        rows, spot = page(spot)
        yield rows
