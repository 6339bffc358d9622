"""A campaign as its marketer wrote it: checked once, frozen for each run.

`parse` turns a document (from YAML, JSON, the console or the store) into a Definition and
`Definition.document` turns it back: `parse(d.document()) == d`. docs/reference/campaign.schema.json
describes the same document; a test keeps the two in step.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bot.campaign.document import REQUIRED, Fields
from bot.campaign.wording import OF_CODE, OF_OFFER, check_text, needed, variables, with_opt_out
from bot.channels.registry import CHANNELS
from bot.clock import SHANGHAI
from bot.errors import InvalidInput
from bot.values.audience import Channel, Purpose

SLUG = r"[a-z0-9][a-z0-9-]{0,62}"
VARIANT = r"[a-z0-9][a-z0-9_-]{0,15}"
MAX_TEXT = 600  # characters; a customer-service text holds 2,048 bytes of UTF-8
MAX_VARIANTS = 8
MAX_CONCURRENCY = 512
CLOCK = r"([01]\d|2[0-3]):[0-5]\d"


@dataclass(frozen=True, slots=True)
class Variant:
    """One of several texts; an audience member sees it with chance weight / sum of weights."""

    name: str
    weight: float
    text: str


@dataclass(frozen=True, slots=True)
class Guardrails:
    """Caps count this account's marketing sends to one follower in the last 1, 7 and 30 days.

    None: no cap of that kind. Quiet hours run from `quiet_from` to `quiet_to` in the account's
    zone, over midnight where the first is later; both None: there are none.
    """

    per_day: int | None = 1
    per_week: int | None = 2
    per_month: int | None = 4
    quiet_from: time | None = time(21)
    quiet_to: time | None = time(9)


@dataclass(frozen=True, slots=True)
class Notice:
    """A template message: its library id and the text for each field."""

    template_id: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reminder:
    """The service notice for who claimed this campaign's coupon and has not redeemed it."""

    template_id: str
    fields: dict[str, str]
    hours_before_expiry: float = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    slug: str
    name: str
    segment: str  # slug
    purpose: Purpose
    text: str
    offer: str = ""  # slug of a coupon batch, "" for none
    url: str = ""  # where the tracked link leads; "" with an offer: the follower's coupon page
    variants: tuple[Variant, ...] = ()
    holdout: float = 0.05
    attribution_days: float = 7.0
    channels: tuple[Channel, ...] = (Channel.CUSTOMER_SERVICE,)
    guardrails: Guardrails = field(default_factory=Guardrails)
    at: datetime | None = None  # the planned start
    until: datetime | None = None  # what is not sent by then is skipped
    concurrency: int = 64
    template: Notice | None = None
    reminder: Reminder | None = None

    def texts(self) -> tuple[Variant, ...]:
        """The variants, or the one text as the variant "a"."""
        return self.variants or (Variant("a", 1.0, self.text),)

    def document(self) -> dict[str, Any]:
        """JSON-ready; every field that is set, defaults included."""
        rails = self.guardrails
        quiet = [f"{t:%H:%M}" for t in (rails.quiet_from, rails.quiet_to) if t is not None]
        document: dict[str, Any] = {
            "slug": self.slug,
            "name": self.name,
            "segment": self.segment,
            "purpose": self.purpose.value,
            "offer": self.offer,
            "url": self.url,
            "text": self.text,
            "variants": [asdict(variant) for variant in self.variants],
            "holdout": self.holdout,
            "attribution_days": self.attribution_days,
            "channels": [channel.value for channel in self.channels],
            "guardrails": {
                "per_day": rails.per_day,
                "per_week": rails.per_week,
                "per_month": rails.per_month,
                "quiet_hours": quiet or None,
            },
            "schedule": {
                "at": self.at.isoformat() if self.at else None,
                "until": self.until.isoformat() if self.until else None,
            },
            "concurrency": self.concurrency,
        }
        if self.template:
            document["template"] = asdict(self.template)
        if self.reminder:
            document["reminder"] = asdict(self.reminder)
        return document


def parse(document: Any, zone: ZoneInfo = SHANGHAI, *, standing: bool = False) -> Definition:
    """The definition in `document`. Times without an offset are wall times in `zone`.

    standing   of a journey's action: it names no segment, as the journey brings the followers

    Raises InvalidInput with the path of the first field that breaks a rule.
    """
    fields = Fields(document)
    schedule = fields.child("schedule") or Fields({}, "schedule")
    purpose = Purpose(fields.one_of("purpose", [p.value for p in Purpose]))
    variants = _variants(fields, purpose)
    definition = Definition(
        slug=fields.text("slug", pattern=SLUG),
        name=fields.text("name"),
        segment=fields.text("segment", "" if standing else REQUIRED, pattern=SLUG),
        purpose=purpose,
        text=_text(fields, purpose, variants),
        offer=fields.text("offer", "", pattern=SLUG),
        url=fields.text("url", "", longest=1024, pattern=r"https?://[^\s\"'<>]+"),
        variants=variants,
        holdout=fields.number("holdout", 0.05, 0, 0.9),
        attribution_days=fields.number("attribution_days", 7, 0, 90),
        channels=_channels(fields, purpose),
        guardrails=_guardrails(fields),
        at=schedule.instant("at", zone),
        until=schedule.instant("until", zone),
        concurrency=fields.whole("concurrency", 64, 1, MAX_CONCURRENCY),
        template=_template(fields),
        reminder=_reminder(fields),
    )
    schedule.done()
    fields.done()
    _check_whole(definition)
    return definition


