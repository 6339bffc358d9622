"""What the console's settings page changes of an account: its secrets, and its API keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import from_ms, instant, to_ms
from bot.errors import NotFound
from bot.store.db import fetch, run, transaction
from bot.store.fields import Holder
from bot.store.models import Account

SECRETS = ("appsecret", "token", "aes_key")


class Key(NamedTuple):
    """An API key as it is listed: never itself."""

    id: int
    name: str
    made_at: datetime
    revoked_at: datetime | None


def keys(account_id: int, limit: int = 200) -> list[Key]:
    """The newest first."""
    rows = fetch(
        "SELECT id, name, created_at, revoked_at FROM api_key WHERE account_id = ?"
        " ORDER BY id DESC LIMIT ?",
        (account_id, limit),
    )
    return [Key(id_, name, from_ms(made), instant(revoked)) for id_, name, made, revoked in rows]


def has_key(account_id: int, name: str) -> bool:
    """Whether a key of this name is in force."""
    sql = "SELECT 1 FROM api_key WHERE account_id = ? AND name = ? AND revoked_at IS NULL LIMIT 1"
    return bool(fetch(sql, (account_id, name)))


def revoke_key(account_id: int, key_id: int, now: datetime) -> bool:
    """It opens nothing from now on. False: revoked before, or none of this account's."""
    changed = run(
        "UPDATE api_key SET revoked_at = ? WHERE id = ? AND account_id = ? AND revoked_at IS NULL",
        (to_ms(now), key_id, account_id),
    )
    return changed == 1


def stamp(account_id: int) -> dict[str, str]:
    """Which secrets are in force, by keyed hashes that say nothing of them. Raises NotFound."""
    row = Account.get_or_none(Account.id == account_id)
    if row is None:
        raise NotFound(f"there is no account {account_id}")
    return {
        name: Holder.vault.blind(getattr(row, name) or "", f"account.{name}")[:16]
        for name in SECRETS
    }


def rotate(account_id: int, secrets: Mapping[str, str]) -> None:
    """Put new secrets in place. The EncodingAESKey that was in force stays as the previous one:
    messages sealed with it are on their way. Raises NotFound."""
    changes: dict[str, Any] = {name: secrets[name] for name in SECRETS if name in secrets}
    with transaction():
        row = Account.get_or_none(Account.id == account_id)
        if row is None:
            raise NotFound(f"there is no account {account_id}")
        if changes.get("aes_key", row.aes_key) != row.aes_key:
            changes["previous_aes_key"] = row.aes_key
        if changes:
            Account.update(**changes).where(Account.id == account_id).execute()


def set_timezone(account_id: int, zone: str) -> None:
    """The zone of the account's days and quiet hours from now on, by its IANA name."""
    run("UPDATE account SET timezone = ? WHERE id = ?", (zone, account_id))
