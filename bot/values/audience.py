"""People and sends, as the deciding code sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.values.entities import Entity


class Purpose(StrEnum):
    """Why a message goes out. Caps and quiet hours bind marketing; service answers an own act."""

    MARKETING = "marketing"
    SERVICE = "service"


class Channel(StrEnum):
    """How a message travels; what each asks for: bot.channels.registry."""

    PASSIVE_REPLY = "passive_reply"
    CUSTOMER_SERVICE = "customer_service"
    TEMPLATE = "template"
    SUBSCRIPTION_NOTICE = "subscription_notice"
    ONE_TIME = "one_time"
    MASS_LIST = "mass_list"
    MASS_TAG = "mass_tag"
    MENU = "menu"


class CampaignKind(StrEnum):
    """What a row of the campaign table is.

    JOURNEY   the standing campaign of one action of a journey: followers come one by one, each
              entry into the journey is a generation of its ledger rows, and it never ends itself
    """

    PUSH = "push"
    JOURNEY = "journey"


class SendState(StrEnum):
    """A ledger row's life. Everything but the first two is final for the closing sum."""

    INTENDED = "intended"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    HELD_OUT = "held_out"


class Skip(StrEnum):
    """Why a permitted audience member still gets nothing. Recorded once, final for the send."""

    ERASED = "erased"
    UNSUBSCRIBED = "unsubscribed"
    OPTED_OUT = "opted_out"
    BLACKLISTED = "blacklisted"
    NO_CONSENT = "no_consent"
    TOPIC_REFUSED = "topic_refused"
    FREQUENCY_CAP = "frequency_cap"
    QUIET_HOURS = "quiet_hours"
    NO_CHANNEL = "no_channel"
    QUOTA = "quota"
    NO_STOCK = "no_stock"
    PERSON_LIMIT = "person_limit"
    ALREADY_REDEEMED = "already_redeemed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    GLOBAL_CONTROL = "global_control"
    OUTRANKED = "outranked"
    REST = "rest"
    VARIETY = "variety"
    BUDGET = "budget"
    NO_CONTENT = "no_content"
    LEFT_JOURNEY = "left_journey"
    ELSEWHERE = "elsewhere"
    NO_OFFER = "no_offer"  # of several offers, none is worth sending to them


class WindowKind(StrEnum):
    """Which act opened the customer-service window."""

    MESSAGE = "message"
    CLICK = "click"
    SUBSCRIBE = "subscribe"
    SCAN = "scan"


@dataclass(frozen=True, slots=True)
class FollowerState:
    """What handlers and permission checks need to know of one follower. No openid on purpose."""

    id: int
    account_id: int
    subscribed: bool = True
    marketing_consent: bool = True
    personalised: bool = True
    opted_out_at: datetime | None = None
    blacklisted: bool = False
    erased_at: datetime | None = None
    language: str = "zh"
    stage: str = "new"
    source_scene: str = ""
    last_inbound_at: datetime | None = None
    window_kind: str = ""
    window_until: datetime | None = None
    window_left: int = 0
    created_at: datetime | None = None
    held_by: str = ""  # who owns the chat: "" the bot, "queue" a person was asked, "agent"
    held_until: datetime | None = None

    def owner(self, now: datetime) -> str:
        """Who may speak at `now`: "" the bot, queue or agent."""
        return self.held_by if self.held_until is not None and self.held_until > now else ""


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a text is about. Facts of the event, so that the profile is a fold of the log.

    topics  topic -> weight in 0..1, by the topic lexicon
    word    the command word that the whole text is ("" if none): coupon, opt_out, opt_in, help ...

    By the model, where one is active (docs/explanation/understanding.md):

    intent      the likeliest intent, "" without a model
    confidence  its probability in 0..1
    second      the next likely one and its probability
    refused     out of scope: nothing that the house has an answer for

    sentiment -1..1 and anger 0..1 are of the words alone; `plain` is the normalised text.
    """

    text: str
    topics: dict[str, float]
    word: str = ""
    plain: str = ""
    intent: str = ""
    confidence: float = 0.0
    second: tuple[str, float] | None = None
    refused: bool = False
    sentiment: float = 0.0
    anger: float = 0.0
    entities: tuple[Entity, ...] = ()
    corrected: str = ""  # `plain` with its typos put right, "" where nothing was
