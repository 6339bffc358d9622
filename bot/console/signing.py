"""Signing in: a name and a password, then a code where there is a second factor.

Whoever tries learns nothing but yes or no: an unknown name, a wrong password, a disabled operator
and one who is locked out get the same answer, in the same time.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.console import browsers, passwords, second
from bot.store import audit, console_sessions, operators, rates
from bot.store.console_sessions import Session
from bot.store.db import transaction
from bot.store.operators import OperatorState

logger = logging.getLogger(__name__)

LIVES = timedelta(days=7)
IDLE = timedelta(hours=8)
SEEN_EVERY = timedelta(minutes=1)
TRIES = 5  # wrong ones in a row until a lock
LOCK = timedelta(minutes=15)  # doubled by every further five, up to a day
LONGEST = timedelta(days=1)
PER_ADDRESS, WITHIN = 40, 600  # tries from one address in so many seconds


class Answer(StrEnum):
    """What came of a try."""

    IN = "in"
    CODE = "code"  # right so far; the second factor is wanted
    WRONG = "wrong"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Tried:
    """`token` is the cookie's new value, "" where there is none."""

    answer: Answer
    token: str = ""


def sign_in(name: str, password: str, address: str, browser: str, now: datetime) -> Tried:
    """A new session for the right name and password. `address`: the visitor's, for counting."""
    if _too_many(address, now):
        return Tried(Answer.TOO_MANY)
    found = operators.by_name(name.strip().lower()[:32])
    kept = operators.proofs(found.id) if found else None
    right = passwords.fits(password[: passwords.MOST], kept.password if kept else "")
    if found is None or found.disabled_at is not None or _locked(found, now):
        return Tried(Answer.WRONG)
    if not right:
        _failed(found, now)
        return Tried(Answer.WRONG)
    if kept is not None and passwords.is_old(kept.password):
        operators.update(found.id, password=passwords.hashed(password))
    if not found.second:
        _succeeded(found, now)
    token = begin(found, now, browser, proved=not found.second)
    return Tried(Answer.CODE if found.second else Answer.IN, token)


def prove(session: Session, code: str, address: str, now: datetime) -> Tried:
    """The second factor of a session that has only the first: a new session, the old one ends."""
    person = operators.get(session.operator_id)
    if person is None or _too_many(address, now):
        return Tried(Answer.TOO_MANY)
    if _locked(person, now) or not use_code(person.id, code, now):
        _failed(person, now)
        return Tried(Answer.WRONG)
    _succeeded(person, now)
    console_sessions.end(session.token_hash, person.id)
    return Tried(Answer.IN, begin(person, now, session.browser, proved=True))


def use_code(operator_id: int, code: str, now: datetime) -> bool:
    """Whether it is a code of the app or one for a lost phone; either counts once."""
    with transaction():
        kept = operators.proofs(operator_id, hold=True)
        if kept.totp is None:
            return False
        step = second.step_of(kept.totp, code, now, kept.totp_step)
        if step is not None:
            return operators.use_step(operator_id, step)
        spent = second.recovery_hash(code)
        if spent not in kept.recovery:
            return False
        operators.update(operator_id, recovery=[one for one in kept.recovery if one != spent])
        return True


def begin(person: OperatorState, now: datetime, browser: str, *, proved: bool) -> str:
    """A session of its own secret, never one that the browser brought; the cookie's value."""
    token = secrets.token_urlsafe(32)
    console_sessions.begin(
        hash_of(token),
        person.id,
        proved=proved,
        now=now,
        until=now + LIVES,
        browser=browsers.kept(browser),
    )
    return token


def session_of(token: str, now: datetime, *, seen: bool = True) -> Session | None:
    """Whose cookie this is, while the session lasts; being seen is noted once a minute.

    seen  False: a page asks by itself, and nobody need be there
    """
    found = console_sessions.find(hash_of(token), now, now - IDLE)
    if found is not None and seen and now - found.seen_at >= SEEN_EVERY:
        console_sessions.seen(found.token_hash, now)
    return found


def hash_of(token: str) -> str:
    """What is kept of a cookie or an invitation: 64 hex digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def _too_many(address: str, now: datetime) -> bool:
    name = f"console.{hash_of(address)[:32]}"
    return rates.take(name, now, WITHIN, PER_ADDRESS) is not None


def _locked(person: OperatorState, now: datetime) -> bool:
    return person.locked_until is not None and person.locked_until > now


def _failed(person: OperatorState, now: datetime) -> None:
    """Count a wrong try; every fifth in a row locks for longer."""
    with transaction():
        count = operators.proofs(person.id, hold=True).failures + 1
        operators.update(person.id, failures=count)
        if count % TRIES:
            return
        until = now + min(LONGEST, LOCK * 2 ** (count // TRIES - 1))
        operators.update(person.id, locked_until=until)
        audit.record(f"operator:{person.name}", "console.locked", now, detail={"tries": count})
    logger.warning("locked operator=%d tries=%d", person.id, count)


def _succeeded(person: OperatorState, now: datetime) -> None:
    with transaction():
        operators.update(person.id, failures=0, locked_until=None)
        audit.record(f"operator:{person.name}", "console.sign_in", now)
