"""The ways a message can travel, and what the platform asks of each: docs/reference/channels.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.values.audience import Channel, Purpose

A_MONTH_EACH = 4  # mass messages of a service account to one follower in a calendar month


class Form(StrEnum):
    """How a channel carries: a call for each, for a list of openids, for a tag; or no call of ours
    at all, as it answers the follower's own act."""

    ONE = "one"
    LIST = "list"
    TAG = "tag"
    ANSWER = "answer"


class Right(StrEnum):
    """What a follower must have given before the channel reaches them.

    WINDOW   an act of theirs that opened the customer-service window
    TOKEN    an acceptance of this very template: one for each message
    MONTHLY  nothing, but the platform lets so many a calendar month through
    """

    NONE = "none"
    WINDOW = "window"
    TOKEN = "token"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class Way:
    """What planning, permission, sending and repair need to know of a channel.

    api             the platform's name of the call; its daily quota is counted under it; "" none
    daily_limit     the documented default of a new account; the platform may grant more
    duplicate_span  how long the platform drops a repeat with the same id; None: it never does
    rule            why a purpose that is not in `purposes` may not travel this way
    duplicate_key   the field that carries that id, "" for none
    receipts        kinds of the events by which the platform tells the outcome; none: nothing does
    cost_fen        what one message costs, where the account has not said otherwise
    takes           from the accepted call to the phone, as a rule
    most, least     openids in one call
    wants           the part of a campaign's document that says what is sent; "" the text is enough
    """

    channel: Channel
    purposes: frozenset[Purpose]
    needs_window: bool
    api: str
    daily_limit: int
    duplicate_span: timedelta | None
    rule: str
    form: Form = Form.ONE
    right: Right = Right.NONE
    duplicate_key: str = ""
    receipts: tuple[str, ...] = ()
    cost_fen: int = 0
    takes: timedelta = timedelta(seconds=1)
    most: int = 1
    least: int = 1
    wants: str = ""
    kinds: frozenset[str] = field(default_factory=lambda: frozenset({"service", "test"}))

    @property
    def path(self) -> str:
        """The API's path, as the platform's quota call wants it."""
        return f"/cgi-bin/{self.api}" if self.api else ""

    @property
    def messages_a_day(self) -> int:
        """How many its calls of a day carry; 0 without calls."""
        return self.daily_limit * self.most

    @property
    def batched(self) -> bool:
        return self.form in (Form.LIST, Form.TAG)


BOTH = frozenset(Purpose)
ADVERTS = frozenset({Purpose.MARKETING})
EVERYWHERE = frozenset({"service", "subscription", "test"})
MASS_RULE = (
    "a mass message is the same for all and asked for by nobody: notices of orders, payments and"
    " bookings go to the one they are for (微信公众平台群发消息)"
)

PASSIVE_REPLY = Way(
    Channel.PASSIVE_REPLY,
    BOTH,
    needs_window=False,
    api="",
    daily_limit=0,
    duplicate_span=None,
    rule="",
    form=Form.ANSWER,
    takes=timedelta(),
    kinds=EVERYWHERE,
)
CUSTOMER_SERVICE = Way(
    Channel.CUSTOMER_SERVICE,
    BOTH,
    needs_window=True,
    api="message/custom/send",
    daily_limit=500_000,
    duplicate_span=None,
    rule="",
    right=Right.WINDOW,
    kinds=EVERYWHERE,
)
TEMPLATE = Way(
    Channel.TEMPLATE,
    frozenset({Purpose.SERVICE}),
    needs_window=False,
    api="message/template/send",
    daily_limit=100_000,
    duplicate_span=timedelta(minutes=10),
    rule=(
        "a template message is a service notice that the follower's own act asked for: no"
        " marketing, no coupons (微信公众平台模板消息运营规范)"
    ),
    duplicate_key="client_msg_id",
    receipts=("delivery.template",),
    wants="template",
)
SUBSCRIPTION_NOTICE = Way(
    Channel.SUBSCRIPTION_NOTICE,
    BOTH,
    needs_window=False,
    api="message/subscribe/bizsend",
    daily_limit=100_000,
    duplicate_span=None,
    rule="",
    right=Right.TOKEN,
    receipts=("subscription.sent",),
    wants="subscription",
)
ONE_TIME = Way(
    Channel.ONE_TIME,
    BOTH,
    needs_window=False,
    api="message/template/subscribe",
    daily_limit=100_000,
    duplicate_span=None,
    rule="",
    right=Right.TOKEN,
    wants="one_time",
    kinds=EVERYWHERE,
)
MASS_LIST = Way(
    Channel.MASS_LIST,
    ADVERTS,
    needs_window=False,
    api="message/mass/send",
    daily_limit=100,
    duplicate_span=timedelta(hours=24),
    rule=MASS_RULE,
    form=Form.LIST,
    right=Right.MONTHLY,
    duplicate_key="clientmsgid",
    receipts=("delivery.mass",),
    takes=timedelta(minutes=5),
    most=10_000,
    least=2,
    kinds=frozenset({"service"}),
)
MASS_TAG = Way(
    Channel.MASS_TAG,
    ADVERTS,
    needs_window=False,
    api="message/mass/send",  # counted together with the calls by list
    daily_limit=100,
    duplicate_span=timedelta(hours=24),
    rule=MASS_RULE,
    form=Form.TAG,
    right=Right.MONTHLY,
    duplicate_key="clientmsgid",
    receipts=("delivery.mass",),
    takes=timedelta(minutes=5),
    most=10_000,
    kinds=frozenset({"service", "subscription"}),
)
MENU = Way(
    Channel.MENU,
    BOTH,
    needs_window=False,
    api="",
    daily_limit=0,
    duplicate_span=None,
    rule="",
    form=Form.ANSWER,
    takes=timedelta(),
    kinds=EVERYWHERE,
)
CHANNELS = {
    way.channel: way
    for way in (
        PASSIVE_REPLY,
        CUSTOMER_SERVICE,
        TEMPLATE,
        SUBSCRIPTION_NOTICE,
        ONE_TIME,
        MASS_LIST,
        MASS_TAG,
        MENU,
    )
}
BATCHED = frozenset(way.channel for way in CHANNELS.values() if way.batched)
ANSWERING = frozenset(way.channel for way in CHANNELS.values() if way.form is Form.ANSWER)
TOKENED = frozenset(way.channel for way in CHANNELS.values() if way.right is Right.TOKEN)
# Carried by a call of ours for each follower.
BY_CALL = frozenset(CHANNELS) - BATCHED - ANSWERING
