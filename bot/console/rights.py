"""What each role may do. A page names the right that it wants; gate.py asks the role for it."""

from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    """One thing that somebody may do or not."""

    SELF = "self"  # one's own password and browsers: everybody who is signed in
    LOOK = "look"  # figures and lists, nobody's personal data
    PEOPLE = "people"  # one follower: picture, messages, coupons
    EXPORT = "export"  # take data away as a file
    EDIT = "edit"  # segments, content, coupons, campaigns, rules: make and change
    RUN = "run"  # start, pause, cancel what sends
    APPROVE = "approve"  # let somebody else's campaign go
    TALK = "talk"  # answer followers in person
    ERASE = "erase"  # erase a follower
    SETTINGS = "settings"  # accounts, rules of sending, keys
    OPERATORS = "operators"  # who may sign in, and as what
    AUDIT = "audit"  # who did what


class Role(StrEnum):
    """What an operator is on an account."""

    ADMIN = "admin"  # 超级管理员
    MARKETER = "marketer"  # 运营
    REVIEWER = "reviewer"  # 审核
    AGENT = "agent"  # 客服
    VIEWER = "viewer"  # 只读


_R = Right
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right) - {_R.SELF},
    Role.MARKETER: frozenset({_R.LOOK, _R.PEOPLE, _R.EXPORT, _R.EDIT, _R.RUN, _R.TALK}),
    Role.REVIEWER: frozenset({_R.LOOK, _R.PEOPLE, _R.APPROVE, _R.AUDIT}),
    Role.AGENT: frozenset({_R.LOOK, _R.PEOPLE, _R.TALK}),
    Role.VIEWER: frozenset({_R.LOOK}),
}


def may(role: str | None, right: Right) -> bool:
    """Whether somebody of this role may do it; who has no role sees to himself only."""
    return right is Right.SELF or (role is not None and right in RIGHTS[Role(role)])
