"""What is kept of a form between two messages: the follower's one dialogue row, sealed.

Registers nothing. A closed form keeps its last reply alone, for its message handled again; one that
nobody answered can be gone on with for a day (bot.talk.dialogue).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import from_ms, to_ms
from bot.inbox import codec
from bot.inbox.context import Context
from bot.store import dialogues
from bot.store.dialogues import FORM
from bot.talk.form import Form
from bot.talk.live import Talk
from bot.talk.turns import State
from bot.values.replies import Reply


@dataclass(frozen=True, slots=True)
class Kept:
    """The follower's dialogue row of a form.

    state    None: the form is closed, and only its last reply is kept
    event    the last message that changed it, `outcome` and `reply` what became of that
    """

    state: State | None
    event: int
    outcome: str
    reply: Reply


def keep(ctx: Context, state: State | None, outcome: str, reply: Reply) -> None:
    """A closed form is as good as expired: only its own message, handled again, finds it."""
    sealed: dict[str, Any] = {"event": ctx.event_id, "outcome": outcome}
    sealed["reply"] = codec.to_json(reply)
    if state is not None:
        sealed["state"] = state.to_json()
    until = from_ms(state.until) if state is not None else ctx.now
    plain = {"form": state.form} if state is not None else {}
    dialogues.begin(ctx.follower.id, FORM, until, plain, sealed)


def kept_of(ctx: Context) -> Kept | None:
    row = dialogues.latest(ctx.follower.id)
    if row is None or row.name != FORM or "event" not in row.sealed:
        return None
    state = row.sealed.get("state")
    return Kept(
        State.of(state) if state else None,
        int(row.sealed["event"]),
        str(row.sealed["outcome"]),
        codec.from_json(row.sealed["reply"]),
    )


def is_open(state: State | None, now: datetime) -> bool:
    return state is not None and state.until > to_ms(now)


def talk_of(ctx: Context) -> Talk:
    return ctx.services.talk_of(ctx.account.id)


def name_of(form: Form) -> str:
    return f"dialogue.{form.slug}"[:64]


def tap_id(state: State | None) -> str:
    """What a tapped choice of this form's questions comes back with."""
    return f"o:{state.form}" if state is not None else ""
