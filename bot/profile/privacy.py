"""A person's rights: see everything, take back parts, be forgotten.

Erasing leaves a certificate that says what went, when and why, and nothing of the person. Sums stay
right: ledger rows, money and stock are kept and point to an empty tombstone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.profile.retention import strip_base
from bot.store import audit, followers, held
from bot.store import privacy as store
from bot.store.db import transaction
from bot.store.held import Held
from bot.store.segments import mark_dirty

logger = logging.getLogger(__name__)

# WeChat repeats a callback within seconds; the emptied row that knows it again lives for a while.
REPEATS_END = timedelta(minutes=10)
EVERYTHING = "301"


@dataclass(frozen=True, slots=True)
class Named:
    """Which of our data a RevokeInfo code names: content of event kinds, and attributes."""

    kinds: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()


_ADDRESS = Named(attributes=("address", "postcode"))
_INVOICE = Named(attributes=("invoice", "invoice_title", "tax_number"))
_VOICE = Named(kinds=("message.voice",))
_NICKNAME = Named(attributes=("nickname",))
_AVATAR = Named(attributes=("avatar", "headimgurl"))
_IDENTITY = Named(attributes=_NICKNAME.attributes + _AVATAR.attributes)
_PLACE = Named(
    kinds=("message.location", "location", "menu.location"),
    attributes=("location", "latitude", "longitude", "place"),
)
_PICTURES = Named(kinds=("message.image", "message.video", "menu.pictures"))
_FILES = Named(kinds=("message.file",))

# Source: 授权用户信息变更 (official account 2xx, mini-program 1-20); 301 is everything.
REVOCABLE: Mapping[str, Named] = {
    "201": _ADDRESS,
    "202": _INVOICE,
    "203": Named(kinds=("card",)),
    "204": _VOICE,
    "205": _IDENTITY,
    "206": _PLACE,
    "207": _PICTURES,
    "1": Named(attributes=("car_plate",)),
    "2": _ADDRESS,
    "3": _INVOICE,
    "4": Named(attributes=("bluetooth",)),
    "5": _VOICE,
    "6": _IDENTITY,
    "7": _PICTURES,
    "8": Named(attributes=("phone", "mobile")),
    "12": Named(attributes=("steps",)),
    "13": _PLACE,
    "14": _PICTURES,
    "15": _FILES,
    "16": Named(attributes=("email",)),
    "18": _PLACE,
    "19": _NICKNAME,
    "20": _AVATAR,
}


def export(follower_id: int) -> dict[str, Any]:
    """Everything held of the person, opened, as plain JSON. Raises NotFound."""
    return held.everything(follower_id)


def in_brief(follower_id: int) -> Held:
    """What is held, for an answer in the chat."""
    return held.in_brief(follower_id)


def erase(follower_id: int, cause: str, now: datetime, actor: str = "") -> str:
    """Forget the person; the certificate's number, the same at every call. Raises NotFound.

    cause   a word of at most 32 characters: follower, cancelled, operator ...
    actor   who did it, for the audit log; "" where the cause says so

    Somebody who writes again afterwards is a new follower of whom nothing is known, except that
    they refuse marketing if they did before.
    """
    certificate = store.certificate_for(f"follower:{follower_id}")
    with transaction():
        account_id = followers.get(follower_id).account_id
        removed = store.erase(follower_id, now, now - REPEATS_END)
        if removed is not None:
            store.certify(account_id, cause, certificate, removed, now)
            detail = {"cause": cause, "certificate": certificate}
            audit.record(actor or cause, "erase", now, follower_id=follower_id, detail=detail)
    store.scrub()
    logger.info("erased follower=%d cause=%s certificate=%s", follower_id, cause, certificate)
    return certificate


def revoke(follower_id: int, codes: Iterable[str], event_id: int, now: datetime) -> str | None:
    """Delete exactly what the RevokeInfo codes name; the certificate, None where nothing is named.

    What was concluded from it goes too: the profile is folded anew from what is left. A code that
    nobody knows raises the alarm and deletes nothing: which data it means is not ours to guess.
    """
    known = [code for code in codes if _is_known(code, event_id)]
    if EVERYTHING in known:
        return erase(follower_id, "revoked", now)
    named = [REVOCABLE[code] for code in known]
    if not named:
        return None
    certificate = store.certificate_for(f"event:{event_id}")
    with transaction():
        removed = _forget(follower_id, named)
        account_id = followers.get(follower_id).account_id
        store.certify(account_id, f"revoked {','.join(known)}", certificate, removed, now)
    logger.info("revoked follower=%d codes=%s removed=%s", follower_id, known, removed)
    return certificate


def identity_changed(follower_id: int) -> int:
    """Nickname or picture changed on WeChat: our copies are stale. How many went."""
    with transaction():
        return sum(_forget(follower_id, [_IDENTITY]).values())


def _is_known(code: str, event_id: int) -> bool:
    if code == EVERYTHING or code in REVOCABLE:
        return True
    logger.error("alarm: unknown RevokeInfo code=%s event=%d, see docs", code[:8], event_id)
    return False


def _forget(follower_id: int, named: Sequence[Named]) -> dict[str, int]:
    kinds = {kind for part in named for kind in part.kinds}
    names = {name for part in named for name in part.attributes}
    removed = {
        "event": store.empty_events(follower_id, sorted(kinds)),
        "attribute": store.forget_attributes(follower_id, names),
        "profile_base": strip_base(follower_id, names, bool(kinds)),
    }
    if any(removed.values()):
        store.refold(follower_id)
        mark_dirty([follower_id])
    return {what: count for what, count in removed.items() if count}
