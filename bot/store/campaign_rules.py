"""What holds for all campaigns of an account: approval, control group, strictest guardrails.

Of two people who change them at once the second is told: each change counts `version` up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import Conflict
from bot.store.db import transaction
from bot.store.models import CampaignRule

DEFAULT_SALT = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """approval          every campaign needs a second person's, unless it says otherwise
    control_permille  so many of a thousand followers get no marketing at all, drawn anew each
                      quarter and with each other `control_salt`

    Of the rest a campaign's own guardrails hold where they are stricter; None and "": the house
    asks nothing.

    per_day ...       marketing messages to one follower in 1, 7 and 30 days
    quiet_from, _to   "22:00" in the account's zone, both or neither
    rest_after, _days who left so many unanswered has so many days' peace, both or neither
    same_topic_days   no second message about the same within so many days
    """

    approval: bool = False
    control_permille: int = 0
    control_salt: str = DEFAULT_SALT
    per_day: int | None = None
    per_week: int | None = None
    per_month: int | None = None
    quiet_from: str = ""
    quiet_to: str = ""
    rest_after: int | None = None
    rest_days: int | None = None
    same_topic_days: int | None = None
    version: int = 0

    @property
    def control_share(self) -> float:
        return self.control_permille / 1000


NAMES = tuple(name for name in Rules.__slots__ if name != "version")


def of(account_id: int) -> Rules:
    """The account's own, or the defaults."""
    row = CampaignRule.get_or_none(CampaignRule.account == account_id)
    return Rules() if row is None else Rules(*(getattr(row, name) for name in (*NAMES, "version")))


def put(account_id: int, **changes: Any) -> Rules:
    """Change what is named; the rules as they are then."""
    with transaction():
        CampaignRule.insert(account=account_id).on_conflict_ignore().execute()
        if changes:
            counted = {**changes, "version": CampaignRule.version + 1}
            CampaignRule.update(**counted).where(CampaignRule.account == account_id).execute()
        return of(account_id)


def change(account_id: int, version: int, changes: Mapping[str, Any]) -> Rules:
    """The same for somebody who has seen the rules of `version`. Raises Conflict: they are other
    ones now."""
    with transaction():
        CampaignRule.insert(account=account_id).on_conflict_ignore().execute()
        done: int = (
            CampaignRule.update(**changes, version=CampaignRule.version + 1)
            .where((CampaignRule.account == account_id) & (CampaignRule.version == version))
            .execute()
        )
        if not done:
            raise Conflict("somebody else has changed the rules meanwhile")
        return of(account_id)
