"""A run as it goes: how far, how fast, how long still. The ledger is read once a minute; between
that the counts by minute are added, so that looking every second costs nothing. A great run of a
campaign that runs again and again takes long to read: that is done ahead (bot.effect.keeping)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.effect import keeping
from bot.store import campaigns, send_brake, send_figures, send_progress, send_repair
from bot.store.campaigns import CampaignState
from bot.store.send_progress import Done
from bot.values.audience import SendState

EXACT_EVERY = timedelta(minutes=1)
KIND = "run"  # of bot.effect.keeping
WAITING = (SendState.INTENDED, SendState.CLAIMED)


@dataclass(frozen=True, slots=True)
class Live:
    """`left`: rows that wait or are under way. `per_minute`: rows that were through in the last
    sixty seconds. `seconds_left` None: nothing moves. `errors`: failed and unknown of the last two
    minutes' sends."""

    campaign: str
    run: int
    state: str
    at: datetime
    states: dict[str, int]
    per_minute: float
    errors: float
    brake: dict[str, Any]
    unswept: int
    error: str

    @property
    def rows(self) -> int:
        return sum(self.states.values())

    @property
    def left(self) -> int:
        return sum(self.states.get(state, 0) for state in WAITING)

    @property
    def done(self) -> int:
        return self.rows - self.left

    @property
    def seconds_left(self) -> float | None:
        if self.left == 0:
            return 0.0
        return self.left / self.per_minute * 60 if self.per_minute else None

    def to_json(self) -> dict[str, Any]:
        seconds = self.seconds_left
        return {
            "campaign": self.campaign, "run": self.run, "state": self.state,
            "at": self.at.isoformat(timespec="seconds"),
            "rows": self.rows, "done": self.done, "left": self.left,
            "seconds_left": None if seconds is None else round(seconds),
            "per_minute": round(self.per_minute, 1), "errors": round(self.errors, 4),
            "states": self.states, "brake": self.brake, "unswept": self.unswept,
            "error": self.error,
        }  # fmt: skip


class Watcher:
    """Looks at one campaign again and again; the ledger itself is read `every` so often."""

    def __init__(self, campaign_id: int, every: timedelta = EXACT_EVERY) -> None:
        self._campaign_id = campaign_id
        self._every = every
        self._counted_at: datetime | None = None
        self._states: dict[str, int] = {}
        self._then = Done()
        self._of = (0, "")

    def look(self, now: datetime) -> Live:
        campaign = campaigns.get(self._campaign_id)
        done = send_progress.total(campaign.id, campaign.generation)
        of = (campaign.generation, campaign.state)
        old = self._counted_at is None or now >= self._counted_at + self._every
        if old or of != self._of:
            self._states, self._then = _counted(campaign, done, now)
            self._counted_at, self._of = now, of
        since = done.minus(self._then)
        return _live(campaign, _moved_on(self._states, since), now)


def _counted(campaign: CampaignState, done: Done, now: datetime) -> tuple[dict[str, int], Done]:
    """The rows by state, and what had happened by then."""
    if campaign.generation == 1 and send_figures.is_only(campaign.id):
        return send_figures.by_state(campaign.id, 1), done
    ref = str(campaign.id)
    found = keeping.answer(KIND, campaign.account_id, ref, now, count).document
    if found["run"] != campaign.generation:
        found = keeping.counted(KIND, campaign.account_id, ref, now, count).document
    return dict(found["states"]), Done(*found["done"])


def refs(account_id: int, now: datetime) -> list[str]:
    """Campaigns at work that ran before, by number."""
    at_work = campaigns.in_states(("planning", "running", "paused"))
    return [str(one.id) for one in at_work if one.account_id == account_id and one.generation > 1]


def count(account_id: int, ref: str, now: datetime) -> dict[str, Any]:
    """The rows of the present run by state, for bot.effect.keeping. Raises NotFound."""
    one = campaigns.get(int(ref))
    done = send_progress.total(one.id, one.generation)  # read first: it is added to later
    states = send_figures.by_state(one.id, one.generation)
    return {"run": one.generation, "states": states, "done": list(done.counts())}


def _moved_on(states: dict[str, int], since: Done) -> dict[str, int]:
    """The counts, and what has happened since they were taken; none falls below nothing."""
    found = dict(states)
    for name, more in (
        (SendState.SENT, since.sent),
        (SendState.FAILED, since.failed),
        (SendState.UNKNOWN, since.unknown + since.lost),
        (SendState.SKIPPED, since.skipped),
    ):
        if more:
            found[name] = found.get(name, 0) + more
    left = since.moved
    for name in WAITING:
        taken = min(found.get(name, 0), left)
        left -= taken
        if name in found:
            found[name] -= taken
    return found


def _live(campaign: CampaignState, states: dict[str, int], now: datetime) -> Live:
    last = send_progress.minutes(campaign.id, campaign.generation, now - timedelta(minutes=1))
    tried = sum(done.sent + done.failed + done.unknown for _, done in last)
    lost = sum(done.failed + done.unknown for _, done in last)
    return Live(
        campaign.slug, campaign.generation, campaign.state, now, states,
        per_minute=_per_minute(last, now),
        errors=lost / tried if tried else 0.0,
        brake=_brake(campaign),
        unswept=send_repair.unswept(now, campaign.id),
        error=campaign.error,
    )  # fmt: skip


def _per_minute(last: list[tuple[datetime, Done]], now: datetime) -> float:
    """Of the last sixty seconds; of the minute before this one, the part that lies in them."""
    total = 0.0
    for minute, done in last:
        age = (now - minute).total_seconds()
        share = 1.0 if age < 60 else max(0.0, (120 - age) / 60)
        total += done.moved * share
    return total


def _brake(campaign: CampaignState) -> dict[str, Any]:
    brake = send_brake.get(campaign.id)
    if brake is None or brake.generation != campaign.generation:
        return {"holds": False}
    return {"holds": brake.braked_at is not None, "reason": brake.reason, **brake.figures}
