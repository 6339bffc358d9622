"""What a campaign's document says for channels that want more than its text."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.campaign.document.fields import Fields
from bot.campaign.document.wording import OF_OFFER, check_text, fill
from bot.channels.fields import broken
from bot.channels.notices import LAST_SCENE, TITLE_LIMIT
from bot.channels.registry import CHANNELS
from bot.errors import InvalidInput
from bot.values.audience import Channel

NO_OFFER = (
    "a mass message is the same for all, a coupon is one follower's own: name a url, or a word to"
    " reply with"
)
_SAMPLES = {"title": "券", "face_value": "20元", "threshold": "100元"}


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription notice: the template that the follower accepted, and a text for each field."""

    template_id: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class OneTime:
    """A one-time subscription: the account's template, and the scene in which it is confirmed."""

    template_id: str
    scene: int
    title: str


@dataclass(frozen=True, slots=True)
class Means:
    subscription: Subscription | None = None
    one_time: OneTime | None = None

    def document(self) -> dict[str, Any]:
        """The parts that are there, JSON-ready."""
        parts = (("subscription", self.subscription), ("one_time", self.one_time))
        return {name: asdict(part) for name, part in parts if part is not None}

    def parts(self) -> frozenset[str]:
        return frozenset(self.document())


def read_means(fields: Fields) -> Means:
    """Raises InvalidInput with the path of the first field that breaks a rule."""
    return Means(_subscription(fields), _one_time(fields))


def _subscription(fields: Fields) -> Subscription | None:
    child = fields.child("subscription")
    if child is None:
        return None
    words = child.words("fields")
    for key, text in words.items():
        path = child.at(f"fields.{key}")
        check_text(text, path, OF_OFFER)
        if rule := broken(key, fill(text, _SAMPLES)):
            raise InvalidInput(f"{path}: the platform takes {rule}", path)
    found = Subscription(child.text("template_id", longest=64), words)
    child.done()
    return found


def _one_time(fields: Fields) -> OneTime | None:
    child = fields.child("one_time")
    if child is None:
        return None
    title = child.text("title", longest=TITLE_LIMIT)
    check_text(title, child.at("title"), frozenset())
    scene = child.whole("scene", 1, 0, LAST_SCENE)
    found = OneTime(child.text("template_id", longest=64), scene, title)
    child.done()
    return found


def check_means(channels: Collection[Channel], means: Means, *, offer: bool) -> None:
    """Each channel has what it wants. Raises InvalidInput."""
    for channel in channels:
        wants = CHANNELS[channel].wants
        if wants in ("subscription", "one_time") and wants not in means.parts():
            raise InvalidInput(f"{wants}: is required by the channel {channel.value}", wants)
        if CHANNELS[channel].batched and offer:
            raise InvalidInput(f"offer: {NO_OFFER}", "offer")


def check_kind(channels: Sequence[Channel], kind: str) -> None:
    """An account of this kind has the channels that were listed. Raises InvalidInput."""
    for i, channel in enumerate(channels):
        if kind not in CHANNELS[channel].kinds:
            path = f"channels[{i}]"
            raise InvalidInput(f"{path}: a {kind} account has no {channel.value}", path)


def means_schema() -> dict[str, Any]:
    """The parts as docs/reference/campaign.schema.json has them."""
    template = {"type": "string", "minLength": 1, "maxLength": 64}
    return {
        "subscription": {
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": {
                "template_id": template,
                "fields": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            "required": ["template_id", "fields"],
            "description": "for the channel subscription_notice",
        },
        "one_time": {
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": {
                "template_id": template,
                "scene": {"type": "integer", "minimum": 0, "maximum": LAST_SCENE, "default": 1},
                "title": {"type": "string", "minLength": 1, "maxLength": TITLE_LIMIT},
            },
            "required": ["template_id", "title"],
            "description": "for the channel one_time",
        },
    }
