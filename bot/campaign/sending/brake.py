"""The brake: a run that goes wrong is paused, with the reason in words, until a person resumes it.

Four rates are watched by sequential tests (bot.experiment.guardrail), so that looking every minute
adds no false alarms: failed and unanswered sends minute by minute, since the trouble may begin
midway; and of those who got it, how many then opted out, left, or wrote in anger, beyond what they
do on a usual day. Together a harmless run is stopped by mistake with a chance of at most 1 %.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.campaign.permission.order import Order
from bot.campaign.states import CampaignStatus, move
from bot.experiment.guardrail import guardrail, watch
from bot.i18n import t
from bot.profile.moods import ANGRY
from bot.store import audit, campaigns, send_brake, send_progress
from bot.store.db import again, transaction
from bot.store.send_brake import Brake

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
LONGEST = timedelta(days=1)  # then evidence is gathered anew: journeys send for ever
ERRORS_ALLOWED = 0.05  # of what is sent
LOST_ALLOWED = {"opt_out": 0.01, "unsubscribe": 0.01, "angry": 0.01}  # beyond the usual
MOST_ALLOWED = 0.5
ALPHA = 0.01 / 4


@dataclass(frozen=True, slots=True)
class Reading:
    """One of the watched rates. `events` of `people`; `tripped`: it is above `allowed`."""

    name: str
    events: int
    people: int
    allowed: float
    p_value: float
    tripped: bool

    def words(self) -> str:
        share = self.events / self.people if self.people else 0.0
        return t(
            f"brake.{self.name}", events=self.events, people=self.people,
            share=f"{share:.1%}", allowed=f"{self.allowed:.1%}",
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        return {
            "events": self.events,
            "people": self.people,
            "allowed": round(self.allowed, 5),
            "p_value": round(self.p_value, 6),
            "tripped": self.tripped,
        }


def look(order: Order, now: datetime, every: timedelta = EVERY) -> str:
    """Pause the run if a rate says so; the reason, or "". At most one look a minute, whoever asks.

    A campaign that runs though its brake holds was resumed by a person, who has seen the evidence:
    it counts anew from the next minute on; so it does every LONGEST.
    """
    brake = send_brake.get(order.campaign_id)
    if brake is None or brake.generation != order.generation:
        send_brake.begin(order.campaign_id, order.generation, _start(order))
        brake = send_brake.get(order.campaign_id)
    elif brake.braked_at is not None or now >= brake.since + LONGEST:
        send_brake.begin(order.campaign_id, order.generation, now + EVERY)
        return ""
    assert brake is not None
    if now < brake.since or not send_brake.take_look(order.campaign_id, now, every):
        return ""
    readings = _readings(order, brake, now)
    tripped = [reading for reading in readings if reading.tripped]
    return _pull(order, tripped, now) if tripped else ""


def _start(order: Order) -> datetime:
    return campaigns.generation(order.campaign_id, order.generation).started_at


def _readings(order: Order, brake: Brake, now: datetime) -> list[Reading]:
    """All four as they stand; kept for people to see."""
    angry = send_brake.angry(order.campaign_id, brake.since, brake.looked_at, now, ANGRY)
    readings = [_errors(order, brake), *_lost(order, brake, brake.angry + angry, now)]
    figures = {reading.name: reading.to_json() for reading in readings}
    send_brake.note(order.campaign_id, {"at": now.isoformat(), **figures}, angry)
    return readings


def _errors(order: Order, brake: Brake) -> Reading:
    """Minutes are batches: a good morning does not excuse a bad noon."""
    found = send_progress.minutes(order.campaign_id, order.generation, brake.since)
    batches = [
        (done.failed + done.unknown, done.sent + done.failed + done.unknown) for _, done in found
    ]
    seen = watch(batches, ERRORS_ALLOWED, ALPHA)
    events, people = (sum(batch[i] for batch in batches) for i in (0, 1))
    return Reading("errors", events, people, ERRORS_ALLOWED, seen.p_value, seen.tripped)


def _lost(order: Order, brake: Brake, angry: int, now: datetime) -> list[Reading]:
    people = send_progress.since(order.campaign_id, order.generation, brake.since).sent
    kinds = [name for name in LOST_ALLOWED if name != "angry"]
    events = send_brake.followed_by(order.campaign_id, kinds, brake.since) if people else {}
    usual = send_brake.base_rates(order.account_id, kinds, brake.since) if any(events) else {}
    days = (now - brake.since) / timedelta(days=1)
    events["angry"] = angry
    found = []
    for name, beyond in LOST_ALLOWED.items():
        many = min(events.get(name, 0), people)
        allowed = min(MOST_ALLOWED, beyond + usual.get(name, 0.0) * days)
        test = guardrail(many, people, allowed, ALPHA)
        found.append(Reading(name, many, people, allowed, test.p_value, test.tripped))
    return found


@again
def _pull(order: Order, tripped: list[Reading], now: datetime) -> str:
    reason = t("brake.paused", why=t("brake.and").join(r.words() for r in tripped))
    with transaction():
        if not move(order.campaign_id, CampaignStatus.PAUSED, now, error=reason):
            return ""
        send_brake.hold(order.campaign_id, reason, now)
        detail = {"campaign": order.campaign_id, "run": order.generation}
        figures = {reading.name: reading.to_json() for reading in tripped}
        audit.record("job", "campaign.braked", now, detail={**detail, **figures})
    names = ",".join(reading.name for reading in tripped)
    logger.error("campaign=%d braked=1 by=%s", order.campaign_id, names)
    return reason
