"""Whole conversations with a shop: a phone of the sandbox, encrypted callbacks, the real product.

A shop is an account with a trade's pack and a model learnt from its examples. Both are made once a
trade and session; each conversation has its own copy of the store and its own follower.
"""

from __future__ import annotations

import html
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from bot.app import create_app
from bot.build import build
from bot.sandbox.follower import Follower
from bot.sandbox.hosting import LocalSandbox
from bot.sandbox.testing import Sandbox
from bot.services import Services
from bot.settings import Settings
from bot.store import conversation, talk
from bot.store.db import fetch
from bot.store.talk import Example
from bot.talk import packs
from bot.talk.packs import Pack
from bot.talk.training import train_stage
from handlers import router
from tests.conftest import KEY

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)  # a Saturday, 12:00 in Shanghai
UNCLEAR = "咕叽咕叽那一样"
ENDS = ("甲丙戊庚壬子寅辰", "乙丁己辛癸丑卯巳")
BETWEEN = {
    "ecommerce": ("warranty", "size"),
    "education": ("course.list", "hours"),
    "entertainment": ("ticket.price", "address"),
    "catering": ("points", "invoice"),
}
_UNDER_WAY = "SELECT COUNT(*) FROM inbox WHERE state = 'open' OR answer IN ('late', 'sending')"
Trained = Callable[[str], Path]


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The store of a trade's shop, made once: its pack, and the model of its examples."""
    made: dict[str, Path] = {}
    folder = tmp_path_factory.mktemp("shops")

    def of(trade: str) -> Path:
        if trade not in made:
            path = folder / f"{trade}.db"
            services = build(settings_of(path, "http://127.0.0.1:9"), lambda: NOON)
            account = services.account_of("default").id
            packs.apply(account, thinned(packs.pack(trade)), NOON)
            train_stage(account, talk.LIVE, NOON)
            services.store.close()
            made[trade] = path
        return made[trade]

    return of


def thinned(pack: Pack) -> Pack:
    """The pack with every third example: learnt in a third of the time, and good enough here.

    What is unclear is taught as two intents, and close ones are asked about, so that whatever a
    model learns the house has to ask which of the two.
    """
    unclear = [
        Example(intent, UNCLEAR + more)
        for intent, each in zip(BETWEEN[pack.name], ENDS, strict=True)
        for more in each
    ]
    documents = {**pack.documents, ("setting", "clarify"): (pack.name, {"gap": 0.35})}
    return replace(pack, documents=documents, examples=(*pack.examples[::3], *unclear))


def settings_of(path: Path, api: str, **account: str) -> Settings:
    return Settings.from_env(
        {
            "HONGYAN_DATABASE_URL": f"sqlite:///{path}",
            "HONGYAN_VAR": str(path.parent),
            "HONGYAN_SECRET_KEYS": KEY,
            "HONGYAN_WECHAT_API_URL": api,
            "HONGYAN_PUBLIC_URL": "https://shop.example",
            **account,
        }
    )


