"""Build the services from settings: the one place where the pieces are put together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.clock import Clock, utc_now
from bot.clockfile import ClockFile
from bot.errors import SettingsError
from bot.nlp.understanding import understand
from bot.services import Services
from bot.settings import Settings, ensure_keys
from bot.store import accounts
from bot.store.accounts import AccountState
from bot.store.db import Store, open_store
from bot.store.tokens import SharedTokens
from bot.store.vault import new_key
from bot.talk.live import Live, Talk
from bot.values.audience import Understanding
from bot.wechat.client import WeChatClient, connect


def open_from(settings: Settings, *, upgrade: bool = True) -> Store:
    """The store that the settings name."""
    return open_store(
        settings.database_url,
        ensure_keys(settings, new_key),
        upgrade=upgrade,
        power_safe=settings.durability == "power",
    )


def clock_of(settings: Settings) -> Clock:
    """This machine's clock, or a sandbox's. Raises SettingsError where that is not there."""
    return ClockFile(Path(settings.clock)) if settings.clock else utc_now


def build(settings: Settings, clock: Clock | None = None, *, upgrade: bool = True) -> Services:
    """Open the store and bind everything to it. Raises SettingsError with what to mend."""
    clock = clock or clock_of(settings)
    store = open_from(settings, upgrade=upgrade)
    if settings.appid:
        check_account(settings)
        accounts.ensure_default(settings.appid, settings.account_kind, clock())
    talk_of = Live().of
    return Services(
        settings=settings,
        store=store,
        clock=clock,
        account_of=lambda slug: _with_secrets(accounts.by_slug(slug), settings),
        client_of=_clients(settings, clock),
        understand=reading(talk_of, clock),
        talk_of=talk_of,
    )


def reading(talk_of: Callable[[int], Talk], clock: Clock) -> Callable[[str, int], Understanding]:
    """Understanding with the words and the model of the account that was spoken to, whose clocks
    say what 明天 is."""
    zone_of = zones()

    def read(text: str, account_id: int) -> Understanding:
        talk = talk_of(account_id)
        return understand(text, talk.words, talk.model, now=clock(), zone=zone_of(account_id))

    return read


def zones(fresh_seconds: float = 60.0) -> Callable[[int], ZoneInfo]:
    """The zone of each account, asked of the store at most once in so long."""
    held: dict[int, tuple[ZoneInfo, float]] = {}

    def zone_of(account_id: int) -> ZoneInfo:
        found = held.get(account_id)
        if found is None or time.monotonic() >= found[1]:
            zone = ZoneInfo(accounts.by_id(account_id).timezone)
            found = held[account_id] = (zone, time.monotonic() + fresh_seconds)
        return found[0]

    return zone_of


def check_account(settings: Settings) -> None:
    """Raises SettingsError naming what the account `default` lacks."""
    missing = [
        f"HONGYAN_{name.upper()}: needed with HONGYAN_APPID, not set"
        for name in ("appsecret", "token", "aes_key")
        if not getattr(settings, name)
    ]
    if missing:
        raise SettingsError("\n".join(missing))


def _with_secrets(account: AccountState, settings: Settings) -> AccountState:
    """The account `default` takes its secrets from the settings."""
    if account.slug != "default":
        return account
    return replace(
        account,
        appsecret=settings.appsecret,
        token=settings.token,
        aes_keys=tuple(settings.aes_key.split(",")),
    )


_SECRET_SECONDS = 30.0  # how long a replaced AppSecret may still be asked with


def _clients(settings: Settings, clock: Clock) -> Callable[[int], WeChatClient]:
    """One client an account in this process, made on first use and again for a new secret."""
    made: dict[int, tuple[str, WeChatClient, float]] = {}
    lock = threading.Lock()

    def client_of(account_id: int) -> WeChatClient:
        with lock:
            secret, client, until = made.get(account_id, ("", None, 0.0))
            if client is None or time.monotonic() >= until:
                account = _with_secrets(accounts.by_id(account_id), settings)
                if client is None or account.appsecret != secret:
                    client = _client(account, settings, clock)
                made[account_id] = (
                    account.appsecret, client, time.monotonic() + _SECRET_SECONDS
                )  # fmt: skip
            return client

    return client_of


def _client(account: AccountState, settings: Settings, clock: Clock) -> WeChatClient:
    return connect(account.appid, account.appsecret, settings.wechat_api_url, SharedTokens(), clock)
