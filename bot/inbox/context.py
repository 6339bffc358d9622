"""What a handler gets beside the message, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.nlp.language import language_of
from bot.services import Services
from bot.store.accounts import AccountState
from bot.values.audience import FollowerState, Understanding
from bot.values.inbound import Inbound
from bot.values.replies import Reply


@dataclass(frozen=True, slots=True)
class Context:
    """The sender as known before this message, and the house's services."""

    services: Services
    account: AccountState
    follower: FollowerState
    event_id: int
    now: datetime
    understanding: Understanding | None = None  # of a text or recognised voice

    @property
    def lang(self) -> str:
        """The language of this message where it shows one, else the follower's."""
        return spoken(self.understanding) or self.follower.language


def spoken(said: Understanding | None) -> str:
    """zh or en, "" where the words do not show it: a Chinese command is typed by anybody."""
    language = language_of(said.plain) if said else ""
    return "" if said and said.word and language == "zh" else language


# A line of a decision: the step, the handler that was asked, whether it took the message, and why.
Step = tuple[str, str, bool, str]


@dataclass(frozen=True, slots=True)
class Passed:
    """A handler that leaves the message to the next one says why: kept with the message."""

    why: str


@dataclass(frozen=True, slots=True)
class Handled:
    """A handler's answer with its name and why it took the message; kept with the event."""

    reply: Reply
    handler: str
    reason: str = ""
    trace: tuple[Step, ...] = ()


# The router's shape. It raises what a handler raises; the inbox turns that into a harmless reply.
Dispatch = Callable[[Inbound, Context], Handled]
# Whether a message's handlers may run in the thread that waits for the answer.
Quick = Callable[[Inbound], bool]


def never_quick(message: Inbound) -> bool:
    return False
