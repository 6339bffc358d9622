"""Everything that is held of one person, read for that person.

Whoever adds a table with a follower in it adds it here and to bot.store.privacy, which forgets; a
test compares the two with the schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.errors import NotFound
from bot.store import identity_names, import_rejects, predictions
from bot.store.db import fetch
from bot.store.models import (
    CampaignTester,
    Carried,
    ChatStar,
    Click,
    Consent,
    Conversion,
    CouponBatch,
    CouponCode,
    Dialogue,
    Entitlement,
    Event,
    Follower,
    FollowerAttribute,
    FollowerInterest,
    FollowerTag,
    Handoff,
    IdentityConflict,
    IdentityJoin,
    Inbox,
    Journey,
    JourneyCall,
    JourneyRun,
    Link,
    Listing,
    PlatformTag,
    PlatformTagging,
    Profile,
    ProfileBase,
    Quarantine,
    Segment,
    SegmentChange,
    SegmentListed,
    SegmentMember,
    SegmentPin,
    Send,
    TopicChoice,
    TrialSend,
)

_STAFF = ("actor", "reason", "undone_by")  # who of the house decided it, and in what words


@dataclass(frozen=True, slots=True)
class Held:
    """What is held, in brief, for an answer in the chat."""

    events: int
    topics: tuple[str, ...]  # the strongest first, at most five
    attributes: tuple[str, ...]  # names
    tags: int
    coupons: int


def in_brief(follower_id: int) -> Held:
    """Counts and topics; of a follower who left no trace all are 0."""

    def count(table: str) -> int:
        return int(
            fetch(f"SELECT COUNT(*) FROM {table} WHERE follower_id = ?", (follower_id,))[0][0]
        )

    topics = fetch(
        "SELECT topic FROM follower_interest WHERE follower_id = ? ORDER BY level DESC LIMIT 5",
        (follower_id,),
    )
    names = fetch(
        "SELECT name FROM follower_attribute WHERE follower_id = ? ORDER BY name", (follower_id,)
    )
    return Held(
        events=count("event"),
        topics=tuple(row[0] for row in topics),
        attributes=tuple(row[0] for row in names),
        tags=count("follower_tag"),
        coupons=count("coupon_code"),
    )


def everything(follower_id: int) -> dict[str, Any]:
    """All that is held of a follower, opened, as plain JSON. Raises NotFound."""
    person = Follower.select().where(Follower.id == follower_id).dicts().first()
    if person is None:
        raise NotFound(f"there is no follower {follower_id}")
    for inner in (
        "openid_hash",
        "unionid_hash",
        "busy_event",
        "busy_until",
        "held_by",
        "held_until",
    ):
        del person[inner]
    mine = {
        "attributes": _rows(FollowerAttribute, follower_id),
        "tags": _rows(FollowerTag, follower_id),
        "interests": _rows(FollowerInterest, follower_id),
        "predictions": predictions.told(follower_id),
        "profile": _rows(Profile, follower_id),
        "profile_base": _rows(ProfileBase, follower_id),
        "consents": _rows(Consent, follower_id),
        "topic_choices": _rows(TopicChoice, follower_id),
        "dialogue": _rows(Dialogue, follower_id),
        "handoffs": _rows(Handoff, follower_id),
        "chat_star": _without(_rows(ChatStar, follower_id), ("starred_by", "account")),
        "events": _events(follower_id),
        "segments": _segments(SegmentMember, follower_id),
        "segment_changes": _segments(SegmentChange, follower_id),
        "segment_pins": _segments(SegmentPin, follower_id),
        "segment_lists": _segments(SegmentListed, follower_id),
        "rejected_rows": import_rejects.of(follower_id),
        "journeys": _journeys(follower_id),
        "webhooks": _rows(JourneyCall, follower_id),
        "coupons": _coupons(follower_id),
        "sends": _rows(Send, follower_id),
        "notice_rights": _without(_rows(Entitlement, follower_id), ("dedupe",)),
        "offers_in_answers": _rows(Carried, follower_id),
        "tester": _rows(CampaignTester, follower_id),
        "tests_received": _without(_rows(TrialSend, follower_id), ("actor",)),
        "clicks": _clicks(follower_id),
        "conversions": _conversions(follower_id),
        "listings": _rows(Listing, follower_id),
        "platform_tags": _platform_tags(follower_id),
        "refused_reports": _rows(Quarantine, follower_id),
        "identities": identity_names.held(follower_id),
        "identity_joins": _without(_rows(IdentityJoin, follower_id), _STAFF),
        "identity_conflicts": _rows(IdentityConflict, follower_id),
    }
    return {"follower": _plain(person), **{k: [_plain(r) for r in v] for k, v in mine.items()}}


def _without(rows: list[dict[str, Any]], names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in row if name not in names} for row in rows]


def _rows(table: Any, follower_id: int) -> list[dict[str, Any]]:
    return list(table.select().where(table.follower == follower_id).dicts())


def _platform_tags(follower_id: int) -> list[dict[str, Any]]:
    query: Any = (
        PlatformTagging.select(PlatformTag.name, PlatformTagging.at)
        .join(PlatformTag)
        .where(PlatformTagging.follower == follower_id)
    )
    return list(query.dicts())


def _events(follower_id: int) -> list[dict[str, Any]]:
    query: Any = (
        Event.select(
            Event.kind,
            Event.at,
            Event.received_at,
            Event.source,
            Event.facts,
            Event.sealed,
            Inbox.handler,
            Inbox.reason,
            Inbox.reply,
        )
        .left_outer_join(Inbox, on=(Inbox.event == Event.id))
        .where(Event.follower == follower_id)
        .order_by(Event.at, Event.id)
    )
    return list(query.dicts())


def _segments(table: Any, follower_id: int) -> list[dict[str, Any]]:
    query = table.select(table, Segment.slug, Segment.name).join(Segment)
    return list(query.where(table.follower == follower_id).dicts())


def _journeys(follower_id: int) -> list[dict[str, Any]]:
    query: Any = JourneyRun.select(JourneyRun, Journey.slug, Journey.name).join(Journey)
    return list(query.where(JourneyRun.follower == follower_id).dicts())


def _coupons(follower_id: int) -> list[dict[str, Any]]:
    code = CouponCode
    query: Any = (
        code.select(
            CouponBatch.title,
            code.code,
            code.state,
            code.issued_at,
            code.expires_at,
            code.claimed_at,
            code.redeemed_at,
            code.order_number,
            code.amount_fen,
        )
        .join(CouponBatch)
        .where(code.follower == follower_id)
    )
    return list(query.dicts())


def _clicks(follower_id: int) -> list[dict[str, Any]]:
    query: Any = Click.select(Click.at, Link.url, Click.automatic).join(Link)
    return list(query.where(Click.follower == follower_id).dicts())


def _conversions(follower_id: int) -> list[dict[str, Any]]:
    query: Any = Conversion.select(Conversion.at, Conversion.amount_fen).join(Send)
    return list(query.where(Send.follower == follower_id).dicts())


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row.items()}
