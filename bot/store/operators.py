"""Who signs in to the console, what they are on which account, and the state of their secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.store.db import fetch, insert_new, locking, run, transaction
from bot.store.models import Operator, OperatorRole

EVERY_ACCOUNT = 0


@dataclass(frozen=True, slots=True)
class OperatorState:
    """`roles`: role by account id, EVERY_ACCOUNT for all; `second`: has a second factor."""

    id: int
    name: str
    title: str
    language: str
    invited: bool  # has not chosen a password yet
    second: bool
    locked_until: datetime | None
    created_at: datetime
    disabled_at: datetime | None
    roles: Mapping[int, str]

    def role_on(self, account_id: int) -> str | None:
        """The role on one account; that of the very account counts before the one of all."""
        return self.roles.get(account_id, self.roles.get(EVERY_ACCOUNT))


@dataclass(frozen=True, slots=True)
class Proofs:
    """What a sign-in is held against."""

    password: str
    totp: str | None
    totp_step: int
    recovery: tuple[str, ...]
    failures: int
    locked_until: datetime | None


def _state(row: Any, roles: Mapping[int, str]) -> OperatorState:
    return OperatorState(
        row.id,
        row.name,
        row.title or row.name,
        row.language,
        not row.password,
        row.totp is not None,
        row.locked_until,
        row.created_at,
        row.disabled_at,
        roles,
    )


def add(name: str, title: str, now: datetime) -> int | None:
    """A new operator without a password; None: the name is taken."""
    return insert_new(  # type: ignore[no-any-return]
        "operator",
        ("name", "title", "language", "password", "totp_step", "recovery", "failures",
         "created_at"),
        (name, title, "zh", "", 0, "[]", 0, to_ms(now)),
    )  # fmt: skip


def get(operator_id: int) -> OperatorState | None:
    row = Operator.get_or_none(Operator.id == operator_id)
    return None if row is None else _state(row, _roles_of(operator_id))


def by_name(name: str) -> OperatorState | None:
    row = Operator.get_or_none(Operator.name == name)
    return None if row is None else _state(row, _roles_of(row.id))


def everybody() -> list[OperatorState]:
    """All operators, the disabled too, by name."""
    roles: dict[int, dict[int, str]] = {}
    for operator_id, account_id, role in fetch(
        "SELECT operator_id, account_id, role FROM operator_role"
    ):
        roles.setdefault(operator_id, {})[account_id] = role
    rows = Operator.select().order_by(Operator.name)
    return [_state(row, roles.get(row.id, {})) for row in rows]


def _roles_of(operator_id: int) -> dict[int, str]:
    return dict(
        fetch("SELECT account_id, role FROM operator_role WHERE operator_id = ?", (operator_id,))
    )


def proofs(operator_id: int, *, hold: bool = False) -> Proofs:
    """What a sign-in is held against; `hold` keeps others from changing it until the commit."""
    if hold:
        fetch(f"SELECT id FROM operator WHERE id = ?{locking()}", (operator_id,))
    row = Operator.get(Operator.id == operator_id)
    return Proofs(
        row.password, row.totp, row.totp_step, tuple(row.recovery), row.failures, row.locked_until
    )


def update(operator_id: int, **values: Any) -> None:
    """Set columns of one operator."""
    Operator.update(**values).where(Operator.id == operator_id).execute()


def use_step(operator_id: int, step: int) -> bool:
    """A code of this step is used now. False: it, or a later one, was used already."""
    sql = "UPDATE operator SET totp_step = ? WHERE id = ? AND totp_step < ?"
    return run(sql, (step, operator_id, step)) == 1


def invited(token_hash: str, now: datetime) -> OperatorState | None:
    """Whose invitation this is, while it lasts."""
    row = Operator.get_or_none((Operator.invite == token_hash) & (Operator.invite_until > now))
    if row is None or row.disabled_at is not None:
        return None
    return _state(row, _roles_of(row.id))


def take_invite(operator_id: int, token_hash: str, password: str) -> bool:
    """The password that an invitation was for. False: it was taken already."""
    changed: int = (
        Operator.update(
            password=password, invite=None, invite_until=None, failures=0, locked_until=None
        )
        .where((Operator.id == operator_id) & (Operator.invite == token_hash))
        .execute()
    )
    return changed == 1


def set_role(operator_id: int, account_id: int, role: str | None) -> None:
    """The role on an account, or with None no role there."""
    with transaction():
        run(
            "DELETE FROM operator_role WHERE operator_id = ? AND account_id = ?",
            (operator_id, account_id),
        )
        if role is not None:
            OperatorRole.create(operator=operator_id, account_id=account_id, role=role)


def count_with(role: str, but: int) -> int:
    """How many others have this role on every account, can sign in and are not disabled."""
    found = fetch(
        "SELECT COUNT(*) FROM operator JOIN operator_role ON operator_role.operator_id ="
        " operator.id WHERE role = ? AND account_id = 0 AND operator.id <> ?"
        " AND disabled_at IS NULL AND password <> ''",
        (role, but),
    )
    return int(found[0][0])
