"""Journeys: what follows one follower's act over days, step by step."""

from bot.journey.manage import POLICIES, check, define, find, let_in, pause, resume, start, stop
from bot.journey.webhooks import call_due
from bot.journey.working import advance_due, tidy

__all__ = [
    "POLICIES",
    "advance_due",
    "call_due",
    "check",
    "define",
    "find",
    "let_in",
    "pause",
    "resume",
    "start",
    "stop",
    "tidy",
]
