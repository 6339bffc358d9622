"""From content and from campaigns' documents to what the linter looks at. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import SHANGHAI
from bot.content.documents import Content, Kind
from bot.content.draft import Draft, Offer, Sender
from bot.content.findings import Finding, located, ordered
from bot.content.linting import CheckLink, lint
from bot.content.variables import HOUSE, OF_CODE, Variable
from bot.values.audience import Channel

NOBODY = Sender()
OF_OFFER = ("title", "face_value", "threshold")
OF_PIECE = ("content_title", "content_summary", "content_price")
# Where a notice's words stand in a campaign's document, by channel.
_NOTICES = (
    (Channel.TEMPLATE, "template"),
    (Channel.SUBSCRIPTION_NOTICE, "subscription"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a document does not say itself: who sends, what is offered, how many get it, when.

    sends_at, ends_at  when the first and the last message goes; None: unknown, nothing that ends
                       is looked at
    """

    sender: Sender = NOBODY
    offer: Offer | None = None
    audience: int | None = None
    sends_at: datetime | None = None
    ends_at: datetime | None = None
    zone: ZoneInfo = SHANGHAI


def content_draft(content: Content, facts: Facts | None = None) -> Draft:
    """A piece of content as the linter sees it. What is no message goes by no channel."""
    facts = facts or Facts()
    links = tuple(
        one for one in (content.link, *content.pictures) if one and not one.startswith("media:")
    )
    return Draft(
        parts=parts_of(content),
        channel=content.channel,
        purpose=content.purpose.value,
        variables=variables_of(content),
        sender=facts.sender,
        scene=content.scene,
        links=links,
        offer=replace(_offer_of(content, facts.offer), title=""),
        sends_at=facts.sends_at,
        advert=content.kind is Kind.ADVERTISEMENT,
        zone=facts.zone,
    )


def parts_of(content: Content) -> dict[str, str]:
    """What is read of it, by the name of the field."""
    if content.fields:
        return dict(content.fields)
    if content.kind is Kind.MESSAGE:
        return {"text": content.text}
    parts = {"title": content.title, "summary": content.summary}
    return {name: text for name, text in parts.items() if text}


def variables_of(content: Content) -> dict[str, Variable]:
    """Those of the house, and those that the message declares."""
    declared = {name: Variable(name, kind) for name, kind in content.variables.items()}
    return {**HOUSE, **OF_CODE, **declared}


def _offer_of(content: Content, batch: Offer | None) -> Offer:
    """The earlier end and the smaller stock of the piece and the coupon batch that it is about."""
    own = Offer(content.title, content.valid_from, content.valid_until, content.stock)
    if batch is None:
        return own
    ends = [at for at in (own.valid_until, batch.valid_until) if at is not None]
    begins = [at for at in (own.valid_from, batch.valid_from) if at is not None]
    counts = [one for one in (own.stock, batch.stock) if one is not None]
    return Offer(
        batch.title,
        max(begins, default=None),
        min(ends, default=None),
        min(counts, default=None),
    )


# --- campaigns ---------------------------------------------------------------------------------


def lint_campaign(
    document: Mapping[str, Any], facts: Facts, check_link: CheckLink | None = None
) -> list[Finding]:
    """Every text of a campaign's document, on every channel that it may go by; the worst first.

    document   one that was read and checked, as `Definition.document` writes it

    The part of a finding is the field of the document: variants[1].text, reminder.fields.thing1.
    One place is told once, whichever channels it offends on.
    """
    found: dict[tuple[str, str, int], Finding] = {}
    for path, draft in campaign_drafts(document, facts):
        for one in located(lint(draft, check_link), path):
            found.setdefault((one.rule, one.part, one.start), one)
    return ordered(found.values())


def campaign_drafts(document: Mapping[str, Any], facts: Facts) -> Iterator[tuple[str, Draft]]:
    """(path of what holds the parts, the message) of each message that a campaign may send."""
    base = _base(document, facts)
    named = document.get("channels") or [Channel.CUSTOMER_SERVICE]
    channels = list(Channel) if named == "auto" else [str(one) for one in named]
    for path, text in _texts(document):
        for channel in channels:
            if channel not in (Channel.TEMPLATE, Channel.SUBSCRIPTION_NOTICE, Channel.MENU):
                yield path, replace(base, parts={"text": text}, channel=channel)
    for channel, name in _NOTICES:
        if document.get(name) and (channel in channels):
            yield f"{name}.fields", _notice(base, document[name], channel)
    if document.get("one_time") and Channel.ONE_TIME in channels:
        parts = {"title": str(document["one_time"].get("title", ""))}
        yield "one_time", replace(base, parts=parts, channel=Channel.ONE_TIME)
    if document.get("reminder"):
        yield "reminder.fields", _reminder(base, document["reminder"])


def _base(document: Mapping[str, Any], facts: Facts) -> Draft:
    has_offer, has_piece = bool(document.get("offer")), bool(document.get("content"))
    leads = has_offer or has_piece or bool(document.get("url"))
    always = {
        **dict.fromkeys(OF_OFFER, has_offer),
        **dict.fromkeys(OF_PIECE, has_piece),
        "link": leads,
    }
    variables = {name: replace(HOUSE[name], always=there) for name, there in always.items()}
    if facts.offer is not None and facts.offer.title:
        title = facts.offer.title
        variables["title"] = replace(variables["title"], longest=title, sample=title)
    return Draft(
        parts={},
        purpose=str(document.get("purpose", "marketing")),
        variables=variables,
        sender=facts.sender,
        links=(str(document["url"]),) if document.get("url") else (),
        offer=facts.offer,
        audience=facts.audience,
        sends_at=facts.sends_at,
        ends_at=facts.ends_at,
        zone=facts.zone,
    )


def _texts(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    variants: Sequence[Mapping[str, Any]] = document.get("variants") or ()
    for at, variant in enumerate(variants):
        yield f"variants[{at}]", str(variant.get("text", ""))
    if not variants:
        yield "", str(document.get("text", ""))


def _notice(base: Draft, notice: Mapping[str, Any], channel: Channel) -> Draft:
    return replace(base, parts=_fields(notice), channel=channel, scene=str(notice.get("scene", "")))


def _reminder(base: Draft, reminder: Mapping[str, Any]) -> Draft:
    """What reminds of a coupon that somebody holds: a service, after the offer was given out."""
    return replace(
        base,
        parts=_fields(reminder),
        channel=Channel.TEMPLATE,
        purpose="service",
        variables={**base.variables, **OF_CODE},
        offer=replace(base.offer, valid_from=None, valid_until=None, stock=None)
        if base.offer
        else None,
        links=(),
    )


def _fields(notice: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(text) for name, text in (notice.get("fields") or {}).items()}
