"""A customer service with human agents: two of them at work, and a follower who has written."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.agents import Agents
from bot.sandbox.codes import PlatformError
from bot.sandbox.config import Switches
from tests.bot.sandbox.conftest import Desktop, a_config

HOME = "gh_sandbox000001"
LAN, HUA = f"lan@{HOME}", f"hua@{HOME}"


class Hotline(Desktop):
    """A desk whose agents are known and at work."""

    def __init__(self, **switches: Any) -> None:
        super().__init__(a_config(switches=Switches(**switches)))
        self.agents = Agents(self.world, self.acts)
        self.upgraded = self.world.config.switches.kf_upgraded

    def ask(self, path: str, **query: str) -> dict[str, Any]:
        return self.get(f"/customservice/{path}", **query)

    def do(self, path: str, **body: Any) -> int:
        return int(self.post(f"/customservice/{path}", body)["errcode"])

    def add(self, account: Any = LAN, nickname: Any = "小兰") -> int:
        return self.do("kfaccount/add", kf_account=account, nickname=nickname)

    def invite(self, account: str = LAN, wx: str = "lan_2026") -> int:
        return self.do("kfaccount/inviteworker", kf_account=account, invite_wx=wx)

    def hire(self, account: str, wx: str) -> None:
        assert self.add(account) == 0
        assert self.invite(account, wx) == 0
        self.agents.confirm(account)
        self.agents.online(account)

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("customservice/getkflist")["kf_list"]
        return found

    def events(self) -> list[tuple[str, ...]]:
        """The events about sessions that were pushed."""
        return [
            (one["Event"], *(one[n] for n in one if "KfAccount" in n))
            for one in self.pushed
            if str(one.get("Event", "")).startswith("kf_")
        ]

    def hand_over(self, openid: str = "o-lin", account: str = "") -> None:
        """The program's answer to the last push is transfer_customer_service."""
        self.agents.transferred(self.world.person(openid), self.pushed[-1], account)

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.token = self.world.tokens.plain(self.clock())[0]


def staffed() -> Hotline:
    """Lan and Hua are at work; Lin has just written."""
    desk = Hotline()
    desk.hire(LAN, "lan_2026")
    desk.hire(HUA, "hua_2026")
    desk.chatting()
    return desk


def log(desk: Hotline, **changes: Any) -> dict[str, Any]:
    now = int(desk.clock().timestamp())
    body = {"starttime": now - 86_400, "endtime": now, "msgid": 1, "number": 10_000, **changes}
    return desk.post("/customservice/msgrecord/getmsglist", body)


def code_of(error: pytest.ExceptionInfo[PlatformError]) -> int:
    return error.value.errcode
