"""When a run will be through, from its pace, the quota of each day and the quiet hours. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.campaign.permission.policy import Policy, next_day, next_opening, quiet_spans

ASSUMED_PER_MINUTE = 6000.0  # before any run was measured here
MOST_DAYS = 366
RAMP_SHARE = 0.5  # while it ramps up it goes, on the whole, half as fast


@dataclass(frozen=True, slots=True)
class Finish:
    """`at`: when the last message goes out; `late`: those that do not by the run's deadline."""

    at: datetime
    late: int


def finish(
    messages: int,
    policy: Policy,
    now: datetime,
    *,
    per_minute: float,
    quota_today: int,
    quota_a_day: int,
    ramp_minutes: int = 0,
) -> Finish:
    """Day by day, as the sender goes: it waits for the end of quiet hours and for the next day's
    quota, and stops at the deadline."""
    at, left, quota = next_opening(policy, now) or now, messages, quota_today
    at += timedelta(minutes=ramp_minutes * (1 - RAMP_SHARE)) if messages else timedelta()
    for _ in range(MOST_DAYS):
        ends = _ends(policy, at)
        room = min(int((ends - at) / timedelta(minutes=1) * per_minute), quota)
        if left <= room:
            return Finish(at + timedelta(minutes=left / per_minute), 0)
        left -= room
        if policy.deadline is not None and ends >= policy.deadline:
            return Finish(policy.deadline, left)
        midnight = next_day(at, policy.zone)
        at = next_opening(policy, midnight) or midnight
        quota = quota_a_day
    return Finish(at, left)


def _ends(policy: Policy, at: datetime) -> datetime:
    """The end of this stretch: quiet hours, midnight or the deadline."""
    ends = next_day(at, policy.zone)
    local = at.astimezone(policy.zone)
    for quiet in (start for start, end in quiet_spans(policy) if start > end):  # over midnight
        begins = local.replace(hour=quiet.hour, minute=quiet.minute, second=0, microsecond=0)
        if begins > local:
            ends = min(ends, begins.astimezone(at.tzinfo))
    return min(ends, policy.deadline) if policy.deadline is not None else ends
