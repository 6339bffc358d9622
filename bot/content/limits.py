"""What each channel takes: how long texts and the fields of notices may be.

Sources: 公众平台 › 客服消息, 被动回复 (2,048 bytes), 一次性订阅 (title and content),
关于规范公众号模板消息的再次公告 (20 characters, one line, no emoji).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.values.audience import Channel
from bot.values.notice_fields import kind_of

CHANNELS = tuple(channel.value for channel in Channel)
NOTICES = frozenset({Channel.TEMPLATE, Channel.SUBSCRIPTION_NOTICE})  # fields instead of a text
MASS = (Channel.MASS_LIST, Channel.MASS_TAG)
GONE = frozenset({"first", "remark"})  # taken out of every template since 2023-05-04


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many characters, or bytes of UTF-8."""

    most: int
    in_bytes: bool = False

    def size(self, text: str) -> int:
        return len(text.encode(errors="replace")) if self.in_bytes else len(text)


TEXT = Limit(2048, in_bytes=True)
# Parts of a message that are no fields of a notice: the text itself, and one-time messages.
PARTS: Mapping[tuple[str, str], Limit] = {
    (Channel.CUSTOMER_SERVICE, "text"): TEXT,
    (Channel.PASSIVE_REPLY, "text"): TEXT,
    (Channel.MASS_LIST, "text"): TEXT,
    (Channel.MASS_TAG, "text"): TEXT,
    (Channel.ONE_TIME, "title"): Limit(15),
    (Channel.ONE_TIME, "text"): Limit(200),
}
FIELD_LIMIT = Limit(20)


def limit_of(channel: str, part: str) -> Limit | None:
    """How long a part may be; None where the platform says nothing. A variant's text is a text."""
    if channel in NOTICES:
        kind = kind_of(part)
        return Limit(kind.most) if kind else FIELD_LIMIT
    return PARTS.get((channel, part.rpartition(".")[2]))
