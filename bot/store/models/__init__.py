"""The schema, a room a file. Only bot.store imports it; others call named queries.

Instants are UTC milliseconds, money is integer fen, personal data stands in sealed columns, and an
openid is found by its keyed hash. `bot/store/migrations` holds frozen copies of these definitions.
"""

from __future__ import annotations

from bot.store.models.accounts import AccessToken, Account, Quota
from bot.store.models.audience import Segment, SegmentChange, SegmentDirty, SegmentMember
from bot.store.models.base import Table, database
from bot.store.models.house import ApiKey, Erasure, JobRun, Lease, Secret, Suppression
from bot.store.models.offers import CouponBatch, CouponCode
from bot.store.models.people import (
    Dialogue,
    Event,
    Follower,
    FollowerAttribute,
    FollowerInterest,
    FollowerTag,
    Inbox,
    Profile,
)
from bot.store.models.sending import Campaign, Click, Conversion, Generation, Link, Send
from bot.store.models.talk import (
    Example,
    Handoff,
    LearntModel,
    ShadowAnswer,
    Suggestion,
    TalkDocument,
    TalkVersion,
)

__all__ = [
    "TABLES",
    "AccessToken",
    "Account",
    "ApiKey",
    "Campaign",
    "Click",
    "Conversion",
    "CouponBatch",
    "CouponCode",
    "Dialogue",
    "Erasure",
    "Event",
    "Example",
    "Follower",
    "FollowerAttribute",
    "FollowerInterest",
    "FollowerTag",
    "Generation",
    "Handoff",
    "Inbox",
    "JobRun",
    "LearntModel",
    "Lease",
    "Link",
    "Profile",
    "Quota",
    "Secret",
    "Segment",
    "SegmentChange",
    "SegmentDirty",
    "SegmentMember",
    "Send",
    "ShadowAnswer",
    "Suggestion",
    "Suppression",
    "Table",
    "TalkDocument",
    "TalkVersion",
    "database",
]

TABLES: tuple[type[Table], ...] = tuple(Table.__subclasses__())
