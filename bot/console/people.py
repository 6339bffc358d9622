"""Operators: invited, given roles, disabled, with a second factor; each act is in the audit log."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from bot.console import passwords, second, signing
from bot.console.rights import Role
from bot.errors import Conflict, InvalidInput, NotFound
from bot.store import audit, console_sessions, operators
from bot.store.db import transaction
from bot.store.operators import EVERY_ACCOUNT, OperatorState

INVITED_FOR = timedelta(days=3)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")


def invite(name: str, title: str, role: Role, account_id: int, by: str, now: datetime) -> str:
    """A new operator; the secret of the page where he chooses his password, for three days.

    account_id  where the role counts; EVERY_ACCOUNT for all
    Raises InvalidInput for a name that is none, Conflict for one that is taken.
    """
    name = name.strip().lower()
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            "用户名：2 到 32 个小写字母、数字或 . _ - (2 to 32 letters, digits, . _ -)", "name"
        )
    with transaction():
        operator_id = operators.add(name, title.strip()[:64], now)
        if operator_id is None:
            raise Conflict(f"the name {name} is taken")
        operators.set_role(operator_id, account_id, role)
        token = _new_invite(operator_id, now)
        _note(by, "operator.invite", now, of=name, role=role.value, account=account_id)
    return token


def reset(operator_id: int, by: str, now: datetime) -> str:
    """A new invitation: the old password, second factor and sessions end; the page's secret."""
    person = get(operator_id)
    with transaction():
        operators.update(operator_id, password="", totp=None, totp_step=0, recovery=[])
        console_sessions.end_all(operator_id)
        token = _new_invite(operator_id, now)
        _note(by, "operator.reset", now, of=person.name)
    return token


def invited(token: str, now: datetime) -> OperatorState | None:
    """Whose invitation this is, while it lasts."""
    return operators.invited(signing.hash_of(token), now)


def accept(token: str, password: str, now: datetime) -> OperatorState:
    """Choose the password that an invitation was for.

    Raises NotFound for an invitation that is over, InvalidInput for a poor password.
    """
    person = invited(token, now)
    if person is None:
        raise NotFound("the invitation is over")
    passwords.must_be_good(password, person.name)
    with transaction():
        taken = operators.take_invite(person.id, signing.hash_of(token), passwords.hashed(password))
        if not taken:
            raise NotFound("the invitation was used")
        _note(_actor(person), "operator.accept", now)
    return person


def change_password(person: OperatorState, old: str, new: str, session: str, now: datetime) -> None:
    """A new password; every other browser is signed out.

    session  the hash of the one that asks. Raises InvalidInput.
    """
    if not passwords.fits(old, operators.proofs(person.id).password):
        raise InvalidInput("the present password is wrong", "old")
    passwords.must_be_good(new, person.name)
    with transaction():
        operators.update(person.id, password=passwords.hashed(new))
        console_sessions.end_all(person.id, but=session)
        _note(_actor(person), "operator.password", now)


def set_role(operator_id: int, account_id: int, role: Role | None, by: str, now: datetime) -> None:
    """A role on one account, or none there. Raises Conflict for the last administrator."""
    person = get(operator_id)
    was = person.roles.get(account_id)
    with transaction():
        if was == Role.ADMIN and account_id == EVERY_ACCOUNT and role != Role.ADMIN:
            _must_not_be_last(operator_id)
        operators.set_role(operator_id, account_id, role)
        _note(by, "operator.role", now, of=person.name, account=account_id, before=was,
              after=role and role.value)  # fmt: skip


def disable(operator_id: int, by: str, now: datetime) -> None:
    """End somebody's access at once. Raises Conflict for the last administrator."""
    person = get(operator_id)
    with transaction():
        if person.roles.get(EVERY_ACCOUNT) == Role.ADMIN:
            _must_not_be_last(operator_id)
        operators.update(operator_id, disabled_at=now, invite=None)
        console_sessions.end_all(operator_id)
        _note(by, "operator.disable", now, of=person.name)


def enable(operator_id: int, by: str, now: datetime) -> None:
    """Let somebody in again, with what he had."""
    person = get(operator_id)
    with transaction():
        operators.update(operator_id, disabled_at=None, failures=0, locked_until=None)
        _note(by, "operator.enable", now, of=person.name)


def start_second(person: OperatorState, secret: str, code: str, now: datetime) -> list[str]:
    """Switch the second factor on, proved by a code of it; the codes for a lost phone.

    Raises InvalidInput for a wrong code.
    """
    step = second.step_of(secret, code, now, 0)
    if step is None:
        raise InvalidInput("the code is wrong: look at the present six digits", "code")
    codes = second.new_recovery()
    with transaction():
        hashes = [second.recovery_hash(one) for one in codes]
        operators.update(person.id, totp=secret, totp_step=step, recovery=hashes)
        _note(_actor(person), "operator.second_on", now)
    return codes


def end_second(person: OperatorState, code: str, now: datetime) -> None:
    """Switch it off, proved by a code. Raises InvalidInput."""
    if not signing.use_code(person.id, code, now):
        raise InvalidInput("the code is wrong: look at the present six digits", "code")
    with transaction():
        operators.update(person.id, totp=None, totp_step=0, recovery=[])
        _note(_actor(person), "operator.second_off", now)


def get(operator_id: int) -> OperatorState:
    """Raises NotFound."""
    found = operators.get(operator_id)
    if found is None:
        raise NotFound("there is no such operator")
    return found


def _new_invite(operator_id: int, now: datetime) -> str:
    token = secrets.token_urlsafe(24)
    operators.update(operator_id, invite=signing.hash_of(token), invite_until=now + INVITED_FOR)
    return token


def _must_not_be_last(operator_id: int) -> None:
    if not operators.count_with(Role.ADMIN, but=operator_id):
        raise Conflict("one administrator has to stay")


def _actor(person: OperatorState) -> str:
    return f"operator:{person.name}"


def _note(by: str, action: str, now: datetime, **detail: Any) -> None:
    audit.record(by, action, now, detail=detail)
