"""A follower as the platform keeps one, and the chat as the phone shows it."""

from __future__ import annotations

import hashlib
import random
import string
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.sandbox.windows import Window

ME = "o-me"  # the human at the phone page
CHAT_KEPT = 200
CLOSED = Window()
_ALPHABET = string.ascii_letters + string.digits + "_-"
FAULT_NOTICE = "该公众号提供的服务出现故障，请稍后再试"  # an answer came, but was none
UNAVAILABLE_NOTICE = "该公众号暂时无法提供服务，请稍后再试"  # nothing came in time


@dataclass(frozen=True, slots=True)
class Bubble:
    """One line of a chat.

    side   "user" | "account" | "notice" (said by the platform)
    kind   what it is: text, image, news, template, menu click ...
    via    how the account said it: reply, custom, agent, template, mass; "" for the user
    """

    side: str
    kind: str
    text: str
    at: datetime
    via: str = ""
    url: str = ""
    answers: str = ""  # for a passive reply: the MsgType or Event it answers
    items: tuple[tuple[str, str], ...] = ()  # (bizmsgmenuid, what a tap says)
    picture: str = ""  # its address, or media:<media_id>

    def as_json(self) -> dict[str, Any]:
        return {
            "side": self.side,
            "kind": self.kind,
            "text": self.text,
            "at": to_ms(self.at),
            "via": self.via,
            "url": self.url,
            "items": [list(item) for item in self.items],
        }


@dataclass(slots=True)
class Person:
    """Small on purpose: there may be hundreds of thousands."""

    openid: str
    name: str
    subscribed: bool = False
    subscribe_at: datetime | None = None
    subscribe_scene: str = "ADD_SCENE_SEARCH"
    scene: str = ""
    remark: str = ""
    blacklisted: bool = False
    typing: bool = False
    tags: frozenset[int] = frozenset()
    window: Window = CLOSED
    last_act_at: datetime | None = None
    chat: list[Bubble] = field(default_factory=list)  # the last CHAT_KEPT
    interests: tuple[str, ...] = ()  # hidden from every API: what the simulated person likes
    shown: int = 0  # bubbles ever shown, so that a page can ask whether there is news

    @property
    def unionid(self) -> str:
        """The same person at all accounts of one open platform."""
        return f"u{hashlib.sha256(self.openid.encode()).hexdigest()[:27]}"

    def show(self, bubble: Bubble) -> None:
        self.chat.append(bubble)
        if len(self.chat) > CHAT_KEPT:
            del self.chat[0]
        self.shown += 1


def new_openid(rng: random.Random) -> str:
    """28 characters, as the platform's are."""
    return "o" + "".join(rng.choices(_ALPHABET, k=27))
