"""Campaigns: defined, planned into the ledger, sent once, closed with a sum that holds."""

from __future__ import annotations

from bot.campaign.close import close_due
from bot.campaign.definition import Definition, parse
from bot.campaign.dryrun import DryRun, dry_run
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
from bot.campaign.remind import plan_reminders
from bot.campaign.report import Report, report
from bot.campaign.run import push_due
from bot.campaign.states import CampaignStatus
from bot.campaign.sums import Closing
from bot.campaign.sweep import settle_receipt, sweep

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
