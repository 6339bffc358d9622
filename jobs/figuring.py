"""Figures that the console shows: counted ahead by the clock, so that no page waits for them."""

from __future__ import annotations

from datetime import datetime

from bot.background.figures import KEPT
from bot.console import report_mail
from bot.effect import cohorts, keeping, parts
from bot.inbox.context import Dispatch
from bot.services import Services


def day_parts(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Days that are over, told apart, each once; the present day so far; and who stayed."""
    return parts.fill_due(now) + cohorts.fill_due(now)


def kept(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """What takes long to count, as often as its cost allows."""
    return keeping.refresh(KEPT, now)


def mails(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Reports that operators subscribed."""
    return report_mail.send_due(services, now)