@dataclass
class Talker:
    """A follower in a conversation, and the house that answers."""

    sandbox: Sandbox
    services: Services
    phone: Follower
    seen: int = 0
    hired: bool = False  # an agent is at work

    def say(self, text: str) -> str:
        """What the phone shows in answer, late messages included; "" for silence."""
        self.phone.say(text)
        return self._answers()

    def tap(self, words: str) -> str:
        """Tap the choice with these words in the last message that has it."""
        for bubble in reversed(self.phone.screen):
            for number, said in choices(bubble.rest):
                if said == words:
                    self.sandbox.post("say", openid=self.phone.openid, text=said, menu_id=number)
                    self.sandbox.post("deliver")
                    return self._answers()
        raise AssertionError(f"nothing to tap says {words!r}")

    def do(self, act: str) -> str:
        """A turn that is no text: @tap WORDS, @wait 31m, @agent takes, @agent closes, @picture."""
        verb, _, rest = act[1:].partition(" ")
        if verb == "tap":
            return self.tap(rest)
        if verb == "wait":
            number, unit = int(rest[:-1]), rest[-1]
            self.sandbox.advance(**{{"m": "minutes", "h": "hours", "d": "days"}[unit]: number})
            return self._answers()
        if verb == "agent":
            return self._agent(rest)
        if verb == "picture":
            self.phone.picture()
            return self._answers()
        if verb == "follow":
            self.phone.follow(rest)
            return self._answers()
        raise AssertionError(f"there is no turn {act!r}")

    def _agent(self, what: str) -> str:
        """An agent at work takes the chat, says words in it, or closes it."""
        verb, _, words = what.partition(" ")
        account = f"mei@{self.sandbox.original_id}"
        if not self.hired:
            client = self.services.client_of(self.services.account_of("default").id)
            for act, fields in (
                ("add", {"nickname": "小梅"}),
                ("inviteworker", {"invite_wx": "mei_2026"}),
            ):
                path = f"/customservice/kfaccount/{act}"
                client.call("POST", path, json={"kf_account": account, **fields})
            self.sandbox.post("agent_confirm", account=account)
            self.sandbox.post("agent_online", account=account)
            self.hired = True
        act = {"takes": "agent_take", "says": "agent_say", "closes": "agent_close"}[verb]
        text = {"text": words} if words else {}
        self.sandbox.post(act, account=account, openid=self.phone.openid, **text)
        self.sandbox.post("deliver")
        return self._answers()

    def _answers(self) -> str:
        """What appeared since the last look, once nothing is under way any more."""
        ends = time.monotonic() + 10
        self.sandbox.settle()
        while fetch(_UNDER_WAY)[0][0]:
            assert time.monotonic() < ends, "an answer is still under way"
            time.sleep(0.01)
        self.sandbox.settle()
        screen = self.phone.screen
        fresh, self.seen = screen[self.seen :], len(screen)
        return "\n".join(one.text for one in fresh if one.is_answer)

    def why(self) -> str:
        """The trace of the last message, for a failing test."""
        found = conversation.latest(self.services.account_of("default").id, limit=1)
        if not found:
            return "nothing is kept of any message"
        lines = [
            f"  {step}: {'took' if took else 'passed'}, {why}"
            for step, _, took, why in found[0].trace
        ]
        return "\n".join([f"{found[0].handler} ({found[0].reason})", *lines])


def choices(rest: Any) -> list[tuple[str, str]]:
    """(menu id, words) of a bubble's choices, whichever way they came."""
    items = [(str(number), str(said)) for number, said in rest.get("items") or ()]
    for link in re.findall(r'href="weixin://bizmsgmenu\?([^"]*)"', rest.get("text", "")):
        asked = parse_qs(html.unescape(link))
        items.append((asked.get("msgmenuid", [""])[0], asked["msgmenucontent"][0]))
    return items


Shop = Callable[[str], Talker]


@pytest.fixture
def wechat_sandbox(tmp_path: Path) -> Iterator[LocalSandbox]:
    """A platform whose clock the callback's signatures go by as well, so that time can be moved."""
    with LocalSandbox(clock_path=str(tmp_path / "clock")) as sandbox:
        yield sandbox


@pytest.fixture
def shop(wechat_sandbox: LocalSandbox, trained: Trained, tmp_path: Path) -> Iterator[Shop]:
    """A follower who has just followed a shop of this trade."""
    opened: list[Services] = []

    def open_(trade: str) -> Talker:
        path = tmp_path / f"{trade}.db"
        shutil.copyfile(trained(trade), path)
        account = {
            "HONGYAN_APPID": wechat_sandbox.appid,
            "HONGYAN_APPSECRET": wechat_sandbox.appsecret,
            "HONGYAN_TOKEN": wechat_sandbox.token,
            "HONGYAN_AES_KEY": wechat_sandbox.aes_key,
        }
        clock = wechat_sandbox.platform.world.clock
        services = build(settings_of(path, wechat_sandbox.url, **account), clock)
        opened.append(services)
        app = create_app(services, router.dispatch, router.quick)
        wechat_sandbox.mount(app.wsgi_app, "/wechat/default")
        talker = Talker(wechat_sandbox, services, wechat_sandbox.follower("小林"))
        talker.do("@follow ")
        return talker

    yield open_
    for services in opened:
        services.store.close()
