"""A piece of content as a document: what YAML, JSON, tables and the console have in common.

slug: latte-large
kind: product              # article, advertisement, miniprogram, coupon_batch, message
title: 大杯拿铁
summary: 深烘豆，坚果香
topics: {咖啡: 1.0, 早餐: 0.3}   # or a list: [咖啡, 早餐]
price_fen: 2200
stock: 300                 # none: not counted
valid_from: 2026-12-01     # a day in the account's zone, or an instant with its offset
valid_until: 2026-12-31    # the last day, to its end
purpose: marketing         # service, editorial
pictures: [media:AbC-123, https://img.example.cn/latte.jpg]
link: https://shop.example.cn/latte
language: zh

A miniprogram has `appid` and `path`, a coupon_batch `batch`; a message is what goes out, with
variables: `channel`, and either `text`, or `template_id`, `scene` and `fields`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import SHANGHAI
from bot.content.limits import CHANNELS, NOTICES
from bot.content.reading import SLUG, Fields
from bot.content.variables import Kind as VariableKind
from bot.content.wording import is_name
from bot.values.audience import Channel

MOST_FEN = 100_000_000  # a million yuan: more is a slip of the keyboard
MOST_STOCK = 100_000_000
MOST_TOPICS = 20
MOST_PICTURES = 20
MOST_FIELDS = 20
LONGEST_TITLE = 64
LONGEST_SUMMARY = 120  # what a news card shows
LONGEST_TEXT = 2000
URL = r"https?://[^\s\"'<>]{1,1000}"
PICTURE = rf"media:[\w-]{{1,128}}|{URL}"
APPID = r"wx[0-9a-z]{10,30}"
LANGUAGES = ("zh", "en")


class Kind(StrEnum):
    PRODUCT = "product"
    ARTICLE = "article"
    ADVERTISEMENT = "advertisement"
    MINIPROGRAM = "miniprogram"
    COUPON_BATCH = "coupon_batch"
    MESSAGE = "message"


class ContentPurpose(StrEnum):
    """Why it is shown: to sell, to serve an own act, or to read."""

    MARKETING = "marketing"
    SERVICE = "service"
    EDITORIAL = "editorial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A checked document. Instants are aware UTC; weights of topics lie in 0..1."""

    slug: str
    kind: Kind
    title: str
    summary: str = ""
    topics: Mapping[str, float] = field(default_factory=dict)
    price_fen: int | None = None
    stock: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    purpose: ContentPurpose = ContentPurpose.MARKETING
    pictures: tuple[str, ...] = ()
    link: str = ""
    language: str = "zh"
    appid: str = ""
    path: str = ""
    batch: str = ""
    channel: str = ""
    text: str = ""
    template_id: str = ""
    scene: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, VariableKind] = field(default_factory=dict)


FIELDS = tuple(one.name for one in fields(Content))
# What only some kinds have; the rest is everybody's.
_OF_MESSAGE = ("channel", "text", "template_id", "scene", "fields", "variables")
OF_KIND: Mapping[str, Kind] = {
    "appid": Kind.MINIPROGRAM,
    "path": Kind.MINIPROGRAM,
    "batch": Kind.COUPON_BATCH,
    **dict.fromkeys(_OF_MESSAGE, Kind.MESSAGE),
}
REQUIRED = {
    Kind.ARTICLE: ("link",),
    Kind.ADVERTISEMENT: ("link",),
    Kind.MINIPROGRAM: ("appid", "path"),
    Kind.COUPON_BATCH: ("batch",),
}


def read_content(document: Any, zone: ZoneInfo = SHANGHAI) -> Content:
    """Raises InvalidInput that names the first field that breaks a rule, and the rule."""
    given = Fields(document)
    content = Content(
        slug=given.text("slug", form=SLUG, longest=63),
        kind=Kind(given.one_of("kind", [kind.value for kind in Kind])),
        title=given.text("title", longest=LONGEST_TITLE),
        summary=given.text("summary", "", longest=LONGEST_SUMMARY),
        topics=_topics(given),
        price_fen=given.whole("price_fen", 0, MOST_FEN),
        stock=given.whole("stock", 0, MOST_STOCK),
        valid_from=given.instant("valid_from", zone),
        valid_until=given.instant("valid_until", zone, ends=True),
        purpose=ContentPurpose(
            given.one_of("purpose", [one.value for one in ContentPurpose], "marketing")
        ),
        pictures=_pictures(given),
        link=given.text("link", "", longest=1024, form=URL),
        language=given.one_of("language", LANGUAGES, "zh"),
        appid=given.text("appid", "", form=APPID),
        path=given.text("path", "", longest=1024, form=r"[^\s\"'<>]+"),
        batch=given.text("batch", "", form=SLUG),
        channel=given.one_of("channel", ("", *CHANNELS), "") or _usual_channel(document),
        text=given.text("text", "", longest=LONGEST_TEXT),
        template_id=given.text("template_id", "", longest=64, form=r"[\w-]+"),
        scene=given.text("scene", "", longest=LONGEST_TITLE),
        fields=_fields(given),
        variables=_variables(given),
    )
    given.done()
    _check_whole(given, content)
    return content


