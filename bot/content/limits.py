"""What each channel takes: lengths of texts, and the kinds of a notice's fields.

Sources: 公众平台 › 客服消息, 被动回复 (2,048 bytes), 一次性订阅 (title and content),
订阅消息参数值内容限制 (kinds of fields, shared by category templates),
关于规范公众号模板消息的再次公告 (20 characters, one line, no emoji).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.values.audience import Channel

CHANNELS = tuple(channel.value for channel in Channel)
NOTICES = frozenset({Channel.TEMPLATE, Channel.SUBSCRIPTION_NOTICE})  # fields instead of a text
MASS = (Channel.MASS_LIST, Channel.MASS_TAG)
FIELD = re.compile(r"([a-z_]+?)(\d{1,2})")
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

_DAY = r"\d{4}(?:年\d{1,2}月\d{1,2}日|-\d{1,2}-\d{1,2}|/\d{1,2}/\d{1,2})"
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
_WHEN = rf"(?:{_DAY}(?:\s*{_CLOCK})?|{_CLOCK})"
_MOMENT = rf"{_WHEN}(?:\s*~\s*{_WHEN})?"


@dataclass(frozen=True, slots=True)
class FieldKind:
    """A kind of a notice's field: how long its values may be, and their form. The catalogue says it
    in words: lint.field.NAME"""

    name: str
    most: int
    form: str

    def refuses(self, value: str) -> bool:
        return re.fullmatch(self.form, value) is None


def _kinds(*kinds: FieldKind) -> dict[str, FieldKind]:
    return {kind.name: kind for kind in kinds}


FIELDS = _kinds(
    FieldKind("thing", 20, r".+"),
    FieldKind("short_thing", 20, r".+"),
    FieldKind("const", 20, r".+"),
    FieldKind("enum", 20, r".+"),
    FieldKind("number", 32, r"-?\d+(?:\.\d+)?"),
    FieldKind("letter", 32, r"[A-Za-z]+"),
    FieldKind("symbol", 5, r"[^\w\s]+"),
    FieldKind("character_string", 32, r"[\x21-\x7e]+"),
    FieldKind("time", 40, _MOMENT),
    FieldKind("date", 40, _MOMENT),
    FieldKind("amount", 20, r"[¥￥$€£]?\d{1,10}(?:\.\d+)?元?"),
    FieldKind("phone_number", 17, r"[\d+\-() ]+"),
    FieldKind("car_number", 8, r"[\u4e00-\u9fff]?[A-Z0-9]+[\u4e00-\u9fff]?"),
    FieldKind("name", 20, r"[\u4e00-\u9fff·]{1,10}|[A-Za-z .]{1,20}"),
    FieldKind("phrase", 5, r"[\u4e00-\u9fff]+"),
)


def field_kind(key: str) -> FieldKind | None:
    """Of `thing4` the kind thing; None for what is no key of a category template."""
    found = FIELD.fullmatch(key)
    return FIELDS.get(found[1]) if found else None


def limit_of(channel: str, part: str) -> Limit | None:
    """How long a part may be; None where the platform says nothing. A variant's text is a text."""
    if channel in NOTICES:
        kind = field_kind(part)
        return Limit(kind.most) if kind else FIELD_LIMIT
    return PARTS.get((channel, part.rpartition(".")[2]))
