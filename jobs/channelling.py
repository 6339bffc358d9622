"""What channels want done by the clock: windows used, answers settled, quotas compared."""

from __future__ import annotations

from datetime import datetime

from bot.campaign.ahead import scarce
from bot.campaign.sending import allowances, carry, opportunist
from bot.inbox.context import Dispatch
from bot.services import Services
from bot.store import accounts


def opportunities(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """What waits goes into the windows that followers have just opened; what answers took along is
    settled."""
    public = services.settings.public
    pulled = sum(opportunist.pull_forward(account, public, now) for account in accounts.ids())
    return pulled + carry.settle_carried(now)


def closing_windows(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Long windows are used before they close."""
    public = services.settings.public
    return sum(opportunist.pull_closing(account, public, now) for account in accounts.ids())


def quotas(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Our counts against the platform's, of what is in use; and the demand for scarce goods."""
    for account in accounts.ids():
        scarce.note_demand(account, now)
    return allowances.watch(services, now)
