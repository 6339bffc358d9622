"""Testers of an account, and the test messages that were sent to them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.errors import NotFound
from bot.store.db import run
from bot.store.models import Campaign, CampaignTester, TrialSend
from bot.values.audience import SendState

ERROR_LIMIT = 190


@dataclass(frozen=True, slots=True)
class Tester:
    name: str
    follower_id: int


@dataclass(frozen=True, slots=True)
class Trial:
    """A test message. `state`: sent, failed or unknown."""

    follower_id: int
    variant: str
    actor: str
    at: datetime
    state: str
    error: str


def testers(account_id: int) -> list[Tester]:
    """By name."""
    query = CampaignTester.select().where(CampaignTester.account == account_id)
    return [_tester(row) for row in query.order_by(CampaignTester.name)]


def _tester(row: Any) -> Tester:
    return Tester(row.name, row.follower_id)


def add_tester(account_id: int, name: str, follower_id: int, now: datetime) -> None:
    """A name stands for one follower: the last one said."""
    values = {"account": account_id, "name": name, "follower": follower_id, "added_at": now}
    if CampaignTester.insert(**values).on_conflict_ignore().as_rowcount().execute() != 1:
        CampaignTester.update(follower=follower_id).where(
            (CampaignTester.account == account_id) & (CampaignTester.name == name)
        ).execute()


def remove_tester(account_id: int, name: str) -> None:
    """Raises NotFound."""
    if not run("DELETE FROM campaign_tester WHERE account_id = ? AND name = ?", (account_id, name)):
        raise NotFound(f"there is no tester {name!r}")


def note(campaign_id: int, trial: Trial, channel: str) -> None:
    TrialSend.create(
        campaign=campaign_id,
        follower=trial.follower_id,
        variant=trial.variant,
        channel=channel,
        actor=trial.actor[:64],
        at=trial.at,
        state=trial.state,
        error=trial.error[:ERROR_LIMIT],
    )


def of(campaign_id: int, limit: int = 100) -> list[Trial]:
    """The latest first."""
    query = TrialSend.select().where(TrialSend.campaign == campaign_id)
    return [_trial(row) for row in query.order_by(TrialSend.id.desc()).limit(limit)]


def by_day(account_id: int, first: datetime, end: datetime) -> list[tuple[int, int]]:
    """(day number from `first`, test messages that went or may have) of the account."""
    query = (
        TrialSend.select(TrialSend.at)
        .join(Campaign)
        .where((Campaign.account == account_id) & (TrialSend.at >= first) & (TrialSend.at < end))
        .where(TrialSend.state.in_((SendState.SENT, SendState.UNKNOWN)))
    )
    counts = Counter((row.at - first) // timedelta(days=1) for row in query)
    return sorted(counts.items())


def _trial(row: Any) -> Trial:
    return Trial(row.follower_id, row.variant, row.actor, row.at, row.state, row.error)