def _text(fields: Fields, purpose: Purpose, variants: tuple[Variant, ...]) -> str:
    if variants and not fields.has("text"):
        return fields.text("text", "")
    text = fields.text("text", longest=MAX_TEXT)
    check_text(text, fields.at("text"))
    return with_opt_out(text) if purpose is Purpose.MARKETING else text


def _variants(fields: Fields, purpose: Purpose) -> tuple[Variant, ...]:
    found: list[Variant] = []
    for item in fields.children("variants"):
        name = item.text("name", pattern=VARIANT)
        if name in [variant.name for variant in found]:
            raise item.refuse("name", f"{name} is taken by another variant")
        weight = item.number("weight", 1, 0.001, 1000)
        found.append(Variant(name, weight, _text(item, purpose, ())))
        item.done()
    if len(found) > MAX_VARIANTS:
        raise fields.refuse("variants", f"at most {MAX_VARIANTS}")
    return tuple(found)


def _channels(fields: Fields, purpose: Purpose) -> tuple[Channel, ...]:
    words = fields.items("channels") or [Channel.CUSTOMER_SERVICE.value]
    for i, word in enumerate(words):
        if word not in list(Channel):
            raise fields.refuse(f"channels[{i}]", f"wants one of {', '.join(Channel)}")
        if purpose not in CHANNELS[Channel(word)].purposes:
            raise fields.refuse(f"channels[{i}]", CHANNELS[Channel(word)].rule)
    return tuple(dict.fromkeys(Channel(word) for word in words))


def _guardrails(fields: Fields) -> Guardrails:
    rails = fields.child("guardrails")
    if rails is None:
        return Guardrails()
    default = Guardrails()
    quiet_from, quiet_to = _quiet(rails)
    found = Guardrails(
        per_day=_cap(rails, "per_day", default.per_day),
        per_week=_cap(rails, "per_week", default.per_week),
        per_month=_cap(rails, "per_month", default.per_month),
        quiet_from=quiet_from,
        quiet_to=quiet_to,
    )
    rails.done()
    return found


def _cap(rails: Fields, name: str, default: int | None) -> int | None:
    """A cap of 0 would hold every message back for ever: refused, as null is how to lift it."""
    return None if rails.is_null(name) else rails.whole(name, default, 1, 1000)


def _quiet(rails: Fields) -> tuple[time | None, time | None]:
    if rails.is_null("quiet_hours"):
        return None, None
    hours = rails.items("quiet_hours") or ["21:00", "09:00"]
    wants = 'wants two times of the day like ["21:00", "09:00"], or null'
    if len(hours) != 2 or not all(isinstance(h, str) and re.fullmatch(CLOCK, h) for h in hours):
        raise rails.refuse("quiet_hours", wants)
    if hours[0] == hours[1]:
        raise rails.refuse("quiet_hours", "would be quiet all day, or never: use null for none")
    return time.fromisoformat(hours[0]), time.fromisoformat(hours[1])


def _notice(fields: Fields, name: str, known: frozenset[str]) -> tuple[Fields, Notice] | None:
    child = fields.child(name)
    if child is None:
        return None
    words = child.words("fields")
    for key, text in words.items():
        check_text(text, child.at(f"fields.{key}"), known)
    return child, Notice(child.text("template_id", longest=64), words)


def _template(fields: Fields) -> Notice | None:
    found = _notice(fields, "template", frozenset())
    if found is None:
        return None
    found[0].done()
    return found[1]


def _reminder(fields: Fields) -> Reminder | None:
    found = _notice(fields, "reminder", OF_OFFER | OF_CODE)
    if found is None:
        return None
    child, notice = found
    hours = child.number("hours_before_expiry", 24, 0.01, 24 * 30)
    child.done()
    return Reminder(notice.template_id, notice.fields, hours)


def _check_whole(definition: Definition) -> None:
    """Rules between fields."""
    if definition.at and definition.until and definition.until <= definition.at:
        raise InvalidInput("schedule.until: must be later than schedule.at", "schedule.until")
    if Channel.TEMPLATE in definition.channels:
        if definition.template is None:
            raise InvalidInput("template: is required by the channel template", "template")
        if definition.offer:
            raise InvalidInput(f"offer: {CHANNELS[Channel.TEMPLATE].rule}", "offer")
    if definition.reminder and not definition.offer:
        raise InvalidInput("reminder: reminds of a coupon, and there is no offer", "reminder")
    if not definition.offer:
        _check_without_offer(definition)
    elif any("link" not in variables(variant.text) for variant in definition.texts()):
        raise InvalidInput("text: an offer needs {link}: it is the way to the coupon", "text")


def _check_without_offer(definition: Definition) -> None:
    for variant in definition.texts():
        path = "text" if not definition.variants else f"variants.{variant.name}.text"
        for name in needed(variant.text):
            if name in OF_OFFER:
                raise InvalidInput(f"{path}: {{{name}}} needs an offer or a default", path)
            if name == "link" and not definition.url:
                raise InvalidInput(f"{path}: {{link}} needs a url or an offer", path)
