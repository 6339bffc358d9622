"""The human agents of an account (客服): who they are, whom they serve, who waits, what was said.

State only; `bot.sandbox.agents` is what agents do, `bot.sandbox.api.kf` what programs may call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.people import Person
from bot.sandbox.world import World

# 将消息转发到客服: after this the messages of an unclosed session go to the program again.
FORWARDS = timedelta(minutes=30)
SAID, HEARD = 2002, 2003  # opercode: an agent said it, an agent got it
KEPT = 200_000  # records
FIRST_RECORD = 20_165_001


@dataclass(frozen=True, slots=True)
class Invitation:
    wx: str
    until: datetime
    rejected: bool = False

    def status(self, now: datetime) -> str:
        if self.rejected:
            return "rejected"
        return "waiting" if now < self.until else "expired"


@dataclass(slots=True)
class Agent:
    """`wx` "": nobody works under this account yet."""

    account: str
    nickname: str
    id: int
    wx: str = ""
    online: bool = False
    head_image: str = ""
    invitation: Invitation | None = None


@dataclass(slots=True)
class Session:
    account: str
    created_at: datetime
    forwarded_since: datetime

    def forwards(self, now: datetime) -> bool:
        return now < self.forwarded_since + FORWARDS


@dataclass(slots=True)
class Waiting:
    """A follower whom the program handed over and nobody serves yet."""

    latest_at: datetime
    texts: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Record:
    msgid: int
    openid: str
    opercode: int
    text: str
    at: datetime
    worker: str

    def as_json(self) -> dict[str, Any]:
        return {
            "openid": self.openid,
            "opercode": self.opercode,
            "text": self.text,
            "time": int(self.at.timestamp()),
            "worker": self.worker,
        }


@dataclass
class Service:
    """`enabled`: 客服功能 is open in the console. The dicts keep the order of arrival."""

    enabled: bool = True
    agents: dict[str, Agent] = field(default_factory=dict)  # by account
    sessions: dict[str, Session] = field(default_factory=dict)  # by openid
    waiting: dict[str, Waiting] = field(default_factory=dict)  # by openid
    records: deque[Record] = field(default_factory=lambda: deque(maxlen=KEPT))
    elsewhere: dict[str, int] = field(default_factory=dict)  # wx -> agents it is of other accounts
    last_id: int = 1000
    last_msgid: int = FIRST_RECORD - 1

    def note(self, openid: str, opercode: int, text: str, at: datetime, worker: str) -> None:
        self.last_msgid += 1
        self.records.append(Record(self.last_msgid, openid, opercode, text, at, worker))

    def served_by(self, account: str) -> list[tuple[str, Session]]:
        return [(who, one) for who, one in self.sessions.items() if one.account == account]


def told(fields: Mapping[str, Any]) -> str:
    """A message as the log of agents keeps it: [image], [voice], [video] for what is no text."""
    kind = str(fields.get("MsgType", ""))
    return str(fields.get("Content", "")) if kind == "text" else f"[{kind}]"


def heard(world: World, person: Person, fields: Mapping[str, Any]) -> bool:
    """A follower's message: True where an agent gets it, and so the program does not."""
    service = world.room(Service)
    now = world.clock()
    if waiting := service.waiting.get(person.openid):
        waiting.latest_at = now
    session = service.sessions.get(person.openid)
    if session is None or not session.forwards(now):
        return False
    service.note(person.openid, HEARD, told(fields), now, session.account)
    world.ledger.add("agent_heard", now, openid=person.openid, account=session.account)
    return True