def write_content(content: Content) -> dict[str, Any]:
    """The JSON-ready document that `read_content` turns into the same content: what is set."""
    document: dict[str, Any] = {}
    for name in FIELDS:
        value = getattr(content, name)
        if isinstance(value, datetime):
            value = value.isoformat()
        elif isinstance(value, Mapping):
            value = dict(value)
        elif isinstance(value, tuple):
            value = list(value)
        if value not in (None, "", {}, []):
            document[name] = str(value) if isinstance(value, StrEnum) else value
    if content.variables:
        document["variables"] = {name: str(kind) for name, kind in content.variables.items()}
    return document


def _usual_channel(document: Any) -> str:
    return Channel.CUSTOMER_SERVICE.value if document.get("kind") == Kind.MESSAGE else ""


def _topics(given: Fields) -> dict[str, float]:
    value = given.take("topics", {})
    if isinstance(value, list | tuple):
        for at, one in enumerate(value):
            if not isinstance(one, str):
                raise given.refuse(f"topics[{at}]", "wants a text")
        value = dict.fromkeys(value, 1.0)
    if not isinstance(value, Mapping) or len(value) > MOST_TOPICS:
        raise given.refuse("topics", f"wants at most {MOST_TOPICS} topics with their weights")
    found: dict[str, float] = {}
    for name, weight in value.items():
        topic = Fields({"topic": name}, given.at("topics")).text("topic", longest=32)
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= 1:
            raise given.refuse(f"topics.{topic}", "wants a weight above 0, up to 1")
        found[topic] = float(weight)
    return found


def _pictures(given: Fields) -> tuple[str, ...]:
    found: list[str] = []
    for at, one in enumerate(given.items("pictures", MOST_PICTURES)):
        if not isinstance(one, str) or not re.fullmatch(PICTURE, one.strip()):
            raise given.refuse(f"pictures[{at}]", "wants media:ID or an address http(s)://…")
        found.append(one.strip())
    return tuple(dict.fromkeys(found))


def _fields(given: Fields) -> dict[str, str]:
    values = given.named("fields", MOST_FIELDS)
    inner = Fields(values, given.at("fields"))
    return {name: inner.text(name, longest=200) for name in values}


def _variables(given: Fields) -> dict[str, VariableKind]:
    values = given.named("variables", MOST_FIELDS)
    inner = Fields(values, given.at("variables"))
    for name in values:
        if not is_name(name):
            raise given.refuse(f"variables.{name[:40]}", "wants a name like city")
    return {name: VariableKind(inner.one_of(name, list(VariableKind))) for name in values}


def _check_whole(given: Fields, content: Content) -> None:
    """Rules between fields."""
    for name, kind in OF_KIND.items():
        if getattr(content, name) and content.kind is not kind:
            raise given.refuse(name, f"is a field of {kind} only")
    for name in REQUIRED.get(content.kind, ()):
        if not getattr(content, name):
            raise given.refuse(name, f"is required of {content.kind}")
    if content.valid_from and content.valid_until and content.valid_from >= content.valid_until:
        raise given.refuse("valid_until", "is not after valid_from")
    if content.kind is Kind.MESSAGE:
        _check_message(given, content)


def _check_message(given: Fields, content: Content) -> None:
    notice = content.channel in NOTICES
    for name in ("template_id", "fields") if notice else ("text",):
        if not getattr(content, name):
            raise given.refuse(name, f"is required of a message by {content.channel}")
    for name in ("text",) if notice else ("template_id", "fields", "scene"):
        if getattr(content, name):
            raise given.refuse(name, f"has no place in a message by {content.channel}")
