"""What permission asks about followers, looked up for many at once: by claim, dry run, planning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.campaign.permission.limits import LOOKS_BACK
from bot.campaign.permission.order import Order
from bot.campaign.permission.pieces import none_open
from bot.campaign.permission.policy import Recipient
from bot.campaign.permission.rights import Rights, rights_of
from bot.channels.planner import NO_RIGHTS, less
from bot.channels.registry import CHANNELS
from bot.clock import to_ms
from bot.store import consents, followers, send_history, send_matches, send_plan, sends
from bot.values.audience import Channel, FollowerState, Purpose

NONE_SENT = (0, 0, 0)
NOTHING: dict[str, Any] = {}


def recipients(
    order: Order, follower_ids: Sequence[int], now: datetime, *, marketing: bool = True
) -> dict[int, Recipient]:
    """The followers as they are now, by id, held until the transaction ends; who is gone is left
    out. Without `marketing` nothing is asked that only binds marketing."""
    ids = sorted(set(follower_ids))
    people = sends.people(ids)
    about = _about(order, ids, now, marketing=marketing)
    return {who: about.recipient(follower) for who, follower in people.items()}


@dataclass(frozen=True, slots=True)
class Crowd:
    """A batch's followers by what permission sees of them: the hundreds of a batch are of a few
    kinds, and a kind is judged once.

    of      the number of each follower's kind, by id; who is gone is left out
    kinds   a recipient for each number, whose `follower` is the first who was found to be so
    """

    of: dict[int, int]
    kinds: list[Recipient]

    def spend(self, who: int, channel: Channel, purpose: Purpose) -> None:
        """Their send is claimed: at their next row in this batch they are somebody else."""
        self.kinds.append(spent(self.kinds[self.of[who]], channel, purpose))
        self.of[who] = len(self.kinds) - 1


def crowd(
    order: Order, follower_ids: Sequence[int], now: datetime, *, marketing: bool = True
) -> Crowd:
    """The same as `recipients`, for a batch that is judged."""
    ids = sorted(set(follower_ids))
    rows = sends.people_rows(ids)
    about = _about(order, ids, now, marketing=marketing)
    named, at, found = about.named(), to_ms(now), Crowd({}, [])
    numbers: dict[tuple[Any, ...], int] = {}
    for values in rows:
        who = values[0]
        key = sends.seen(values, at)
        if who in named:
            key = (key, about.key(who))
        number = numbers.get(key)
        if number is None:
            number = numbers[key] = len(found.kinds)
            found.kinds.append(about.recipient(followers.state_of(values)))
        found.of[who] = number
    return found


# --- what else is known of them ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _About:
    """By follower; of whom nothing is known, nothing stands here."""

    rights: dict[int, Rights]
    bare: set[int]  # without a piece that can go out
    counts: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    refusing: set[int] = field(default_factory=set)
    more: dict[int, dict[str, Any]] = field(default_factory=dict)

    def recipient(self, follower: FollowerState) -> Recipient:
        who = follower.id
        return Recipient(
            follower,
            *self.counts.get(who, NONE_SENT),
            topic_refused=who in self.refusing,
            rights=self.rights.get(who, NO_RIGHTS),
            no_content=who in self.bare,
            **self.more.get(who, NOTHING),
        )

    def named(self) -> set[int]:
        """Of whom anything stands here."""
        return {*self.rights, *self.bare, *self.counts, *self.refusing, *self.more}

    def key(self, who: int) -> tuple[Any, ...]:
        """The same for those of whom the same stands here. `more` tells people apart."""
        return (
            self.counts.get(who, NONE_SENT),
            who in self.refusing,
            who in self.bare,
            tuple(sorted(self.rights.get(who, NO_RIGHTS).items())),
            who if who in self.more else None,
        )


def _about(order: Order, ids: Sequence[int], now: datetime, *, marketing: bool) -> _About:
    rights = rights_of(order, ids, now)
    bare = _without_content(order, ids, now)
    if not marketing:
        return _About(rights, bare)
    counts = sends.marketing_counts(ids, now)
    refusing = _refusing(order, ids)
    return _About(rights, bare, counts, refusing, _more(order, ids, now))


def _refusing(order: Order, ids: Sequence[int]) -> set[int]:
    """Who does not want to hear about what they are to get."""
    found = consents.refusing(ids, order.topics())
    if order.choices:
        given = send_matches.batches_for(order.campaign_id, order.generation, ids)
        for batch in order.choices:
            theirs = [who for who, batch_id in given.items() if batch_id == batch.id]
            found |= consents.refusing(theirs, batch.topics)
    return found


def _without_content(order: Order, ids: Sequence[int], now: datetime) -> set[int]:
    """Whose row carries a piece that cannot go out any more; without a row, all where none can."""
    if not order.definition.content:
        return set()
    if none_open(order, now):
        return set(ids)
    carried = send_plan.pieces_for(order.campaign_id, order.generation, ids)
    still = {one.slug for one in order.pieces if one.is_open(now)}
    return {who for who, slug in carried.items() if slug not in still}


def _more(order: Order, ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """What the rules ask that most runs do without; nothing is read for those."""
    limits, rails = order.limits, order.definition.guardrails
    found: dict[int, dict[str, Any]] = {}
    if limits.control is not None:
        for who in filter(limits.control.holds, ids):
            found.setdefault(who, {})["global_control"] = True
    if limits.rivals:
        until = now + timedelta(hours=rails.yield_hours)
        for who, run in send_history.outranking(ids, limits.rivals, until).items():
            found.setdefault(who, {})["outranked_by"] = run.slug
    if rails.rest or rails.variety:
        since = now - LOOKS_BACK
        for who, past in send_history.past(ids, since, limits.alike, ()).items():
            found.setdefault(who, {})["past"] = past
    return found


def spent(recipient: Recipient, channel: Channel, purpose: Purpose) -> Recipient:
    """The same follower once this send is claimed, for their next row in the same batch."""
    follower = recipient.follower
    if CHANNELS[channel].needs_window:
        follower = replace(follower, window_left=follower.window_left - 1)
    more = 1 if purpose is Purpose.MARKETING else 0
    return replace(
        recipient,
        follower=follower,
        sent_last_day=recipient.sent_last_day + more,
        sent_last_7_days=recipient.sent_last_7_days + more,
        sent_last_30_days=recipient.sent_last_30_days + more,
        rights=less(recipient.rights, channel),
    )
