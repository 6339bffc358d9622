"""Where a campaign stands, as people call it: its state, and what a running one is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.campaign.states import CampaignStatus
from bot.clock import wall
from bot.effect.outcomes import window_of
from bot.i18n import t
from bot.store import campaigns, send_repair
from bot.store.campaigns import CampaignState, GenerationState

MEASURING = "measuring"


@dataclass(frozen=True, slots=True)
class Phase:
    """`word`: a CampaignStatus, or MEASURING: all is sent, and its effect is counted until then.

    until   None where nothing ends by itself at a known time
    """

    word: str
    until: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        until = None if self.until is None else self.until.isoformat()
        return {"phase": self.word, "measuring_until": until}

    def said(self, zone: ZoneInfo, lang: str = "zh") -> str:
        words = t(f"campaign.state.{self.word}", lang)
        if self.word != MEASURING or self.until is None:
            return words
        return t("campaign.measuring_until", lang, state=words, at=wall(self.until, zone))


def phase_of(campaign: CampaignState) -> Phase:
    run = sent_run(campaign)
    if run is None:
        return Phase(campaign.state)
    return Phase(MEASURING, run.sent_at + window_of(run.definition) if run.sent_at else None)


def sent_run(campaign: CampaignState) -> GenerationState | None:
    """The latest run of a running campaign where every message has gone its way; None: some wait,
    or it is no running campaign at all."""
    if campaign.state != CampaignStatus.RUNNING or campaign.standing:
        return None
    run = campaigns.generation(campaign.id, campaign.generation)
    if run.planned_at is None or send_repair.unfinished(campaign.id):
        return None
    return run
