"""What is known brought up to the present before an audience is taken.

Profiles are folded within a second and segments looked at within two, so an audience taken from
what is written would miss who has just come. The steps are those of the jobs, done early.
"""

from __future__ import annotations

from datetime import datetime

from bot.profile.refresh import fold_new
from bot.segment.refresh import refresh_all


def bring_up_to_date(account_id: int, now: datetime) -> bool:
    """False: another process is at the account's segments; ask again in a moment."""
    fold_new(now)
    return account_id not in refresh_all(now, account_id).busy
