"""A receiver over a real store, with handlers that the test writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from bot.inbox.context import Context, Dispatch, Handled
from bot.inbox.receive import Receiver
from bot.services import Services
from bot.settings import Settings
from bot.store import accounts
from bot.store.accounts import AccountState
from bot.talk.live import Live
from bot.values.audience import Understanding
from bot.values.inbound import Inbound
from bot.values.replies import Reply, TextReply
from tests.conftest import NOON
from tests.support.platform import Platform


@dataclass
class Phone:
    """The customer-service messages that the platform was asked to show."""

    shown: list[tuple[str, Reply]] = field(default_factory=list)
    error: Exception | None = None
    asked: int = 0
    typed: int = 0

    def typing(self, openid: str) -> None:
        self.typed += 1
        if self.error is not None:
            raise self.error

    def send_custom(self, openid: str, reply: Reply) -> None:
        self.asked += 1
        if self.error is not None:
            raise self.error
        self.shown.append((openid, reply))


@dataclass
class House:
    services: Services
    account: AccountState
    phone: Phone
    platform: Platform
    now: datetime = NOON
    open: list[Receiver] = field(default_factory=list)

    def receiver(self, dispatch: Dispatch) -> Receiver:
        self.open.append(Receiver(self.services, dispatch, threads=8))
        return self.open[-1]

    def deliver(self, receiver: Receiver, **fields: Any) -> str:
        """One new push of Lin; what the answer shows."""
        return self.again(receiver, self.platform.fields(self.now, **fields))

    def again(self, receiver: Receiver, fields: dict[str, Any]) -> str:
        query, body = self.platform.delivery(fields, self.now)
        return self.platform.said(receiver.receive("default", query, body, self.now).body)


def echo(message: Inbound, ctx: Context) -> Handled:
    return Handled(TextReply(f"你说{getattr(message, 'text', '')}"), "echo", "always")


def answering(reply: Callable[[Context], Reply]) -> Dispatch:
    return lambda message, ctx: Handled(reply(ctx), "test", "")


@pytest.fixture
def house(any_store, monkeypatch, tmp_path) -> Iterator[House]:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({"HONGYAN_WECHAT_API_URL": "http://127.0.0.1:9"})
    account_id = accounts.ensure_default(settings.appid, "service", NOON)
    account = AccountState(
        account_id,
        "default",
        settings.appid,
        token=settings.token,
        aes_keys=(settings.aes_key,),
    )
    phone = Phone()
    house = House(None, account, phone, Platform())  # type: ignore[arg-type]
    house.services = Services(
        settings=settings,
        store=any_store,
        clock=lambda: house.now,
        account_of=lambda slug: account,
        client_of=lambda account_id: phone,  # type: ignore[arg-type,return-value]
        understand=lambda text, _: Understanding(text, {"火锅": 1.0} if "火锅" in text else {}),
        talk_of=Live().of,
    )
    yield house
    for receiver in house.open:
        receiver.close()
