"""Do the product and the platform tell the same? Pure: two sets of books in, differences out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# A tracked link's token and the ledger row that it names; a template's client id.
SendOf = Callable[[str], int | None]


@dataclass(frozen=True)
class OurBooks:
    """From the database."""

    subscribed: int
    callbacks: Mapping[str, int]
    sends: Iterable[tuple[int, str, str]]  # id, step, state
    taps: int
    claims: int
    redemptions: int


def differences(ours: OurBooks, ledger: Mapping[str, Any], send_of: SendOf) -> list[str]:
    """One sentence for every figure that differs; none: they agree."""
    pushed = ledger["callbacks"]
    found = [
        _differs("followers subscribed", ours.subscribed, ledger["subscribed"]),
        _differs("callbacks delivered", ours.callbacks["delivered"], _reached(pushed)),
        _differs("callbacks repeated", ours.callbacks["repeated"], pushed["repeated"]),
        _differs("callbacks answered", ours.callbacks["answered"], pushed["answered"]),
        _differs("callbacks failed", ours.callbacks["failed"], 0),
        _differs("links tapped", ours.taps, tracked_taps(ledger)),
        _differs("coupons claimed", ours.claims, len({r["code"] for r in ledger["claims"]})),
        _differs("coupons redeemed", ours.redemptions, accepted_redemptions(ledger)),
    ]
    return [*filter(None, found), *sends_against_phones(ours.sends, shown(ledger), send_of)]


def shown(ledger: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """By openid, what the account sent and what it carried along in a passive reply."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for book in ("accepted", "replied"):
        for openid, messages in ledger[book].items():
            found.setdefault(openid, []).extend(messages)
    return found


def _differs(what: str, ours: int, theirs: int) -> str:
    return "" if ours == theirs else f"{what}: product {ours}, sandbox {theirs}"


def _reached(pushed: Mapping[str, int]) -> int:
    """Deliveries that reached the product; those that found nobody at home are not its own."""
    return pushed["deliveries"] - pushed["refused"]


def tracked_taps(ledger: Mapping[str, Any]) -> int:
    """Taps on tracked links; a coupon page that a reply names directly is none."""
    return sum(1 for record in ledger["taps"] if "/t/" in str(record.get("link", "")))


def accepted_redemptions(ledger: Mapping[str, Any]) -> int:
    """Codes that the till got through with, however often it asked."""
    return len({r["code"] for r in ledger["redemptions"] if r.get("accepted")})


def sends_against_phones(
    sends: Iterable[tuple[int, str, str]],
    accepted: Mapping[str, Iterable[Mapping[str, Any]]],
    send_of: SendOf,
) -> list[str]:
    """Law 4, seen from the phones: `sent` arrived once, `unknown` at most once, the rest never."""
    arrived = Counter(
        send_id
        for messages in accepted.values()
        for message in messages
        if (send_id := _named(message, send_of)) is not None
    )
    found = []
    for send_id, step, state in sends:
        times = arrived.pop(send_id, 0)
        most, least = {"sent": (1, 1), "unknown": (1, 0)}.get(state, (0, 0))
        if not least <= times <= most:
            found.append(f"{step} send {send_id}: product {state}, on the phone {times} times")
    found += [f"send {send_id}: on the phone, not in the ledger" for send_id in arrived]
    return found


def _named(message: Mapping[str, Any], send_of: SendOf) -> int | None:
    """The ledger row that a message on a phone belongs to."""
    client_id = str(message.get("client_id") or "")
    if client_id.startswith("send-"):
        return int(client_id.removeprefix("send-"))
    for link in message.get("links", ()):
        send_id = send_of(str(link))
        if send_id is not None:
            return send_id
    return None
