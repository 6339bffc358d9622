"""The ways a message can travel, and what the platform asks of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.values.audience import Channel, Purpose


@dataclass(frozen=True, slots=True)
class Way:
    """What planning, permission and repair need to know of a channel.

    api             the platform's name of the call; its daily quota is counted under it
    daily_limit     the documented default of a new account; the platform may grant more
    duplicate_span  how long the platform drops a repeat with the same id; None: it never does
    rule            why a purpose that is not in `purposes` may not travel this way
    """

    channel: Channel
    purposes: frozenset[Purpose]
    needs_window: bool
    api: str
    daily_limit: int
    duplicate_span: timedelta | None
    rule: str


CUSTOMER_SERVICE = Way(
    Channel.CUSTOMER_SERVICE,
    frozenset(Purpose),
    needs_window=True,
    api="message/custom/send",
    daily_limit=500_000,
    duplicate_span=None,
    rule="",
)
TEMPLATE = Way(
    Channel.TEMPLATE,
    frozenset({Purpose.SERVICE}),
    needs_window=False,
    api="message/template/send",
    daily_limit=100_000,
    duplicate_span=timedelta(minutes=10),
    rule=(
        "a template message is a service notice that the follower's own act asked for: no"
        " marketing, no coupons (微信公众平台模板消息运营规范)"
    ),
)
CHANNELS = {way.channel: way for way in (CUSTOMER_SERVICE, TEMPLATE)}
