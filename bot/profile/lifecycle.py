"""What a follower's own act changes at once: following, leaving, refusing, asking for, choosing.

Each use case is one transaction: the flag that the next send reads, the event that tells the
profile, and the mark that segments look again. `event_id` is the event that said so; done twice for
one event it changes nothing more, and an act that is overtaken by a later one yields to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.store import consents, dialogues, events, followers, handoff, suppression
from bot.store.db import transaction
from bot.store.segments import mark_dirty

# The notice that the welcome text gives; a new wording of what is done with data gets a new name.
NOTICE = "welcome-2026-11"


def subscribed(
    account_id: int, follower_id: int, scene: str, event_id: int, at: datetime, now: datetime
) -> bool:
    """They follow, by `scene` ("" when not by a QR code of ours). True: they had left before.

    An opt-out outlives leaving and coming back: only the follower takes it back.
    """
    with transaction():
        if followers.mark_subscribed(follower_id, at, scene):
            facts = {"purpose": "marketing", "notice": NOTICE, "source": "subscribe"}
            if _append(account_id, follower_id, "consent", event_id, at, now, facts):
                _note(follower_id, True, at, now, "subscribe", NOTICE)
        if scene:
            _tag_scene(account_id, follower_id, scene, event_id, at, now)
        mark_dirty([follower_id])
        return followers.came_back(follower_id)


def unsubscribed(follower_id: int, at: datetime) -> bool:
    """They left: nothing goes out any more, and what they were asked is void."""
    with transaction():
        left = followers.mark_unsubscribed(follower_id, at)
        if left:
            dialogues.drop(follower_id)
            handoff.release(follower_id, "left", at)
            mark_dirty([follower_id])
    return left


def scanned(
    account_id: int, follower_id: int, scene: str, event_id: int, at: datetime, now: datetime
) -> None:
    """A follower scanned a QR code of ours: its scene becomes a tag."""
    if not scene:
        return
    with transaction():
        _tag_scene(account_id, follower_id, scene, event_id, at, now)
        mark_dirty([follower_id])


def opted_out(
    account_id: int, follower_id: int, event_id: int, at: datetime, now: datetime
) -> bool:
    """No marketing from the next send on. False: they were out already, or are back in since."""
    with transaction():
        changed = followers.mark_opted_out(follower_id, at)
        if _append(account_id, follower_id, "opt_out", event_id, at, now, {}):
            _note(follower_id, False, at, now, "keyword")
        mark_dirty([follower_id])
    return changed


def opted_in(account_id: int, follower_id: int, event_id: int, at: datetime, now: datetime) -> bool:
    """Marketing is welcome again. False: it was, or they refused it since.

    A refusal that outlived an erasure ends here, too.
    """
    with transaction():
        changed = followers.mark_opted_in(follower_id, at)
        if followers.get(follower_id).opted_out_at is None:
            suppression.lift(follower_id)
        if _append(account_id, follower_id, "opt_in", event_id, at, now, {}):
            _note(follower_id, True, at, now, "keyword")
        mark_dirty([follower_id])
    return changed


def speaks(follower_id: int, language: str) -> bool:
    """They wrote in this language (zh, en), and are spoken to in it from now on. False: they
    were."""
    with transaction():
        changed = followers.mark_language(follower_id, language)
        if changed:
            mark_dirty([follower_id])
    return changed


def preferred(
    account_id: int,
    follower_id: int,
    topics: Mapping[str, float],
    event_id: int,
    at: datetime,
    now: datetime,
) -> bool:
    """They said what they like; the question is closed. False: this event said so before."""
    with transaction():
        facts = {"topics": dict(topics)}
        new = _append(account_id, follower_id, "preference", event_id, at, now, facts)
        dialogues.end(follower_id, "onboarding")
        mark_dirty([follower_id])
    return new


def _tag_scene(
    account_id: int, follower_id: int, scene: str, event_id: int, at: datetime, now: datetime
) -> None:
    facts = {"tag": f"scene:{scene}"[:64], "on": True, "source": "scan"}
    _append(account_id, follower_id, "tag", event_id, at, now, facts)


def _note(
    follower_id: int, given: bool, at: datetime, now: datetime, how: str, wording: str = ""
) -> None:
    """The evidence of a word about marketing."""
    consents.note(
        follower_id, consents.MARKETING, given, at=at, received_at=now, how=how, wording=wording
    )


def _append(
    account_id: int,
    follower_id: int,
    kind: str,
    event_id: int,
    at: datetime,
    now: datetime,
    facts: Mapping[str, Any],
) -> bool:
    new = events.append(
        account_id,
        follower_id,
        kind,
        at=at,
        received_at=now,
        source="handler",
        key=f"{kind}:{event_id}",
        facts=facts,
    )
    return new is not None
