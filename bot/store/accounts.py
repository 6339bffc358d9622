"""Official accounts and API keys."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from peewee import IntegrityError

from bot.errors import Conflict, NotFound
from bot.store.models import Account, ApiKey, Follower


@dataclass(frozen=True, slots=True)
class AccountState:
    """An account with its secrets opened. `aes_keys`: current first, then the previous one."""

    id: int
    slug: str
    appid: str
    original_id: str = ""
    kind: str = "service"
    timezone: str = "Asia/Shanghai"
    appsecret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    aes_keys: tuple[str, ...] = field(default=(), repr=False)


def _state(row: Account) -> AccountState:
    return AccountState(
        id=row.id,
        slug=row.slug,
        appid=row.appid,
        original_id=row.original_id,
        kind=row.kind,
        timezone=row.timezone,
        appsecret=row.appsecret or "",
        token=row.token or "",
        aes_keys=tuple(key for key in (row.aes_key, row.previous_aes_key) if key),
    )


def by_slug(slug: str) -> AccountState:
    """Raises NotFound."""
    row = Account.get_or_none(Account.slug == slug)
    if row is None:
        raise NotFound(f"there is no account {slug!r}")
    return _state(row)


def by_id(account_id: int) -> AccountState:
    """Raises NotFound."""
    row = Account.get_or_none(Account.id == account_id)
    if row is None:
        raise NotFound(f"there is no account {account_id}")
    return _state(row)


def all_accounts() -> list[AccountState]:
    return [_state(row) for row in Account.select().order_by(Account.id)]


def ids() -> list[int]:
    """Ids of all accounts; opens no secret."""
    return [row.id for row in Account.select(Account.id).order_by(Account.id)]


def slugs() -> dict[int, str]:
    """id -> slug of all accounts, in the order of their ids; opens no secret."""
    rows = Account.select(Account.id, Account.slug).order_by(Account.id)
    return {row.id: row.slug for row in rows}


def slug_of_app(appid: str) -> str:
    """The account that has it; "" where none has."""
    row = Account.select(Account.slug).where(Account.appid == appid).first()
    return row.slug if row else ""


def ensure_default(appid: str, kind: str, now: datetime) -> int:
    """The id of the account `default`, made or brought up to date with the settings' appid.

    Raises Conflict where the account of another appid has followers: they are not this one's.
    """
    values = {"slug": "default", "appid": appid, "kind": kind, "created_at": now}
    Account.insert(**values).on_conflict_ignore().execute()
    row = Account.get_or_none(Account.slug == "default")
    if row is None:
        raise Conflict(f"HONGYAN_APPID: {appid} already belongs to another account")
    if row.appid != appid:
        if Follower.select().where(Follower.account == row.id).exists():
            raise Conflict(
                f"HONGYAN_APPID: this database holds the followers of {row.appid}; give {appid} a "
                "database of its own with HONGYAN_DATABASE_URL, or add it by: hongyan account add"
            )
        Account.update(appid=appid, original_id="").where(Account.id == row.id).execute()
    if row.kind != kind:
        Account.update(kind=kind).where(Account.id == row.id).execute()
    return int(row.id)


def add(
    slug: str, appid: str, appsecret: str, token: str, aes_key: str, kind: str, now: datetime
) -> int:
    """A further account. Raises Conflict when slug or appid is taken."""
    try:
        return int(
            Account.insert(
                slug=slug,
                appid=appid,
                appsecret=appsecret,
                token=token,
                aes_key=aes_key,
                kind=kind,
                created_at=now,
            ).execute()
        )
    except IntegrityError:
        raise Conflict(f"an account with slug {slug!r} or this appid exists already") from None


def learn_original_id(account_id: int, original_id: str) -> None:
    """Keep the gh_ id that the first callback showed."""
    Account.update(original_id=original_id).where(
        (Account.id == account_id) & (Account.original_id == "")
    ).execute()


def new_api_key(account_id: int, name: str, now: datetime) -> str:
    """A fresh bearer key; only its hash is kept, so this is the one time it can be read."""
    key = f"hy_{secrets.token_urlsafe(32)}"
    ApiKey.insert(account=account_id, name=name, key_hash=_hashed(key), created_at=now).execute()
    return key


def account_of_key(key: str) -> int | None:
    """The account whose live key this is."""
    row = (
        ApiKey.select(ApiKey, Account)
        .join(Account)
        .where((ApiKey.key_hash == _hashed(key)) & ApiKey.revoked_at.is_null())
        .get_or_none()
    )
    return None if row is None else int(row.account.id)


def key_label(key: str) -> str:
    """A live key as the audit log names it: its number and the name it was given."""
    row = ApiKey.get(ApiKey.key_hash == _hashed(key))
    return f"key:{row.id} {row.name}"[:64]


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
