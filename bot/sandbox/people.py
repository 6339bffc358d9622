"""A follower as the platform keeps one, and the chat as the phone shows it."""

from __future__ import annotations

import random
import string
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.sandbox.windows import Window

ME = "o-me"  # the human at the phone page
CHAT_KEPT = 200
_ALPHABET = string.ascii_letters + string.digits + "_-"
FAULT_NOTICE = "该公众号提供的服务出现故障，请稍后再试"


@dataclass(frozen=True, slots=True)
class Bubble:
    """One line of a chat.

    side   "user" | "account" | "notice" (said by the platform)
    kind   what it is: text, image, news, template, menu click ...
    via    how the account said it: reply, custom, template, mass; "" for the user
    """

    side: str
    kind: str
    text: str
    at: datetime
    via: str = ""
    url: str = ""
    answers: str = ""  # for a passive reply: the MsgType or Event it answers

    def as_json(self) -> dict[str, Any]:
        return {
            "side": self.side,
            "kind": self.kind,
            "text": self.text,
            "at": to_ms(self.at),
            "via": self.via,
            "url": self.url,
        }


@dataclass
class Person:
    openid: str
    name: str
    unionid: str = ""
    subscribed: bool = False
    subscribe_at: datetime | None = None
    subscribe_scene: str = "ADD_SCENE_SEARCH"
    scene: str = ""
    remark: str = ""
    blacklisted: bool = False
    typing: bool = False
    tags: set[int] = field(default_factory=set)
    window: Window = field(default_factory=Window)
    last_act_at: datetime | None = None
    mass_months: Counter[str] = field(default_factory=Counter)
    chat: deque[Bubble] = field(default_factory=lambda: deque(maxlen=CHAT_KEPT))
    interests: tuple[str, ...] = ()  # hidden from every API: what the simulated person likes
    shown: int = 0  # bubbles ever shown, so that a page can ask whether there is news

    def show(self, bubble: Bubble) -> None:
        self.chat.append(bubble)
        self.shown += 1


def new_openid(rng: random.Random) -> str:
    """28 characters, as the platform's are."""
    return "o" + "".join(rng.choices(_ALPHABET, k=27))
