"""What tasks of the background are to people: their names, and who may see and take them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from bot import background
from bot.console.gate import Asker, asker
from bot.console.once import once
from bot.console.rights import Right, may
from bot.store.accounts import AccountState
from bot.store.operators import EVERY_ACCOUNT


@dataclass(frozen=True)
class Work:
    """`right`: who may see it, stop it and take its file; `title`: key of its name; `house`: the
    right must be one on all accounts."""

    right: Right
    title: str
    house: bool = False


WORKS: dict[str, Work] = {
    "import": Work(Right.EDIT, "con.work.import"),
    "sync": Work(Right.EDIT, "con.work.sync"),
    "tags": Work(Right.EDIT, "con.work.tags"),
    "followers_export": Work(Right.EXPORT, "con.work.followers_export"),
    "dryrun": Work(Right.EDIT, "con.work.dryrun"),
    "report": Work(Right.LOOK, "con.work.report"),
    "rest": Work(Right.RUN, "con.work.rest"),
    "sends": Work(Right.EXPORT, "con.work.sends"),
    "groups": Work(Right.EDIT, "con.work.groups"),
    "overlap": Work(Right.LOOK, "con.work.overlap"),
    "alike": Work(Right.EDIT, "con.work.alike"),
    "member_list": Work(Right.EDIT, "con.work.member_list"),
    "train": Work(Right.RUN, "con.work.train"),
    "replay": Work(Right.TALK, "con.work.replay"),
    "collisions": Work(Right.LOOK, "con.work.collisions"),
    "teach": Work(Right.EDIT, "con.work.teach"),
    "backup": Work(Right.SETTINGS, "con.work.backup", house=True),
    "check": Work(Right.SETTINGS, "con.work.check", house=True),
    "privacy_audit": Work(Right.AUDIT, "con.work.privacy_audit"),
    "quota_month": Work(Right.LOOK, "con.work.quota_month"),
    "coupon_given": Work(Right.EXPORT, "con.work.coupon_given"),
    "coupon_used": Work(Right.EXPORT, "con.work.coupon_used"),
    "coupon_codes": Work(Right.EDIT, "con.work.coupon_codes"),
    "coupon_redeem": Work(Right.EDIT, "con.work.coupon_redeem"),
    "coupon_radar": Work(Right.EDIT, "con.work.coupon_radar"),
    "contents": Work(Right.EDIT, "con.work.contents"),
    "picture": Work(Right.EDIT, "con.work.picture"),
    "suggest": Work(Right.EDIT, "con.work.suggest"),
    "figure": Work(Right.LOOK, "con.work.figure"),
}


def begin(
    kind: str,
    asked: Mapping[str, Any],
    upload: tuple[str, BinaryIO] | None = None,
    of: AccountState | None = None,
) -> int:
    """The task that this form asks for; its number. Sent twice, by a second click, it is one task.

    of  where the page is about no account
    """
    who = asker()
    where = of or who.account
    assert where is not None, "a task belongs to an account"
    return background.ask(where.id, who.person.id, kind, asked, who.now, upload, nonce=once())


def may_see(who: Asker, kind: str) -> bool:
    """Whether somebody may see tasks of a kind on the page's account."""
    work = WORKS.get(kind)
    if work is None:
        return False
    return may(who.person.role_on(EVERY_ACCOUNT), work.right) if work.house else who.may(work.right)
