"""Names under which other systems know a person, and which of them can name one person only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """The strongest first: of several names in one report the first decides whose it is."""

    UNIONID = "unionid"
    MINIPROGRAM = "miniprogram"
    WECOM = "wecom"
    CUSTOMER = "customer"
    PHONE = "phone"
    VISITOR = "visitor"


STRENGTH = {kind: place for place, kind in enumerate(Kind)}
# WeChat gives one person one of these (a unionid; an openid within a mini-program): whatever the
# evidence, two of them are two people.
EXCLUSIVE = frozenset({Kind.UNIONID, Kind.MINIPROGRAM})
# A family shares a telephone: by a telephone alone two of these never become one person.
PERSONAL = EXCLUSIVE | {Kind.WECOM, Kind.CUSTOMER}

_PHONE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})|\+([1-9]\d{6,14})")


class Why(StrEnum):
    """What speaks for a join."""

    TOLD_TOGETHER = "told_together"  # one report or row named both
    PLATFORM_UNIONID = "platform_unionid"  # WeChat told this follower's unionid
    TRACKED_LINK = "tracked_link"  # the visitor came by the follower's own link
    OPERATOR = "operator"


class Key(NamedTuple):
    """One name: `system` is the mini-program's appid or the shop's name, "" where there is one."""

    kind: Kind
    value: str
    system: str = ""

    def __repr__(self) -> str:
        return f"Key({self.kind}, system={self.system!r})"  # never the value: it is personal


class Member(NamedTuple):
    """An identity as it is stored, without its value.

    contact   the smallest number among the identities of the same person; None: it stands alone
    follower  whom it was joined to; None: its events wait
    """

    id: int
    kind: Kind
    system: str
    hash: str
    contact: int | None
    follower: int | None


@dataclass(frozen=True, slots=True)
class Named:
    """How one report names a person: a follower, or keys, the strongest first.

    evidence   what is kept as the ground of a join: "event:<dedupe>", "import:<run>:<line>"
    """

    follower: int | None
    keys: tuple[Key, ...] = ()
    evidence: str = ""


class Whose(NamedTuple):
    """Whose an event is, and by which identity it came (None: the follower's own name)."""

    follower: int | None
    identity: int | None


def phone_number(text: str) -> str | None:
    """The one form of a telephone number: 11 digits at home, +... abroad; None: it is none."""
    found = _PHONE.fullmatch(re.sub(r"[\s()-]", "", text))
    if found is None:
        return None
    return found[1] or f"+{found[2]}"
