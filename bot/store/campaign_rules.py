"""What holds for all campaigns of an account: approval by a second person, the control group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.store.db import transaction
from bot.store.models import CampaignRule

DEFAULT_SALT = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """approval          every campaign needs a second person's, unless it says otherwise
    control_permille  so many of a thousand followers get no marketing at all, drawn anew each
                      quarter and with each other `control_salt`
    """

    approval: bool = False
    control_permille: int = 0
    control_salt: str = DEFAULT_SALT

    @property
    def control_share(self) -> float:
        return self.control_permille / 1000


def of(account_id: int) -> Rules:
    """The account's own, or the defaults."""
    row = CampaignRule.get_or_none(CampaignRule.account == account_id)
    return Rules() if row is None else Rules(row.approval, row.control_permille, row.control_salt)


def put(account_id: int, **changes: Any) -> Rules:
    """Change what is named; the rules as they are then."""
    with transaction():
        CampaignRule.insert(account=account_id).on_conflict_ignore().execute()
        if changes:
            CampaignRule.update(**changes).where(CampaignRule.account == account_id).execute()
        return of(account_id)
