"""Campaigns: defined, planned into the ledger, sent once, closed with a sum that holds."""

from __future__ import annotations

from bot.campaign.ahead.dryrun import DryRun, dry_run
from bot.campaign.document.definition import Definition, parse
from bot.campaign.finding import find
from bot.campaign.manage import (
    cancel,
    change,
    checked,
    close_now,
    create,
    listed,
    pause,
    report_of,
    resume,
    schedule,
    start,
    unschedule,
)
from bot.campaign.planning.remind import plan_reminders
from bot.campaign.results.close import close_due
from bot.campaign.results.report import Report, report
from bot.campaign.results.sums import Closing
from bot.campaign.run import push_due
from bot.campaign.sending.sweep import settle_receipt, sweep
from bot.campaign.states import CampaignStatus

__all__ = [
    "CampaignStatus",
    "Closing",
    "Definition",
    "DryRun",
    "Report",
    "cancel",
    "change",
    "checked",
    "close_due",
    "close_now",
    "create",
    "dry_run",
    "find",
    "listed",
    "parse",
    "pause",
    "plan_reminders",
    "push_due",
    "report",
    "report_of",
    "resume",
    "schedule",
    "settle_receipt",
    "start",
    "sweep",
    "unschedule",
]
