"""What a follower decides about us: consent by purpose, topics, corrections, downloads.

Each is one transaction: the flag or row that the next send reads, the evidence, the event that
tells the profile, and, where an operator acted, the entry in the audit log. The words of the chat
(TD, HF) do the same in bot.profile.lifecycle.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.errors import InvalidInput, NotFound
from bot.profile import privacy, refresh
from bot.profile.lifecycle import NOTICE
from bot.segment.rules import BUILT_IN
from bot.store import attribute_types, audit, consents, events, followers, profiles, suppression
from bot.store.consents import MARKETING, PERSONALISATION, PURPOSES
from bot.store.db import transaction
from bot.store.segments import mark_dirty
from bot.values.attributes import Declared, fitted
from bot.values.audience import FollowerState
from bot.values.personal import what_is

LONGEST_VALUE = 190
FOLLOWER = "follower"
_H5, _OPERATOR = "h5", "operator"


def consent(
    follower_id: int,
    purpose: str,
    given: bool,
    now: datetime,
    *,
    how: str = _H5,
    wording: str = NOTICE,
    actor: str = FOLLOWER,
) -> bool:
    """Agree to a purpose or take it back. False: it was so before; the word is kept all the same.

    Raises InvalidInput for an unknown purpose or way, NotFound.
    """
    if purpose not in PURPOSES:
        raise InvalidInput(f"one of {', '.join(PURPOSES)}", "purpose")
    if how not in consents.WAYS:
        raise InvalidInput(f"one of {', '.join(consents.WAYS)}", "how")
    with transaction():
        state = known(follower_id)
        changed = _act(state, purpose, given, now)
        consents.note(
            follower_id, purpose, given, at=now, received_at=now, how=how, wording=wording
        )
        kind = ("opt_in" if given else "opt_out") if purpose == MARKETING else "consent"
        facts = {"purpose": purpose, "given": given, "notice": wording, "source": how}
        if purpose == MARKETING:
            facts = {} if actor == FOLLOWER else {"by": _OPERATOR}
        _append(state, kind, purpose, now, how, facts)
        if actor != FOLLOWER:
            detail = {"purpose": purpose, "given": given, "how": how, "wording": wording}
            audit.record(actor, "consent", now, follower_id=follower_id, detail=detail)
    return changed


def _act(state: FollowerState, purpose: str, given: bool, now: datetime) -> bool:
    if purpose == MARKETING:
        if not given:
            return followers.mark_opted_out(state.id, now)
        changed = followers.mark_opted_in(state.id, now)
        if followers.get(state.id).opted_out_at is None:
            suppression.lift(state.id)
        return changed or not state.marketing_consent
    if purpose == PERSONALISATION:
        profiles.hold([state.id])  # a fold that is under way is finished first
        changed = consents.set_personalised(state.id, given)
        if changed:
            refresh.show_anew(now, state.id)
        return changed
    before = consents.current(state.id).get(purpose)
    return before is None or before.given is not given


def topic(
    follower_id: int,
    name: str,
    wanted: bool,
    now: datetime,
    *,
    how: str = _H5,
    actor: str = FOLLOWER,
) -> bool:
    """Hear about a topic, or not any more: campaigns about it pass them by. False: they said
    otherwise since. Raises InvalidInput, NotFound."""
    name = name.strip()
    if not 0 < len(name) <= 32 or not name.isprintable():
        raise InvalidInput("a topic of 1..32 characters", "topic")
    with transaction():
        state = known(follower_id)
        changed = consents.choose(follower_id, name, wanted, now, how)
        facts = {"purpose": "topic", "topic": name, "given": wanted, "source": how}
        _append(state, "consent", f"topic {name}", now, how, facts)
        if actor != FOLLOWER:
            detail = {"purpose": "topic", "topic": name, "given": wanted}
            audit.record(actor, "consent", now, follower_id=follower_id, detail=detail)
    return changed


def correct(follower_id: int, name: str, value: str, now: datetime) -> None:
    """Put an attribute right, or "" to have it forgotten. Only one that is held can be.

    Raises InvalidInput, NotFound.
    """
    value = value.strip()
    if len(value) > LONGEST_VALUE or (value and not value.isprintable()):
        raise InvalidInput(f"a text of at most {LONGEST_VALUE} characters", "value")
    with transaction():
        state = known(follower_id)
        held = profiles.state_of(follower_id).get("attrs", {}).get(name)
        if held is None or held[0] is None or name in BUILT_IN:
            raise InvalidInput("there is no such particular", "name")
        facts = {"name": name, "value": _corrected(state.account_id, name, held[0], value)}
        _append(state, "attribute", name, now, _H5, facts)
    refresh.fold_of(follower_id, now)


def _corrected(account_id: int, name: str, held: Any, value: str) -> Any:
    """The value in the form that is declared for the attribute, else in that of the one held."""
    if not value:
        return None
    if what := what_is(value):
        raise InvalidInput(f"{what} is not kept here", "value")
    declared = attribute_types.find(account_id, name)
    if declared is not None:
        return fitted(declared, value, "value")
    kind = "bool" if isinstance(held, bool) else "text" if isinstance(held, str) else "number"
    try:
        return fitted(Declared(name, kind), value, "value")
    except InvalidInput:
        return value


def forget_me(follower_id: int, now: datetime) -> str:
    """Erase on the follower's own page; the certificate's number."""
    return privacy.erase(follower_id, FOLLOWER, now)


def download(follower_id: int) -> dict[str, Any]:
    """Everything held, for the follower himself. Raises NotFound."""
    known(follower_id)
    return privacy.export(follower_id)


def known(follower_id: int) -> FollowerState:
    """A follower who has not been erased. Raises NotFound."""
    state = followers.get(follower_id)
    if state.erased_at is not None:
        raise NotFound(f"there is no follower {follower_id}")
    return state


def _append(
    state: FollowerState, kind: str, what: str, now: datetime, how: str, facts: dict[str, Any]
) -> None:
    """Two words within a millisecond are one."""
    events.append(
        state.account_id,
        state.id,
        kind,
        at=now,
        received_at=now,
        source=how,
        key=f"{kind}:{state.id}:{what}:{to_ms(now)}:{facts.get('given')}:{facts.get('value')}",
        facts=facts,
    )
    mark_dirty([state.id])
