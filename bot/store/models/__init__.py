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
from bot.store.models.background import BackgroundFile, BackgroundPart, BackgroundTask
from bot.store.models.base import Table, database
from bot.store.models.campaigning import (
    CampaignApproval,
    CampaignBudget,
    CampaignRecurrence,
    CampaignRule,
    CampaignTester,
    TrialSend,
)
from bot.store.models.channels import Carried, Entitlement, MassBatch, QuotaLook
from bot.store.models.collection import (
    Figure,
    Listing,
    PlatformTag,
    PlatformTagging,
    Quarantine,
    RateWindow,
    SyncRun,
)
from bot.store.models.content import Content, ContentTerm, ContentVersion
from bot.store.models.effects import EffectPrice, PostMortem, SourceCost, WeekDigest
from bot.store.models.engine import SendBrake, SendPace, SendProgress, SendRest, SendSheet
from bot.store.models.experiments import (
    Experiment,
    ExperimentGroup,
    ExperimentPage,
    ExperimentRun,
)
from bot.store.models.house import ApiKey, Erasure, JobRun, Lease, Secret, Suppression
from bot.store.models.identities import (
    Identity,
    IdentityConflict,
    IdentityHead,
    IdentityJoin,
)
from bot.store.models.imports import ImportMapping, ImportReject, ImportRejectName, ImportRun
from bot.store.models.insight import InsightModel, Prediction
from bot.store.models.journeys import (
    Journey,
    JourneyCall,
    JourneyCursor,
    JourneyPassed,
    JourneyRun,
    JourneyVersion,
)
from bot.store.models.offers import (
    CouponAttempt,
    CouponBasket,
    CouponBatch,
    CouponCode,
    CouponNotice,
    CouponRemote,
    CouponRule,
    CouponStock,
    CouponTill,
    CouponUse,
)
from bot.store.models.operators import ConsoleSession, Operator, OperatorRole
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
from bot.store.models.sending import Campaign, Click, Conversion, Generation, Link, Send, SendMatch
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
    "BackgroundFile",
    "BackgroundPart",
    "BackgroundTask",
    "Campaign",
    "CampaignApproval",
    "CampaignBudget",
    "CampaignRecurrence",
    "CampaignRule",
    "CampaignTester",
    "Carried",
    "Click",
    "Consent",
    "ConsoleSession",
    "Content",
    "ContentTerm",
    "ContentVersion",
    "Conversion",
    "CouponAttempt",
    "CouponBasket",
    "CouponBatch",
    "CouponCode",
    "CouponNotice",
    "CouponRemote",
    "CouponRule",
    "CouponStock",
    "CouponTill",
    "CouponUse",
    "Dialogue",
    "EffectPrice",
    "Entitlement",
    "Erasure",
    "Event",
    "Example",
    "Experiment",
    "ExperimentGroup",
    "ExperimentPage",
    "ExperimentRun",
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
    "InsightModel",
    "JobRun",
    "Journey",
    "JourneyCall",
    "JourneyCursor",
    "JourneyPassed",
    "JourneyRun",
    "JourneyVersion",
    "LearntModel",
    "Lease",
    "Link",
    "Listing",
    "MassBatch",
    "Operator",
    "OperatorRole",
    "PlatformTag",
    "PlatformTagging",
    "PostMortem",
    "Prediction",
    "Profile",
    "ProfileBase",
    "ProfileQuantile",
    "Quarantine",
    "Quota",
    "QuotaLook",
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
    "SendBrake",
    "SendMatch",
    "SendPace",
    "SendProgress",
    "SendRest",
    "SendSheet",
    "ShadowAnswer",
    "SourceCost",
    "Suggestion",
    "Suppression",
    "SyncRun",
    "Table",
    "TalkDocument",
    "TalkVersion",
    "TopicChoice",
    "TrialSend",
    "WeekDigest",
    "database",
]

TABLES: tuple[type[Table], ...] = tuple(Table.__subclasses__())
