"""Which channel a message takes: the cheapest that is permitted, for each follower. Pure.

The price of a channel is what it costs in money, then how scarce is what it uses up: an answer uses
nothing, a customer-service message a part of a window that the follower's next word fills again, a
subscription notice a right that was given once, a mass message one of four a month. Where all that
is planned would use up more of a good than there is, its price rises in proportion.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.channels.registry import CHANNELS, Form, Right
from bot.values.audience import Channel, FollowerState, Purpose

# Marks of a send, least first: what is left is worth more to tomorrow's campaigns.
SCARCITY: dict[Channel, float] = {
    Channel.PASSIVE_REPLY: 0.0,
    Channel.MENU: 0.0,
    Channel.TEMPLATE: 0.1,
    Channel.CUSTOMER_SERVICE: 0.2,
    Channel.SUBSCRIPTION_NOTICE: 1.0,
    Channel.ONE_TIME: 1.0,
    Channel.MASS_LIST: 2.0,
    Channel.MASS_TAG: 2.5,  # its audience has to be tagged first, fifty at a time
}
NO_RIGHTS: Mapping[Channel, int] = {}
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Market:
    """What channels cost an account, and how scarce they are at the moment.

    cost     fen for a thousand messages, by channel; without one what the channel says
    demand   planned need over what is left, by channel: above 1 it does not suffice for all
    """

    cost: Mapping[Channel, int] = field(default_factory=dict)
    demand: Mapping[Channel, float] = field(default_factory=dict)

    def price(self, channel: Channel) -> tuple[int, float]:
        """Money first, then scarcity; the lesser is the cheaper."""
        cost = self.cost.get(channel, CHANNELS[channel].cost_fen * 1000)
        return cost, SCARCITY[channel] * max(1.0, self.demand.get(channel, 0.0))


PLAIN = Market()
_WINDOWED = tuple(c for c, way in CHANNELS.items() if way.right is Right.WINDOW)
_FREE = tuple(
    c for c, way in CHANNELS.items() if way.right is Right.NONE and way.form is not Form.ANSWER
)


def permitted(
    purpose: Purpose, parts: Collection[str], *, offer: bool = False
) -> tuple[Channel, ...]:
    """The channels that the rules let a message of this purpose take.

    parts   what the campaign's document has: template, subscription, one_time
    offer   a coupon of the follower's own: no two get the same, so no mass message, and never a
            template message
    """
    return tuple(
        channel
        for channel, way in CHANNELS.items()
        if purpose in way.purposes
        and (not way.wants or way.wants in parts)
        and not (offer and (way.batched or channel is Channel.TEMPLATE))
    )


def of_kind(channels: Iterable[Channel], kind: str) -> tuple[Channel, ...]:
    """Those that an account of this kind has: service, subscription, test."""
    return tuple(channel for channel in channels if kind in CHANNELS[channel].kinds)


def ranked(channels: Iterable[Channel], market: Market = PLAIN) -> tuple[Channel, ...]:
    """The cheapest first; the given order decides between equals."""
    return tuple(sorted(channels, key=market.price))


def open_ways(
    follower: FollowerState,
    rights: Mapping[Channel, int],
    channels: Iterable[Channel],
    now: datetime,
) -> tuple[Channel, ...]:
    """Those that reach this follower by a call of ours now, in the given order.

    rights   messages that they have agreed to, or that the month has room for, by channel
    """
    found = []
    for channel in channels:  # for every send: few look-ups, and enum members hash slowly
        if channel in _WINDOWED:
            until = follower.window_until
            if until is not None and until > now and follower.window_left > 0:
                found.append(channel)
        elif channel in _FREE or rights.get(channel, 0) > 0:
            found.append(channel)
    return tuple(found)


def answers_only(channels: Iterable[Channel]) -> bool:
    """The message can wait for the follower's own act: one of these is an answer to it."""
    return any(CHANNELS[channel].form is Form.ANSWER for channel in channels)


def less(rights: Mapping[Channel, int], channel: Channel) -> Mapping[Channel, int]:
    """The rights after one message by this channel. Both mass channels draw on one month."""
    used = [c for c in rights if c == channel or _one_month(c, channel)]
    return {**rights, **{c: rights[c] - 1 for c in used}} if used else rights


def _one_month(one: Channel, other: Channel) -> bool:
    return CHANNELS[one].right is CHANNELS[other].right is Right.MONTHLY
