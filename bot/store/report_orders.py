"""Reports that are mailed every day or week, and how each mail went.

A mail goes waiting -> sending -> sent; or failed, where the server will not have it; or unknown,
where the talk broke off and it may have gone. One that is `sending` is never sent again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import from_ms, instant, to_ms
from bot.errors import NotFound
from bot.store.db import fetch, insert_new, run

DAILY, WEEKLY = "day", "week"
WAITING, SENDING, SENT, FAILED, UNKNOWN = "waiting", "sending", "sent", "failed", "unknown"
_COLUMNS = (
    "id, account_id, operator_id, report, every, hour, mailboxes, language, made_at, stopped_at"
)


@dataclass(frozen=True, slots=True)
class Order:
    """`hour`: o'clock in the account's zone, on Mondays where it is weekly."""

    id: int
    account_id: int
    operator_id: int
    report: str
    every: str
    hour: int
    mailboxes: tuple[str, ...]
    language: str
    made_at: datetime
    stopped_at: datetime | None


class Mail(NamedTuple):
    """`why`: a word for what went wrong. due_at: when it is tried, or was to be."""

    id: int
    order_id: int
    period: str
    state: str
    why: str
    tries: int
    due_at: datetime
    at: datetime


def add(
    account_id: int, operator_id: int, report: str, every: str, hour: int,
    mailboxes: Sequence[str], language: str, now: datetime,
) -> int:  # fmt: skip
    """A new order; its id."""
    columns = ("account_id", "operator_id", "report", "every", "hour", "mailboxes", "language",
               "made_at")  # fmt: skip
    values = (account_id, operator_id, report, every, hour, json.dumps(list(mailboxes)), language,
              to_ms(now))  # fmt: skip
    return int(insert_new("report_order", columns, values))


def of_account(account_id: int) -> list[Order]:
    """The oldest first."""
    return _orders("account_id = ? ORDER BY id", account_id)


def running() -> list[Order]:
    """Every account's that are not stopped."""
    return _orders("stopped_at IS NULL ORDER BY id")


def get(account_id: int, order_id: int) -> Order:
    """Raises NotFound, also for another account's."""
    found = _orders("account_id = ? AND id = ?", account_id, order_id)
    if not found:
        raise NotFound(f"there is no order {order_id}")
    return found[0]


def _orders(where: str, *params: int) -> list[Order]:
    rows = fetch(f"SELECT {_COLUMNS} FROM report_order WHERE {where}", params)
    return [_order(*row) for row in rows]


def _order(
    id_: int, account_id: int, operator_id: int, report: str, every: str, hour: int,
    mailboxes: str, language: str, made_at: int, stopped_at: int | None,
) -> Order:  # fmt: skip
    return Order(
        id_, account_id, operator_id, report, every, hour, tuple(json.loads(mailboxes)), language,
        from_ms(made_at), instant(stopped_at),
    )  # fmt: skip


def stop(order_id: int, now: datetime | None) -> None:
    """`now` None: it goes on."""
    at = None if now is None else to_ms(now)
    run("UPDATE report_order SET stopped_at = ? WHERE id = ?", (at, order_id))


def remove(order_id: int) -> None:
    """With its mails."""
    run("DELETE FROM report_mail WHERE order_id = ?", (order_id,))
    run("DELETE FROM report_order WHERE id = ?", (order_id,))


def plan(order_id: int, period: str, due_at: datetime, now: datetime) -> bool:
    """False: this period's is there already."""
    columns = ("order_id", "period", "state", "why", "tries", "due_at", "at")
    values = (order_id, period, WAITING, "", 0, to_ms(due_at), to_ms(now))
    return insert_new("report_mail", columns, values) is not None


def due(now: datetime, limit: int = 100) -> list[Mail]:
    """The longest due first, of orders that are not stopped."""
    return _mails(
        "JOIN report_order o ON o.id = m.order_id WHERE m.state = ? AND m.due_at <= ?"
        " AND o.stopped_at IS NULL ORDER BY m.due_at, m.id LIMIT ?",
        WAITING, to_ms(now), limit,
    )  # fmt: skip


def last(order_id: int) -> Mail | None:
    """The newest of an order."""
    return next(iter(_mails("WHERE m.order_id = ? ORDER BY m.id DESC LIMIT 1", order_id)), None)


def _mails(rest: str, *params: Any) -> list[Mail]:
    rows = fetch(
        "SELECT m.id, m.order_id, m.period, m.state, m.why, m.tries, m.due_at, m.at"
        f" FROM report_mail m {rest}",
        params,
    )
    return [Mail._make((*row[:6], from_ms(row[6]), from_ms(row[7]))) for row in rows]


def take(mail_id: int, now: datetime) -> bool:
    """waiting -> sending. False: somebody was faster."""
    changed = run(
        "UPDATE report_mail SET state = ?, tries = tries + 1, at = ? WHERE id = ? AND state = ?",
        (SENDING, to_ms(now), mail_id, WAITING),
    )
    return changed == 1


def settle(mail_id: int, state: str, why: str, due_at: datetime, now: datetime) -> None:
    """How the sending that was under way ended."""
    run(
        "UPDATE report_mail SET state = ?, why = ?, due_at = ?, at = ? WHERE id = ? AND state = ?",
        (state, why, to_ms(due_at), to_ms(now), mail_id, SENDING),
    )
