"""同意与权利 of one follower: what was agreed to, when and how; topics; what may be done."""

from __future__ import annotations

from typing import Any

from bot.console.gate import asker
from bot.console.rights import Right
from bot.profile.words import Words
from bot.store import consents
from bot.store.consents import MARKETING, PERSONALISATION
from bot.values.audience import FollowerState

_SHOWN = 50


def values(one: FollowerState, said: Words) -> dict[str, Any]:
    """The purposes as they stand, topics, the latest words with their evidence, and the rights."""
    history, who = consents.history(one.id), asker()
    current = {each.purpose: each for each in history}
    return {
        "purposes": [
            {
                "key": purpose,
                "said": said.t(f"purpose.{purpose}"),
                "why": _why(purpose, said),
                "given": _given(one, purpose, current),
                "said_so": purpose in current or purpose != consents.RESEARCH,
                "at": said.moment(current[purpose].at) if purpose in current else "–",
            }
            for purpose in consents.PURPOSES
        ],
        "topics": [(name, said.topic(name), wanted)
                   for name, wanted in consents.choices(one.id).items()],
        "history": [(said.moment(each.at), said.consent(each))
                    for each in reversed(history[-_SHOWN:])],
        "blacklisted": one.blacklisted,
        "may_note": who.may(Right.TALK),
        "may_block": who.may(Right.EDIT),
        "may_export": who.may(Right.EXPORT),
        "may_erase": who.may(Right.ERASE),
    }  # fmt: skip


def _given(one: FollowerState, purpose: str, current: dict[str, consents.Said]) -> bool:
    """As sends and answers read it; of research the last word is all there is."""
    if purpose == MARKETING:
        return one.marketing_consent and one.opted_out_at is None
    if purpose == PERSONALISATION:
        return one.personalised
    return purpose in current and current[purpose].given


def _why(purpose: str, said: Words) -> str:
    key = f"purpose.{purpose}.why"
    return said.t(key) if said.has(key) else ""
