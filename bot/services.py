"""What was built once at start: one frozen bundle handed to views, handlers and jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.clock import Clock
from bot.settings import Settings
from bot.store.accounts import AccountState
from bot.store.db import Store
from bot.talk.live import Talk
from bot.values.audience import Understanding
from bot.wechat.client import WeChatClient


@dataclass(frozen=True)
class Services:
    """`client_of` gives the account's one client of this process; `understand` reads a text."""

    settings: Settings
    store: Store
    clock: Clock
    account_of: Callable[[str], AccountState]  # by slug; raises NotFound
    client_of: Callable[[int], WeChatClient]  # by account id
    understand: Callable[[str, int], Understanding]  # a text said to this account
    talk_of: Callable[[int], Talk]  # by account id: what it says, at most a second old
