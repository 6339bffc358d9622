"""The campaign tests' world with the sandbox as its platform: the real client, in one process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from bot.errors import GatewayError
from bot.sandbox.gateway import Call
from bot.sandbox.xml import parse, render
from bot.store.db import Store
from bot.wechat.client import WeChatClient
from bot.wechat.fanout import Fanouts, Finished
from bot.wechat.inbound import to_value
from bot.wechat.transport import Response
from tests.bot.campaign.world import World, found_world
from tests.bot.sandbox.conftest import Desktop, a_config

V = TypeVar("V")
Hook = Callable[[str, bytes], GatewayError | None]


@dataclass
class Wire:
    """Carries calls to the sandbox's gateway. `before` and `after` the platform has worked: they
    may raise a GatewayError (or a Crash), as the line would."""

    desk: Desktop
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    before: Hook = lambda path, body: None
    after: Hook = lambda path, body: None

    def post(self, url: str, body: bytes, timeout: float = 0, content_type: str = "") -> Response:
        return self._carry("POST", url, body)

    def get(self, url: str, timeout: float = 0) -> Response:
        return self._carry("GET", url, b"")

    def close(self) -> None:
        """Nothing is open."""

    def _carry(self, method: str, url: str, body: bytes) -> Response:
        parts = urlsplit(url)
        self.asked.append((parts.path, body))
        if (error := self.before(parts.path, body)) is not None:
            raise error
        query = dict(parse_qsl(parts.query))
        answer = self.desk.gateway.answer(Call(parts.path, method, query, body))
        if (error := self.after(parts.path, body)) is not None:
            raise error
        return Response(200, answer.body)

    def paths(self, ending: str) -> list[bytes]:
        """The bodies of the calls whose path ends so."""
        return [body for path, body in self.asked if path.endswith(ending)]


class Fan:
    """A fan-out that does one call after the other."""

    def __init__(self, wire: Wire) -> None:
        self._wire, self._done, self.busy = wire, [], 0

    def start(self, tag: Any, url: str, body: bytes) -> None:
        self.busy += 1
        try:
            self._done.append((tag, self._wire.post(url, body)))
        except GatewayError as error:
            self._done.append((tag, error))

    def finished(self, wait_s: float) -> Finished:
        done, self._done = self._done, []
        self.busy -= len(done)
        return done

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Tokens:
    """The platform's present one."""

    desk: Desktop

    def get(self, now: datetime) -> str:
        return str(self.desk.world.tokens.stable(self.desk.clock(), False)[0])

    def replace(self, rejected: str, now: datetime) -> str:
        return self.get(now)


@dataclass
class Town:
    """`world` is ours, `desk` the platform's; both have the same clock and the same people."""

    world: World
    desk: Desktop
    wire: Wire

    def later(self, **span: float) -> None:
        before = self.world.now
        self.desk.clock.advance((self.world.later(**span) - before).total_seconds())

    def got(self) -> Counter[str]:
        """How many messages the platform let through to each openid, as its own books say."""
        assert self.desk.timeline.drain(5)
        return Counter({who: len(all_) for who, all_ in self.desk.world.deliveries.items()})

    def pushed(self, kind: type[V]) -> list[V]:
        """What the platform has pushed of this kind, as our side reads it; taken off the pile."""
        read = [to_value(parse(render(fields))) for fields in self.desk.finished()]
        self.desk.pushed[:] = []
        return [value for value in read if isinstance(value, kind)]


@contextmanager
def town_of(store: Store, followers: int = 6, **person: Any) -> Iterator[Town]:
    """Followers `o-1` ... of both sides; without open windows unless `person` says so."""
    world = found_world(store, followers, **({"window_left": 0} | person))
    desk = Desktop(a_config())
    for i in range(1, followers + 1):
        desk.follower(f"o-{i}")
    wire = Wire(desk)
    client = WeChatClient(
        desk.world.config.appid, "s", "http://api", Tokens(desk), world.clock,
        transport=wire,
    )  # fmt: skip
    client._fanouts = Fanouts(lambda concurrency: Fan(wire))
    world.services = replace(world.services, client_of=lambda account: client)
    try:
        yield Town(world, desk, wire)
    finally:
        desk.timeline.stop()
