"""A house with a real store, whose followers write to it: push by push, through the real inbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from bot.inbox.context import Context, Handled
from bot.inbox.facts import facts_of, text_of, window_of
from bot.inbox.receive import handle
from bot.nlp.understanding import understand
from bot.services import Services
from bot.settings import Settings
from bot.store import accounts, inbox
from bot.store.accounts import AccountState
from bot.talk.live import Live
from bot.values.audience import FollowerState
from bot.values.inbound import Inbound, PersonalInfoEvent, TextMessage
from bot.values.replies import NO_REPLY, TextReply
from handlers import dispatch
from tests.conftest import NOON

PUBLIC_URL = "https://shop.example"
GH = "gh_hongyan000001"


def no_client(account_id: int) -> Any:
    raise AssertionError("an answer must not call the platform: it has no time for that")


@dataclass
class House:
    """Lin writes, the house answers. `now` moves only by `wait`."""

    services: Services
    account: AccountState
    now: datetime = NOON
    numbers: Any = field(default_factory=lambda: count(1))
    last: Handled | None = None
    follower_id: int = 0

    def push(self, kind: type[Inbound], openid: str = "o-lin", **fields: Any) -> Handled:
        """One new push, stored and handled; what the handler said."""
        number = next(self.numbers)
        message = kind(
            account=GH,
            openid=openid,
            sent_at=fields.pop("sent_at", self.now),
            raw={"MsgId": str(number), "FromUserName": openid, "Content": fields.get("text", "")},
            **fields,
        )
        return self.deliver(message)

    def deliver(self, message: Inbound) -> Handled:
        text = text_of(message)
        understanding = self.services.understand(text, self.account.id) if text else None
        stored = inbox.arrive(
            self.account.id,
            message.openid,
            message.kind,
            key=message.dedupe_key,
            at=message.sent_at,
            now=self.now,
            facts=facts_of(message, understanding),
            raw=message.raw,
            window=window_of(message),
            lease=timedelta(seconds=60),
            known_only=isinstance(message, PersonalInfoEvent),
        )
        assert isinstance(stored, inbox.Arrival)
        self.follower_id = stored.follower.id if stored.follower else 0
        handle(
            self.services, self._note, self.account, stored.follower, message, understanding,
            stored.event_id, self.now, attempt=99,
        )  # fmt: skip
        assert self.last is not None
        return self.last

    def _note(self, message: Inbound, ctx: Context) -> Handled:
        self.last = dispatch(message, ctx)
        return self.last

    def says(self, text: str, **fields: Any) -> str:
        """Lin types; what stands on the phone, "" for nothing."""
        return shown(self.push(TextMessage, text=text, **fields))

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)

    def context(self, **follower: Any) -> Context:
        """A context of nobody in particular, for messages that need no store."""
        state = replace(FollowerState(id=1, account_id=self.account.id), **follower)
        return Context(self.services, self.account, state, 1, self.now)


def shown(handled: Handled) -> str:
    if handled.reply == NO_REPLY:
        return ""
    assert isinstance(handled.reply, TextReply), handled.reply
    return handled.reply.text


@pytest.fixture
def settings(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    return Settings.from_env({"HONGYAN_PUBLIC_URL": PUBLIC_URL})


@pytest.fixture
def house(store, account_id: int, settings: Settings) -> House:
    by_slug: Callable[[str], AccountState] = accounts.by_slug
    services = Services(
        settings=settings,
        store=store,
        clock=lambda: NOON,
        account_of=by_slug,
        client_of=no_client,
        understand=lambda text, account_id: understand(text),
        talk_of=Live().of,
    )
    return House(services, accounts.by_slug("default"))
