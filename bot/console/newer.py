"""Somebody else saved meanwhile: nobody's change is written over unseen.

A form carries what its reader saw (`seen`). Where that is another by now the save is refused, and
the form comes back as it was filled in, with who changed it when and both versions side by side.
The next save is on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from flask import request

from bot.campaign.document.changes import differences
from bot.console.document_words import KINDS, Row, rows_of, value_of
from bot.console.gate import asker
from bot.console.shell import actor_said, shown_at, words, zone_of
from bot.errors import Conflict
from bot.store import edit_marks


@dataclass(frozen=True)
class Newer:
    """`who` "": it was changed by a command or a call, of which the console knows no name."""

    who: str
    at: str
    rows: list[Row]
    back: str  # where the newest is, without what was typed


class Overtaken(Conflict):
    """The form is of an older version than what is kept."""

    def __init__(self, newer: Newer) -> None:
        super().__init__(words()("con.newer.changed"))
        self.newer = newer


@dataclass(frozen=True)
class Held:
    """Something that is edited, as it is now: its kind, its name in the account, what it says."""

    what: str
    ref: str
    state: Any

    @property
    def stamp(self) -> str:
        """What a form of it carries; "" where there is nothing yet."""
        return "" if self.state is None else digest(self.state)

    def must_be_seen(
        self, mine: Any, said: Callable[[str], str] = str, back: str = "", name: str = "seen"
    ) -> None:
        """Raises Overtaken where the form was of another state; `mine`: what it wants.

        In the transaction of the change, with a state that was read inside of it.
        """
        if request.form.get(name, "") != self.stamp:
            raise self.overtaken(self.state or {}, mine, said, back)

    def overtaken(
        self, theirs: Any, mine: Any, said: Callable[[str], str] = str, back: str = ""
    ) -> Overtaken:
        """The refusal, with who left it in this state; `theirs`: what of it is shown."""
        left = edit_marks.of(_account_id(), self.what, self.ref, self.stamp)
        by, at = (left.by, left.at) if left else ("", None)
        kind = self.what if self.what in KINDS else ""
        return overtaken(theirs, mine, by, at, said, back, kind)

    def mark(self) -> None:
        """This is what it says after a change of who asks. In the transaction of the change."""
        who = asker()
        edit_marks.put(_account_id(), self.what, self.ref, self.stamp, who.actor, who.now)


def digest(state: Any) -> str:
    """Which state of something somebody has seen."""
    text = json.dumps(state, ensure_ascii=False, sort_keys=True)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def seen(now: str, error: object = None, name: str = "seen") -> str:
    """What a form carries on: what its reader saw when it was opened, however often it comes back
    with a fault; after an Overtaken what he sees now."""
    if request.method == "POST" and newer_of(error) is None and name in request.form:
        return request.form[name]
    return now


def newer_of(error: object) -> Newer | None:
    """What a form shows of this refusal, beside what was typed."""
    return error.newer if isinstance(error, Overtaken) else None


def overtaken(
    theirs: Any,
    mine: Any,
    by: str = "",
    at: datetime | None = None,
    said: Callable[[str], str] = str,
    back: str = "",
    kind: str = "",
) -> Overtaken:
    """said: a field's path in words; `kind`: of document, which has words of its own."""
    rows = rows_of(kind, theirs, mine) if kind else _rows(theirs, mine, said)
    who = actor_said(by, words()) if by else ""
    when = shown_at(at, zone_of(asker().account)) if at else ""
    return Overtaken(Newer(who, when, rows, back or request.path))


def _rows(theirs: Any, mine: Any, said: Callable[[str], str]) -> list[Row]:
    return [
        (said(one.path), value_of(one.before), value_of(one.after))
        for one in differences(theirs, mine)
    ]


def _account_id() -> int:
    of = asker().account
    return of.id if of else edit_marks.EVERY_ACCOUNT
