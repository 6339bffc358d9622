"""A follower of a test: a person with a phone, who acts and looks at what it shows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.clock import SHANGHAI, from_ms

if TYPE_CHECKING:
    from bot.sandbox.testing import Sandbox

Fields = dict[str, Any]
LOOK_SECONDS = 0.01


@dataclass(frozen=True)
class Shown:
    """One bubble of a phone.

    side  "user" | "account" | "notice" (said by the platform)
    via   how the account said it: reply, custom, template, mass; "" for the user
    rest  all the control plane tells of it, such as the items of an article list
    """

    number: int
    side: str
    kind: str
    text: str
    via: str
    url: str
    at: datetime
    rest: Mapping[str, Any] = field(repr=False, hash=False, compare=False)

    @classmethod
    def of(cls, told: Fields) -> Shown:
        named = {name: told[name] for name in ("number", "side", "kind", "text", "via", "url")}
        return cls(**named, at=from_ms(told["at"]).astimezone(SHANGHAI), rest=told)

    @property
    def is_answer(self) -> bool:
        """Said by the account, or in its stead: the notice that its program failed."""
        return self.side == "account" or self.kind == "fault"


class Follower:
    """A person with a phone. Each act waits until its push is judged, and returns the answers."""

    def __init__(self, sandbox: Sandbox, openid: str, name: str) -> None:
        self._sandbox = sandbox
        self.openid = openid
        self.name = name

    def __repr__(self) -> str:
        return f"Follower({self.name!r}, {self.openid!r})"

    def act(self, act: str, /, **fields: Any) -> list[Shown]:
        """Any act of the control plane. Raises ControlRefused, as when it wants a follower."""
        before = int(self._screen()["shown"])
        self._sandbox.post(act, openid=self.openid, **fields)
        self._sandbox.post("deliver")
        return [one for one in self._shown(before) if one.is_answer]

    def follow(self, scene: str = "") -> list[Shown]:
        return self.act("follow", scene=scene)

    def unfollow(self) -> list[Shown]:
        return self.act("unfollow")

    def say(self, text: str) -> list[Shown]:
        return self.act("say", text=text)

    def voice(self, recognised: str = "") -> list[Shown]:
        return self.act("voice", text=recognised)

    def picture(self) -> list[Shown]:
        return self.act("picture")

    def click(self, key: str) -> list[Shown]:
        """A menu item of type click."""
        return self.act("click", key=key)

    def view(self, url: str) -> list[Shown]:
        """A menu item of type view."""
        return self.act("view", url=url)

    def scan(self, scene: str) -> list[Shown]:
        """A parametric QR code: a stranger follows by it."""
        return self.act("scan", scene=scene)

    def revoke(self, code: str) -> list[Shown]:
        return self.act("revoke", code=code)

    @property
    def screen(self) -> list[Shown]:
        """All that the phone shows, oldest first."""
        return self._shown(0)

    @property
    def window(self) -> Fields:
        """Customer-service messages that may go: {"open", "left", "until" in ms or None}."""
        return dict(self._screen()["window"])

    @property
    def subscribed(self) -> bool:
        return bool(self._screen()["subscribed"])

    def expect(self, text: str, within: float = 5.0) -> Shown:
        """Waits for a bubble of the account with this in it: one that a worker sends later.

        `within` seconds, of virtual time where that is run. Raises AssertionError.
        """
        ends = time.monotonic() + within
        if self._found(text) is None and self._sandbox.virtual:
            self._sandbox.run(seconds=within)
            ends = 0.0
        while (found := self._found(text)) is None:
            if time.monotonic() >= ends:
                lines = [f"  {one.side} {one.via}: {one.text}" for one in self.screen]
                shown = "\n".join(lines) or "  nothing"
                raise AssertionError(f"{self.name} never saw {text!r}; the phone shows\n{shown}")
            time.sleep(LOOK_SECONDS)
        return found

    def _found(self, text: str) -> Shown | None:
        return next((one for one in self.screen if one.is_answer and text in one.text), None)

    def _screen(self, since: int = 0) -> Fields:
        found: Fields = self._sandbox.get(f"followers/{self.openid}/screen", since=since)
        return found

    def _shown(self, since: int) -> list[Shown]:
        return [Shown.of(one) for one in self._screen(since)["bubbles"]]
