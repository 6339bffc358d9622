"""Figures that the console shows: counted ahead by the clock, so that no page waits for them."""

from __future__ import annotations

from datetime import datetime

from bot.campaign.results import live
from bot.console import kept_figures, report_mail
from bot.effect import cohorts, days, keeping, parts, sources, windows
from bot.effect.keeping import Kind
from bot.inbox.context import Dispatch
from bot.journey import reporting
from bot.services import Services

KEPT = {
    days.KIND: Kind(lambda account_id, now: (days.TODAY,), days.count_today),
    reporting.STANDING: Kind(reporting.refs, reporting.count_standing),
    reporting.REPORT: Kind(reporting.refs, reporting.count_report),
    windows.KIND: Kind(windows.refs, windows.count),
    windows.WEEK: Kind(lambda account_id, now: ("",), windows.count_week),
    sources.KIND: Kind(lambda account_id, now: ("",), sources.count),
    live.KIND: Kind(live.refs, live.count),
    **kept_figures.KEPT,
}


def day_parts(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Days that are over, told apart, each once; the present day so far; and who stayed."""
    return parts.fill_due(now) + cohorts.fill_due(now)


def kept(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """What takes long to count, as often as its cost allows."""
    return keeping.refresh(KEPT, now)


def mails(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Reports that operators subscribed."""
    return report_mail.send_due(services, now)
