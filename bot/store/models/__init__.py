"""The schema, a room a file. Only bot.store imports it; others call named queries.

Instants are UTC milliseconds, money is integer fen, personal data stands in sealed columns, and an
openid is found by its keyed hash. `bot/store/migrations` holds frozen copies of these definitions.
"""

from __future__ import annotations

from bot.store.models.accounts import AccessToken, Account, Quota
from bot.store.models.attributes import AttributeType
from bot.store.models.audience import (
    Segment,
    SegmentChange,
    SegmentDirty,
    SegmentListed,
    SegmentMember,
    SegmentModel,
    SegmentPin,
    SegmentVersion,
    SegmentWatch,
)
from bot.store.models.base import Table, database
from bot.store.models.collection import (
    Figure,
    Listing,
    PlatformTag,
    PlatformTagging,
    Quarantine,
    RateWindow,
    SyncRun,
)
from bot.store.models.house import ApiKey, Erasure, JobRun, Lease, Secret, Suppression
from bot.store.models.identities import (
    Identity,
    IdentityConflict,
    IdentityHead,
    IdentityJoin,
)
from bot.store.models.imports import ImportMapping, ImportReject, ImportRejectName, ImportRun
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
from bot.store.models.rebuilding import RebuildRange, RebuildRun
from bot.store.models.rights import (
    AuditEntry,
    AuditHead,
    Consent,
    ProfileBase,
    ProfileQuantile,
    RetentionMark,
    TopicChoice,
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
    "AttributeType",
    "AuditEntry",
    "AuditHead",
    "Campaign",
    "Click",
    "Consent",
    "Conversion",
    "CouponBatch",
    "CouponCode",
    "Dialogue",
    "Erasure",
    "Event",
    "Example",
    "Figure",
    "Follower",
    "FollowerAttribute",
    "FollowerInterest",
    "FollowerTag",
    "Generation",
    "Handoff",
    "Identity",
    "IdentityConflict",
    "IdentityHead",
    "IdentityJoin",
    "ImportMapping",
    "ImportReject",
    "ImportRejectName",
    "ImportRun",
    "Inbox",
    "JobRun",
    "LearntModel",
    "Lease",
    "Link",
    "Listing",
    "PlatformTag",
    "PlatformTagging",
    "Profile",
    "ProfileBase",
    "ProfileQuantile",
    "Quarantine",
    "Quota",
    "RateWindow",
    "RebuildRange",
    "RebuildRun",
    "RetentionMark",
    "Secret",
    "Segment",
    "SegmentChange",
    "SegmentDirty",
    "SegmentListed",
    "SegmentMember",
    "SegmentModel",
    "SegmentPin",
    "SegmentVersion",
    "SegmentWatch",
    "Send",
    "ShadowAnswer",
    "Suggestion",
    "Suppression",
    "SyncRun",
    "Table",
    "TalkDocument",
    "TalkVersion",
    "TopicChoice",
    "database",
]

TABLES: tuple[type[Table], ...] = tuple(Table.__subclasses__())
