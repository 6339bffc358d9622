"""A platform in this process, a store, and what a collection looks like from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest

from bot.profile.refresh import fold_new
from bot.sandbox.hosting import LocalSandbox
from bot.store import accounts, listing, profiles
from bot.store.db import Store, database, fetch
from bot.store.tokens import SharedTokens
from bot.wechat.client import WeChatClient, connect


class Killed(BaseException):
    """The process ends here: nothing of ours catches it."""


@dataclass
class House:
    """An account of ours on a sandbox; `now` is the platform's time."""

    sandbox: LocalSandbox
    account_id: int
    client: WeChatClient

    @property
    def now(self) -> datetime:
        return self.sandbox.now

    def id_of(self, openid: str) -> int:
        return listing.known(self.account_id, [openid])[openid].id

    def follows(self, openid: str) -> bool:
        found = listing.known(self.account_id, [openid]).get(openid)
        return found is not None and found.subscribed

    def tags(self, openid: str) -> dict[str, str]:
        """Tags as the profile has them now: name -> source."""
        fold_new(self.now)
        found = profiles.state_of(self.id_of(openid)).get("tags", {})
        return {tag: row[3] for tag, row in found.items() if row[0]}

    def events(self, kind: str) -> int:
        return int(fetch("SELECT COUNT(*) FROM event WHERE kind = ?", (kind,))[0][0])


@pytest.fixture
def house(store: Store, wechat_sandbox: LocalSandbox) -> Iterator[House]:
    yield from housed(wechat_sandbox)


@pytest.fixture
def any_house(any_store: Store, wechat_sandbox: LocalSandbox) -> Iterator[House]:
    """The same on every engine."""
    yield from housed(wechat_sandbox)


def housed(sandbox: LocalSandbox) -> Iterator[House]:
    account = accounts.ensure_default(sandbox.appid, "service", sandbox.now)
    client = connect(
        sandbox.appid, sandbox.appsecret, sandbox.url, SharedTokens(), lambda: sandbox.now
    )
    yield House(sandbox, account, client)
    client.close()


def killed_everywhere(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> int:
    """Do `work` until it ends by itself, killed at its first write, its second, ...; how often.

    A kill falls before the statement is carried out; what was committed before it stays.
    """
    real = type(database.obj).execute_sql
    left = deaths = 0

    def execute(self, sql, *args, **kwargs):
        nonlocal left
        if sql.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            left -= 1
            if left < 0:
                raise Killed
        return real(self, sql, *args, **kwargs)

    monkeypatch.setattr(type(database.obj), "execute_sql", execute)
    while True:
        left = deaths
        try:
            work()
        except Killed:
            deaths += 1
            continue
        monkeypatch.setattr(type(database.obj), "execute_sql", real)
        return deaths
