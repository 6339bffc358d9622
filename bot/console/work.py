"""What tasks of the background are to people: their names, and who may see and take them."""

from __future__ import annotations

from dataclasses import dataclass

from bot.console.gate import Asker
from bot.console.rights import Right, may
from bot.store.operators import EVERY_ACCOUNT


@dataclass(frozen=True)
class Work:
    """`right`: who may see it, stop it and take its file; `title`: key of its name; `house`: the
    right must be one on all accounts."""

    right: Right
    title: str
    house: bool = False


WORKS: dict[str, Work] = {}


def may_see(who: Asker, kind: str) -> bool:
    """Whether somebody may see tasks of a kind on the page's account."""
    work = WORKS.get(kind)
    if work is None:
        return False
    return may(who.person.role_on(EVERY_ACCOUNT), work.right) if work.house else who.may(work.right)
