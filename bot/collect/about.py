"""A follower as other systems may see them: the profile without what belongs to the person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.errors import NotFound
from bot.profile import features
from bot.profile.around import around
from bot.store import followers, listing, profiles, pseudonyms
from bot.values.personal import is_name, what_is

_NAMED = frozenset({"name", "nickname", "place", "location", "car_plate", "invoice_title"})


def profile(account_id: int, follower_id: int, now: datetime) -> dict[str, Any]:
    """What is known of a follower, as plain JSON. Raises NotFound: also another account's."""
    try:
        state = followers.get(follower_id)
        held = profiles.state_of(follower_id)
    except NotFound:
        raise NotFound("there is no such follower") from None
    if state.account_id != account_id:
        raise NotFound("there is no such follower")
    told = features.explain(held, now, around(state, now))
    return {
        "id": follower_id,
        "pseudonym": pseudonyms.of(follower_id),
        "subscribed": state.subscribed,
        "language": state.language,
        "stage": features.stage(held, state.subscribed, now).value,
        "marketing": _may_be_sent_to(state),
        "segments": listing.segments_of(follower_id),
        **told,
        "attributes": {
            name: one
            for name, one in told["attributes"].items()
            if not is_personal(name, one["value"])
        },
    }


def _may_be_sent_to(state: Any) -> bool:
    return bool(
        state.subscribed
        and state.marketing_consent
        and state.opted_out_at is None
        and not state.blacklisted
    )


def is_personal(name: str, value: Any) -> bool:
    """Whether an attribute says who somebody is, by its name or by what it looks like."""
    return name.lower() in _NAMED or is_name(name) or bool(what_is(str(value)))
