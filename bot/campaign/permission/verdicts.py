"""`judge` for thousands of followers at once, by columns; the two agree, which a test holds.

It knows the channels that need a window or nothing. Where a run may take others, whose rights are
looked up for each follower, the callers ask `judge`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.campaign.permission.limits import LOOKS_BACK
from bot.campaign.permission.order import OFFER, Order
from bot.campaign.permission.pieces import none_open
from bot.campaign.permission.policy import Delay, Policy, bored, judge, next_day, next_opening
from bot.campaign.permission.recipients import recipients
from bot.channels.registry import CHANNELS, Form, Right
from bot.clock import to_ms
from bot.store import audience_columns, consents, send_history, sends
from bot.values.audience import Channel, Purpose, Skip

Codes = npt.NDArray[np.int16]
Numbers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]
DELAYED = "delayed"
OUTCOMES: tuple[str, ...] = (*Skip, DELAYED, *Channel)
CODE = {outcome: code for code, outcome in enumerate(OUTCOMES)}
OPEN = -1
FIRST_CHANNEL = CODE[DELAYED] + 1


def verdicts(order: Order, ids: Sequence[int], now: datetime) -> tuple[list[int], Codes]:
    """(ids, codes): the followers that there are, in the order of ids, and the place in OUTCOMES of
    what `judge` says of each with quotas left out."""
    policy = order.policy(OFFER)
    if policy.waits or not all(_simple(channel) for channel in policy.channels):
        return _one_by_one(order, ids, policy, now)
    rows = audience_columns.permission(ids)
    return [row[0] for row in rows], _Columns(order, policy, rows, now).judged()


def _simple(channel: Channel) -> bool:
    way = CHANNELS[channel]
    return way.form is Form.ONE and way.right in (Right.NONE, Right.WINDOW)


def _one_by_one(
    order: Order, ids: Sequence[int], policy: Policy, now: datetime
) -> tuple[list[int], Codes]:
    people = recipients(order, ids, now)
    found = [judge(people[who], policy, now) for who in sorted(people)]
    words = [DELAYED if isinstance(one, Delay) else one for one in found]
    return sorted(people), np.array([CODE[word] for word in words], dtype=np.int16)


class _Columns:
    """One chunk's columns. `rule` settles whoever is still open, so the first rule has them."""

    def __init__(
        self, order: Order, policy: Policy, rows: Sequence[tuple[Any, ...]], now: datetime
    ) -> None:
        self.order, self.policy, self.now = order, policy, now
        table = np.array(rows, dtype=np.int64).reshape(len(rows), len(audience_columns.COLUMNS))
        self.of = {name: table[:, i] for i, name in enumerate(audience_columns.COLUMNS)}
        self.ids = [row[0] for row in rows]
        self.codes: Codes = np.full(len(rows), OPEN, dtype=np.int16)

    def rule(self, word: str, hit: Truths) -> None:
        self.codes[hit & (self.codes == OPEN)] = CODE[word]

    def all(self, word: str) -> None:
        self.codes[self.codes == OPEN] = CODE[word]

    def judged(self) -> Codes:
        policy, now = self.policy, self.now
        if policy.deadline is not None and now >= policy.deadline:
            self.all(Skip.EXPIRED)
            return self.codes
        self.lasting()
        opening = next_opening(policy, now)
        if opening is not None:
            late = policy.deadline is not None and opening >= policy.deadline
            self.all(Skip.QUIET_HOURS if late else DELAYED)
            return self.codes
        inside = (self.of["window_until"] > to_ms(now)) & (self.of["window_left"] > 0)
        for channel in policy.channels:
            every = np.ones(len(self.ids), dtype=np.bool_)
            self.rule(channel, inside if CHANNELS[channel].needs_window else every)
        self.all(Skip.NO_CHANNEL)
        return self.codes

    def lasting(self) -> None:
        """The rules of `skip_reason`, in its order."""
        of = self.of
        self.rule(Skip.ERASED, of["erased"] == 1)
        self.rule(Skip.UNSUBSCRIBED, of["subscribed"] == 0)
        self.rule(Skip.BLACKLISTED, of["blacklisted"] == 1)
        if none_open(self.order, self.now):
            self.all(Skip.NO_CONTENT)
        if self.policy.purpose is not Purpose.MARKETING:
            return
        self.rule(Skip.OPTED_OUT, of["opted_out"] == 1)
        self.rule(Skip.NO_CONSENT, of["consent"] == 0)
        refusing = consents.refusing(self.ids, self.order.topics())
        if refusing:
            self.rule(Skip.TOPIC_REFUSED, self.among(refusing))
        control = self.order.limits.control
        if control is not None:
            self.rule(Skip.GLOBAL_CONTROL, self.among({i for i in self.ids if control.holds(i)}))
        counts = sends.marketing_counts(self.ids, self.now)
        self.capped(counts)
        self.bored()
        self.outranked(counts)

    def among(self, some: set[int]) -> Truths:
        return np.fromiter((one in some for one in self.ids), np.bool_, len(self.ids))

    def capped(self, counts: dict[int, tuple[int, int, int]]) -> None:
        if not counts:
            return
        full = {who for who, sent in counts.items() if any(n >= cap for n, cap in self.caps(sent))}
        tomorrow = next_day(self.now, self.policy.zone)
        late = self.policy.deadline is not None and tomorrow >= self.policy.deadline
        waits = self.policy.capped_waits and not late
        self.rule(DELAYED if waits else Skip.FREQUENCY_CAP, self.among(full))

    def caps(self, sent: tuple[int, int, int]) -> list[tuple[int, int]]:
        """(sent, cap) of the caps that are set."""
        policy = self.policy
        caps = (policy.per_day, policy.per_week, policy.per_month)
        return [(n, cap) for n, cap in zip(sent, caps, strict=True) if cap is not None]

    def bored(self) -> None:
        if self.policy.rest is None and self.policy.variety is None:
            return
        since, alike = self.now - LOOKS_BACK, self.order.limits.alike
        found: dict[Skip, set[int]] = {Skip.REST: set(), Skip.VARIETY: set()}
        for who, past in send_history.past(self.ids, since, alike, ()).items():
            skip = bored(past, self.policy, self.now)
            if skip is not None:
                found[skip].add(who)
        for skip, some in found.items():
            self.rule(skip, self.among(some))

    def outranked(self, counts: dict[int, tuple[int, int, int]]) -> None:
        rivals = self.order.limits.rivals
        if not rivals:
            return
        until = self.now + timedelta(hours=self.order.definition.guardrails.yield_hours)
        waiting = send_history.outranking(self.ids, rivals, until)
        none = (0, 0, 0)
        tight = {w for w in waiting if any(c - n == 1 for n, c in self.caps(counts.get(w, none)))}
        self.rule(Skip.OUTRANKED, self.among(tight))
