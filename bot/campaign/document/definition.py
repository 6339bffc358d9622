"""A campaign as its marketer wrote it: checked once, frozen for each run.

`parse` turns a document (from YAML, JSON, the console or the store) into a Definition and
`Definition.document` turns it back: `parse(d.document()) == d`. docs/reference/campaign.schema.json
describes the same document; a test keeps the two in step.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.campaign.document import reading
from bot.campaign.document.fields import Fields
from bot.campaign.document.means import Means, check_means, read_means
from bot.campaign.document.parts import (
    Audience,
    Experiment,
    Goal,
    Guardrails,
    Match,
    Notice,
    Pace,
    Recurrence,
    Reminder,
    Variant,
)
from bot.campaign.document.reading import CLOCK, SLUG
from bot.campaign.document.wording import (
    OF_CODE,
    OF_CONTENT,
    OF_OFFER,
    check_text,
    needed,
    variables,
    with_opt_out,
)
from bot.channels.planner import permitted
from bot.channels.registry import CHANNELS
from bot.clock import SHANGHAI
from bot.errors import InvalidInput
from bot.values.audience import Channel, Purpose

__all__ = [
    "CLOCK", "MAX_CONCURRENCY", "MAX_TEXT", "MAX_VARIANTS", "SLUG", "VARIANT",
    "Audience", "Definition", "Experiment", "Goal", "Guardrails", "Match", "Notice", "Pace",
    "Recurrence", "Reminder", "Variant", "parse",
]  # fmt: skip

VARIANT = r"[a-z0-9][a-z0-9_-]{0,15}"
MAX_TEXT = 600  # characters; a customer-service text holds 2,048 bytes of UTF-8
MAX_VARIANTS = 8
MAX_CONCURRENCY = 512
MAX_BUDGET_FEN = 1_000_000_000_000
AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """`segment` "" where `audience` says who it is for, or a journey brings its followers.

    content       slugs of library pieces: one for everybody, or of several the one that suits
    best_hour     each follower gets it at an hour of their own
    approval      None: as the account's settings demand
    opportunist   what waits may be sent earlier, into a customer-service window that is closing
    """

    slug: str
    name: str
    segment: str  # slug
    purpose: Purpose
    text: str
    audience: Audience | None = None
    offer: str = ""  # slug of a coupon batch, "" for none
    match: Match | None = None  # several coupon batches instead of `offer`: each gets one, or none
    url: str = ""  # where the tracked link leads; "" with an offer: the follower's coupon page
    content: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    experiment: Experiment | None = None
    holdout: float = 0.05
    goal: Goal | None = None
    attribution_days: float = 7.0
    channels: tuple[Channel, ...] = (Channel.CUSTOMER_SERVICE,)
    auto_channels: bool = False  # any permitted one, the cheapest for each follower
    guardrails: Guardrails = field(default_factory=Guardrails)
    at: datetime | None = None  # the planned start
    until: datetime | None = None  # what is not sent by then is skipped; no run begins after it
    recurs: Recurrence | None = None
    best_hour: bool = False
    opportunist: bool = False
    pace: Pace | None = None
    priority: int = 50  # 0..100: the greater goes first where two want the same follower
    budget_fen: int | None = None  # what coupons and messages may cost together
    approval: bool | None = None
    concurrency: int = 64
    template: Notice | None = None
    means: Means = field(default_factory=Means)  # what other channels want beside the text
    reminder: Reminder | None = None

    @property
    def gives(self) -> bool:
        """It carries a coupon, of one batch or of several."""
        return bool(self.offer or self.match)

    def texts(self) -> tuple[Variant, ...]:
        """The variants, or the one text as the variant "a"."""
        return self.variants or (Variant("a", 1.0, self.text),)

    def aim(self) -> Audience:
        """Whom it is for, whichever form said so."""
        return self.audience or Audience((self.segment,) if self.segment else ())

    def document(self) -> dict[str, Any]:
        """JSON-ready; every field that is set, and the defaults of those that always count."""
        document: dict[str, Any] = {
            "slug": self.slug,
            "name": self.name,
            **(
                {"audience": self.audience.document()}
                if self.audience
                else {"segment": self.segment}
            ),
            "purpose": self.purpose.value,
            "offer": self.offer,
            "url": self.url,
            "text": self.text,
            "variants": [asdict(variant) for variant in self.variants],
            "holdout": self.holdout,
            "attribution_days": self.attribution_days,
            "channels": AUTO if self.auto_channels else [c.value for c in self.channels],
            "guardrails": self.guardrails.document(),
            "schedule": self._schedule(),
            "priority": self.priority,
            "concurrency": self.concurrency,
        }
        return document | {n: part for n, part in self._optional().items() if part is not None}

    def _schedule(self) -> dict[str, Any]:
        recurs = self.recurs
        return {
            "at": self.at.isoformat() if self.at else None,
            "until": self.until.isoformat() if self.until else None,
            "cron": recurs.cron if recurs else None,
            "zone": recurs.zone if recurs else None,
            "times": recurs.times if recurs else None,
            "catch_up": recurs.catch_up if recurs else None,
            "best_hour": self.best_hour,
        }

    def _optional(self) -> dict[str, Any]:
        parts = {name: getattr(self, name) for name in ("experiment", "goal", "pace", "template")}
        approval = {True: "required", False: "none", None: None}[self.approval]
        return {
            **{name: asdict(part) if part else None for name, part in parts.items()},
            "reminder": asdict(self.reminder) if self.reminder else None,
            **self.means.document(),
            "match": self.match.document() if self.match else None,
            "content": list(self.content) or None,
            "budget_fen": self.budget_fen,
            "approval": approval,
            "opportunist": self.opportunist or None,
        }


def parse(document: Any, zone: ZoneInfo = SHANGHAI, *, standing: bool = False) -> Definition:
    """The definition in `document`. Times without an offset are wall times in `zone`.

    standing   of a journey's action: it names no segment, as the journey brings the followers

    Raises InvalidInput with the path of the first field that breaks a rule.
    """
    fields = Fields(document)
    schedule = fields.child("schedule") or Fields({}, "schedule")
    purpose = Purpose(fields.one_of("purpose", [p.value for p in Purpose]))
    variants = _variants(fields, purpose)
    segment, audience = reading.audience(fields, standing=standing)
    approval = fields.one_of("approval", ("required", "none", ""), "")
    definition = Definition(
        slug=fields.text("slug", pattern=SLUG),
        name=fields.text("name"),
        segment=segment,
        audience=audience,
        purpose=purpose,
        text=_text(fields, purpose, variants),
        offer=fields.text("offer", "", pattern=SLUG),
        match=reading.match(fields),
        url=fields.text("url", "", longest=1024, pattern=r"https?://[^\s\"'<>]+"),
        content=reading.pieces(fields),
        variants=variants,
        experiment=reading.experiment(fields, len(variants)),
        holdout=fields.number("holdout", 0.05, 0, 0.9),
        goal=reading.goal(fields),
        attribution_days=fields.number("attribution_days", 7, 0, 90),
        channels=_channels(fields, purpose),
        auto_channels=_is_auto(fields),
        guardrails=reading.guardrails(fields),
        at=schedule.instant("at", zone),
        until=schedule.instant("until", zone),
        recurs=reading.recurrence(schedule, zone),
        best_hour=schedule.flag("best_hour"),
        opportunist=fields.flag("opportunist"),
        pace=reading.pace(fields),
        priority=fields.whole("priority", 50, 0, 100),
        budget_fen=_budget(fields),
        approval={"required": True, "none": False}.get(approval),
        concurrency=fields.whole("concurrency", 64, 1, MAX_CONCURRENCY),
        template=_template(fields),
        means=read_means(fields),
        reminder=_reminder(fields),
    )
    schedule.done()
    fields.done()
    _check_match(definition, standing=standing)
    _check_whole(definition)
    return definition


def _budget(fields: Fields) -> int | None:
    if fields.is_null("budget_fen") or not fields.has("budget_fen"):
        return None
    return fields.whole("budget_fen", 0, 0, MAX_BUDGET_FEN)


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


def _is_auto(fields: Fields) -> bool:
    return bool(fields.raw("channels", []) == AUTO)


def _channels(fields: Fields, purpose: Purpose) -> tuple[Channel, ...]:
    if _is_auto(fields):
        wants = {way.wants for way in CHANNELS.values() if way.wants and fields.has(way.wants)}
        return permitted(purpose, wants, offer=fields.has("offer") or fields.has("match"))
    words = fields.items("channels") or [Channel.CUSTOMER_SERVICE.value]
    for i, word in enumerate(words):
        if word not in list(Channel):
            raise fields.refuse(f"channels[{i}]", f"wants one of {', '.join(Channel)}")
        if purpose not in CHANNELS[Channel(word)].purposes:
            raise fields.refuse(f"channels[{i}]", CHANNELS[Channel(word)].rule)
    return tuple(dict.fromkeys(Channel(word) for word in words))


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
    _check_content(definition)
    check_means(definition.channels, definition.means, offer=definition.gives)
    if Channel.TEMPLATE in definition.channels:
        if definition.template is None:
            raise InvalidInput("template: is required by the channel template", "template")
        if definition.gives:
            raise InvalidInput(f"offer: {CHANNELS[Channel.TEMPLATE].rule}", "offer")
    if definition.reminder and not definition.offer:
        raise InvalidInput("reminder: reminds of a coupon, and there is no offer", "reminder")
    if not definition.gives:
        _check_without_offer(definition)
    elif any("link" not in variables(variant.text) for variant in definition.texts()):
        raise InvalidInput("text: an offer needs {link}: it is the way to the coupon", "text")


def _check_match(definition: Definition, *, standing: bool) -> None:
    """Each has a coupon of their own: what is the same for all has no place beside it."""
    if definition.match is None:
        return
    for name in ("offer", "content", "reminder"):
        if getattr(definition, name):
            raise InvalidInput(f"match: stands beside {name}: one of them", "match")
    if standing:
        raise InvalidInput("match: a journey brings its followers one by one; use offer", "match")


def _check_content(definition: Definition) -> None:
    if definition.content:
        return
    for variant in definition.texts():
        for name in sorted(OF_CONTENT & set(needed(variant.text))):
            raise InvalidInput(f"text: {{{name}}} needs content or a default", "text")


def _check_without_offer(definition: Definition) -> None:
    for variant in definition.texts():
        path = "text" if not definition.variants else f"variants.{variant.name}.text"
        for name in needed(variant.text):
            if name in OF_OFFER:
                raise InvalidInput(f"{path}: {{{name}}} needs an offer or a default", path)
            if name == "link" and not (definition.url or definition.content):
                raise InvalidInput(f"{path}: {{link}} needs a url or an offer", path)
