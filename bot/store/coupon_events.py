"""What coupons add to the event log and to a campaign's effect; each thing once, by its key."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.store import events
from bot.store.coupon_batches import batch, chunks
from bot.store.coupon_redeem import Undone
from bot.store.coupon_use import Coupon, coupon
from bot.store.db import fetch, insert_new, run, transaction
from bot.store.sends import only
from bot.store.spans import qmarks
from bot.values.coupons import CodeState

SOURCE = "coupon"
ORDER_SOURCE = "order"
_GIVEN = (CodeState.ISSUED, CodeState.REDEEMED, CodeState.EXPIRED)


def send_of(purpose: str | None) -> int | None:
    """The ledger row that a purpose "send:<id>" names."""
    word, _, number = (purpose or "").partition(":")
    return int(number) if word == "send" and number.isdecimal() else None


def campaigns_of(sends: Iterable[int]) -> dict[int, str]:
    """The slug of each send's campaign."""
    ids = list(sends)
    if not ids:
        return {}
    return dict(
        fetch(
            "SELECT s.id, c.slug FROM send s JOIN campaign c ON c.id = s.campaign_id"
            f" WHERE s.id IN ({qmarks(ids)})",
            ids,
        )
    )


def record_issued(purposes: Sequence[str], now: datetime) -> int:
    """Append coupon.issued for the codes given for these purposes; how many were new."""
    with transaction():
        return sum(_record_issued(chunk, now) for chunk in chunks(purposes))


def _record_issued(purposes: Sequence[str], now: datetime) -> int:
    """As `_append` would for each: the codes of one batch and campaign differ in who and which."""
    found = fetch(
        "SELECT id, batch_id, follower_id, purpose FROM coupon_code"
        f" WHERE purpose IN ({qmarks(purposes)}) AND {only(f'state IN ({qmarks(_GIVEN)})')}",
        (*purposes, *_GIVEN),
    )
    sends = {code_id: send_of(purpose) for code_id, _, _, purpose in found}
    slugs = campaigns_of(send_id for send_id in sends.values() if send_id is not None)
    alike: dict[tuple[int, str], list[tuple[int, int | None]]] = {}
    for code_id, batch_id, who, _ in found:
        slug = slugs.get(sends[code_id] or 0, "")
        alike.setdefault((batch_id, slug), []).append((code_id, who))
    told: list[tuple[Any, ...]] = []
    for (batch_id, slug), given in alike.items():
        of = batch(batch_id)
        facts = _facts(of.slug, of.face_value_fen, slug, of.topics)
        like = events.row(of.account_id, None, "coupon.issued", now, now, SOURCE, "", facts, None)
        told += [
            _as(like, who, events.dedupe(of.account_id, SOURCE, f"issued:{code_id}"))
            for code_id, who in given
        ]
    return events.append_many(told)


_WHO, _KEY = events.COLUMNS.index("follower_id"), events.COLUMNS.index("dedupe")


def _as(like: tuple[Any, ...], who: int | None, dedupe: str) -> tuple[Any, ...]:
    return (*like[:_WHO], who, *like[_WHO + 1 : _KEY], dedupe, *like[_KEY + 1 :])


def _facts(
    batch_slug: str, amount_fen: int, campaign: str, topics: Iterable[str]
) -> dict[str, Any]:
    return {
        "batch": batch_slug,
        "amount_fen": amount_fen,
        "campaign": campaign,
        "topics": topic_weights(topics),
    }


def record(
    kind: str, found: Coupon, now: datetime, amount_fen: int | None = None, turn: int = 0
) -> bool:
    """Append coupon.<kind> for one coupon. False: it was appended before.

    amount_fen   what was paid; None: the coupon's face value
    turn         how often it was taken back and can be told again since
    """
    return _append(kind, [found], now, amount_fen, turn) == 1


def _append(
    kind: str, of: Sequence[Coupon], now: datetime, amount_fen: int | None, turn: int = 0
) -> int:
    ending = f":{turn}" if turn else ""
    sends = {found.code_id: send_of(found.purpose) for found in of}
    slugs = campaigns_of(send_id for send_id in sends.values() if send_id is not None)
    return events.append_many(
        [
            events.row(
                found.account_id,
                found.follower_id,
                f"coupon.{kind}",
                now,
                now,
                SOURCE,
                f"{kind}:{found.code_id}{ending}",
                _facts(
                    found.batch,
                    found.face_value_fen if amount_fen is None else amount_fen,
                    slugs.get(sends[found.code_id] or 0, ""),
                    found.topics,
                ),
                None,
            )
            for found in of
        ]
    )


def record_order(
    found: Coupon, order_number: str, amount_fen: int, now: datetime, turn: int = 0
) -> tuple[int, bool]:
    """(the order's event, whether it is new): the shop may have reported this order itself.

    A till that gives no order number makes the coupon itself the order's name.

    turn   how often the order was taken back with a coupon and can be told again since
    """
    key = order_number or f"coupon:{found.code_id}"
    key += f"#{turn}" if turn else ""
    facts: dict[str, Any] = {"amount_fen": amount_fen, "topics": topic_weights(found.topics)}
    new = events.append(
        found.account_id,
        found.follower_id,
        "order",
        at=now,
        received_at=now,
        source=ORDER_SOURCE,
        key=key,
        facts=facts,
    )
    if new is not None:
        return new, True
    return events.id_of(found.account_id, ORDER_SOURCE, key), False


def record_returned(found: Coupon, undone: Undone, now: datetime) -> None:
    """Take back what a redemption told: the redemption, its credit, and the order where it told it.

    The credit goes to another coupon of the same order, where there is one.
    """
    record("returned", found, now, turn=undone.use_id)
    if undone.order_event_id is None:
        return
    send_id = send_of(found.purpose)
    if send_id is not None:
        run(
            "DELETE FROM conversion WHERE event_id = ? AND send_id = ?",
            (undone.order_event_id, send_id),
        )
    if undone.heir is not None:
        _hand_on(undone.heir, undone.order_event_id, now)
    elif undone.told:
        _give_back(found, undone, now)


def _hand_on(heir: int, event_id: int, now: datetime) -> None:
    other = coupon(heir)
    send_id = send_of(other.purpose)
    if send_id is not None:
        credit(send_id, event_id, now, other.amount_fen or 0)


def _give_back(found: Coupon, undone: Undone, now: datetime) -> None:
    told = fetch("SELECT at, facts FROM event WHERE id = ?", (undone.order_event_id,))
    if not told:  # its time was over: the profile keeps the sum, which a refund cannot name
        return
    at, facts = told[0]
    amount = json.loads(facts).get("amount_fen", 0)
    events.append(
        found.account_id,
        found.follower_id,
        "refund",
        at=now,
        received_at=now,
        source=ORDER_SOURCE,
        key=f"undo:{undone.use_id}",
        facts={"amount_fen": amount, "whole": True, "order_at": at},
    )


def credit(send_id: int, event_id: int, at: datetime, amount_fen: int) -> bool:
    """Credit a thing bought to a send. False: it is credited already, to this send or another."""
    columns = ("send_id", "event_id", "at", "amount_fen")
    return insert_new("conversion", columns, (send_id, event_id, to_ms(at), amount_fen)) is not None


def topic_weights(topics: Iterable[str]) -> dict[str, float]:
    """Topics of a thing as an event's facts have them."""
    return dict.fromkeys(topics, 1.0)
