"""The schema, on one page a room. Only bot.store imports it; others call named queries.

Instants are UTC milliseconds, money is integer fen, personal data stands in sealed columns, and an
openid is found by its keyed hash. `bot/store/migrations` holds frozen copies of these definitions.
"""

from __future__ import annotations

from typing import Any

from peewee import (
    SQL,
    AutoField,
    BigAutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CharField,
    DatabaseProxy,
    DoubleField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)

from bot.store.fields import InstantField, JSONText, SealedField, SealedJSON

database: Any = DatabaseProxy()


class Table(Model):
    class Meta:
        database = database
        legacy_table_names = False


# --- accounts and the platform -----------------------------------------------------------------


class Account(Table):
    """An official account. `default` takes its secrets from the settings, others from here."""

    id = AutoField()
    slug = CharField(32, unique=True)
    appid = CharField(32, unique=True)
    original_id = CharField(32, default="")  # gh_..., learnt from the first callback if absent
    kind = CharField(16, default="service")  # service, subscription, test
    appsecret = SealedField(null=True)
    token = SealedField(null=True)
    aes_key = SealedField(null=True)
    previous_aes_key = SealedField(null=True)
    timezone = CharField(40, default="Asia/Shanghai")
    created_at = InstantField()


class AccessToken(Table):
    """The one shared access token of an app, with its expiry; `version` grows at each refresh."""

    appid = CharField(32, primary_key=True)
    token = SealedField(null=True)
    expires_at = InstantField(default=0)
    version = IntegerField(default=0)
    failures = IntegerField(default=0)  # fetches that failed in a row
    failed_at = InstantField(null=True)
    failure = TextField(default="")


class Quota(Table):
    """Calls counted against a platform limit. `period`: the day or month in the account's zone."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    api = CharField(64)
    period = CharField(10)
    used = IntegerField(default=0)
    limit = IntegerField()
    source = CharField(16, default="documented")  # documented, platform, console

    class Meta:
        indexes = ((("account", "api", "period"), True),)


# --- followers and what they did ---------------------------------------------------------------


class Follower(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    openid_hash = CharField(32)
    openid = SealedField(null=True)  # gone after erasure
    unionid_hash = CharField(32, null=True, index=True)
    unionid = SealedField(null=True)
    subscribed = BooleanField(default=False)
    subscribed_at = InstantField(null=True)
    unsubscribed_at = InstantField(null=True)
    source_scene = CharField(64, default="")
    language = CharField(8, default="zh")
    marketing_consent = BooleanField(default=True)
    personalised = BooleanField(default=True)
    opted_out_at = InstantField(null=True)
    blacklisted = BooleanField(default=False)
    erased_at = InstantField(null=True)
    stage = CharField(16, default="new")  # new, active, customer, loyal, sleeping, gone
    last_inbound_at = InstantField(null=True)
    window_kind = CharField(16, default="")
    window_until = InstantField(null=True)
    window_left = IntegerField(default=0)
    busy_event = BigIntegerField(null=True)  # the inbox row that holds this follower
    busy_until = InstantField(null=True)
    held_by = CharField(8, default="")  # who owns the chat: "" the bot, queue, agent
    held_until = InstantField(null=True)
    created_at = InstantField()

    class Meta:
        indexes = ((("account", "openid_hash"), True),)


# Chats that a person holds or is asked for; few at any time.
Follower.add_index(Follower.held_until, where=(Follower.held_by != ""), name="follower_held")


class Event(Table):
    """The log: append only. `facts` is plain and impersonal, `sealed` holds the personal rest."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, null=True, on_delete="CASCADE", index=False)
    kind = CharField(32)
    at = InstantField()
    received_at = InstantField()
    source = CharField(16)  # callback, handler, tracking, order, import, miniprogram, wecom
    dedupe = CharField(32, unique=True)
    facts = JSONText(default=dict)
    sealed = SealedJSON(null=True)
    folded = BooleanField(default=False)  # bookkeeping of the profile fold, not a fact

    class Meta:
        # (kind, at): who leaves "within 30 days" is found at the moved edge, not by a full pass
        indexes = ((("follower", "kind", "at"), False), (("kind", "at"), False))


# What the fold has not seen yet; as small as the backlog where the engine has partial indexes.
Event.add_index(Event.id, where=(Event.folded == SQL("FALSE")), name="event_unfolded")


class Inbox(Table):
    """How the handling of one callback event went. `state`: see bot.store.inbox."""

    event = ForeignKeyField(Event, primary_key=True, on_delete="CASCADE")
    state = CharField(8)  # open, done, failed, dead
    lease_until = InstantField(null=True)
    attempts = IntegerField(default=0)
    handler = CharField(64, default="")
    reply = SealedJSON(null=True)
    answer = CharField(8, default="")  # passive, none, late, sending, sent, lost, unknown
    repeats = IntegerField(default=0)
    handled_ms = IntegerField(null=True)
    error = TextField(default="")
    reason = TextField(default="")  # why this handler took it
    trace = JSONText(default=list)  # each step of the decision: [step, handler, took, why]


Inbox.add_index(
    Inbox.event,
    where=(Inbox.state.in_(("open", "failed")) | Inbox.answer.in_(("late", "sending"))),
    name="inbox_unfinished",
)


class Dialogue(Table):
    """A question put to a follower that waits for its answer."""

    follower = ForeignKeyField(Follower, primary_key=True, on_delete="CASCADE")
    name = CharField(32)
    state = JSONText(default=dict)
    sealed = SealedJSON(null=True)  # what people typed into a form
    expires_at = InstantField()


class Profile(Table):
    """The fold of a follower's events; `state` is what bot.profile.fold keeps, in its own form."""

    follower = ForeignKeyField(Follower, primary_key=True, on_delete="CASCADE")
    state = JSONText(default=dict)
    version = IntegerField(default=0)
    first_seen_at = InstantField(null=True, index=True)
    last_seen_at = InstantField(null=True, index=True)
    messages = IntegerField(default=0)
    orders = IntegerField(default=0)
    redeemed = IntegerField(default=0)
    spent_fen = BigIntegerField(default=0)
    folded_at = InstantField(null=True)


class FollowerAttribute(Table):
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    name = CharField(32)
    text = CharField(190, default="")
    number = DoubleField(null=True)

    class Meta:
        indexes = ((("follower", "name"), True), (("name", "text"), False))
        primary_key = False


class FollowerTag(Table):
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    tag = CharField(64)
    weight = DoubleField(default=1.0)
    source = CharField(16, default="rule")
    since = InstantField()

    class Meta:
        indexes = ((("follower", "tag"), True), (("tag", "follower"), False))
        primary_key = False


class FollowerInterest(Table):
    """`level` is log2 of the decayed weight moved to the fixed epoch: decay needs no update."""

    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    topic = CharField(32)
    level = DoubleField()  # double: both evaluators of a rule must read the same bits

    class Meta:
        indexes = ((("follower", "topic"), True), (("topic", "level"), False))
        primary_key = False


# --- the conversation --------------------------------------------------------------------------


class TalkVersion(Table):
    """Grows with every change of what an account says, so that processes know when to look."""

    account = ForeignKeyField(Account, primary_key=True, on_delete="CASCADE")
    number = IntegerField(default=1)


class TalkDocument(Table):
    """What marketers edit. `kind`: rule, intent, faq, form, entity, setting."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    stage = CharField(8)  # live, draft, previous
    kind = CharField(8)
    slug = CharField(64)
    document = JSONText()
    origin = CharField(80, default="")  # "pack NAME FINGERPRINT" while it is as a pack gave it
    updated_at = InstantField()

    class Meta:
        indexes = ((("account", "stage", "kind", "slug"), True),)


class Example(Table):
    """A text with its intent, to learn from. A follower's own words go with their event."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    stage = CharField(8)
    intent = CharField(64)
    text = SealedField()
    text_hash = CharField(32)
    source = CharField(8, default="marketer")  # pack, marketer, traffic
    event = ForeignKeyField(Event, null=True, on_delete="CASCADE")  # the message it was, if any

    class Meta:
        indexes = (
            (("account", "stage", "text_hash"), True),
            (("account", "stage", "intent"), False),
        )


class LearntModel(Table):
    """A model of texts, whole: every process of every machine loads it from here."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(16)  # intent
    state = CharField(8)  # new, shadow, active, retired
    fingerprint = CharField(64)  # of the data it was learnt from
    file_hash = CharField(64)
    metrics = JSONText(default=dict)
    content = BlobField()
    made_at = InstantField()
    active_from = InstantField(null=True)

    class Meta:
        indexes = ((("account", "kind", "state"), False),)


class Handoff(Table):
    """One time that a person was asked for."""

    id = BigAutoField()
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    asked_at = InstantField()
    why = CharField(64)
    agent = CharField(64, default="")
    accepted_at = InstantField(null=True)
    ended_at = InstantField(null=True)
    outcome = CharField(16, default="")  # closed, timed_out, released, left

    class Meta:
        indexes = ((("follower", "asked_at"), False),)


class ShadowAnswer(Table):
    """Where a set of documents or a model on trial would have decided otherwise."""

    event = ForeignKeyField(Event, primary_key=True, on_delete="CASCADE")
    account = ForeignKeyField(Account, on_delete="CASCADE")
    trial = CharField(64)  # which draft or model
    live = CharField(96)
    shadow = CharField(96)
    at = InstantField()


class Suggestion(Table):
    """Messages that nothing answered, grouped: what they could become."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    made_at = InstantField()
    kind = CharField(8)  # rule, intent, example
    intent = CharField(64, default="")  # the nearest one
    size = IntegerField()
    coverage = DoubleField()  # share of the unanswered messages
    sealed = SealedJSON()  # ids of the events, keywords, a draft of an answer
    state = CharField(10, default="open")  # open, accepted, dismissed

    class Meta:
        indexes = ((("account", "state", "size"), False),)


# --- segments ----------------------------------------------------------------------------------


class Segment(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    slug = CharField(64)
    name = CharField(64)
    rule = JSONText()
    version = IntegerField(default=1)
    size = IntegerField(default=0)
    built_version = IntegerField(default=0)  # the version that the members fit
    defined_at = InstantField(null=True)  # when this version was
    refreshed_at = InstantField(null=True)
    refresh_ms = IntegerField(null=True)
    error = TextField(default="")

    class Meta:
        indexes = ((("account", "slug"), True),)


class SegmentMember(Table):
    segment = ForeignKeyField(Segment, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, on_delete="CASCADE")
    since = InstantField()

    class Meta:
        indexes = ((("segment", "follower"), True),)
        primary_key = False


class SegmentChange(Table):
    id = BigAutoField()
    segment = ForeignKeyField(Segment, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, on_delete="CASCADE")
    at = InstantField()
    entered = BooleanField()
    reason = JSONText(default=dict)

    class Meta:
        indexes = ((("segment", "at"), False),)


class SegmentDirty(Table):
    """Followers whose profile changed since the segments last looked at them."""

    follower = ForeignKeyField(Follower, primary_key=True, on_delete="CASCADE")
    version = IntegerField(default=0)


# --- coupons -----------------------------------------------------------------------------------


class CouponBatch(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    slug = CharField(64)
    title = CharField(64)
    face_value_fen = IntegerField()
    threshold_fen = IntegerField(default=0)
    per_person = IntegerField(default=1)
    valid_from = InstantField(null=True)
    valid_until = InstantField(null=True)
    valid_seconds = IntegerField(null=True)  # from issue; the earlier of both ends counts
    topics = JSONText(default=list)
    created_at = InstantField()

    class Meta:
        indexes = ((("account", "slug"), True),)


class CouponCode(Table):
    id = BigAutoField()
    batch = ForeignKeyField(CouponBatch, on_delete="CASCADE", index=False)
    code_hash = CharField(32, unique=True)
    code = SealedField()
    state = CharField(10, default="available")  # available reserved issued redeemed expired void
    follower = ForeignKeyField(Follower, null=True, on_delete="SET NULL", index=False)
    purpose = CharField(64, null=True, unique=True)  # what reserved it: "send:12", "event:34"
    reserved_until = InstantField(null=True)
    issued_at = InstantField(null=True)
    expires_at = InstantField(null=True)
    claimed_at = InstantField(null=True)  # the follower opened it by an own act
    redeemed_at = InstantField(null=True)
    order_number = CharField(64, null=True)
    amount_fen = IntegerField(null=True)
    reminded_at = InstantField(null=True)

    class Meta:
        indexes = (
            (("batch", "state", "id"), False),
            (("follower", "batch", "state"), False),
            (("state", "expires_at"), False),
        )


# --- campaigns and their ledger ----------------------------------------------------------------


class Campaign(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    slug = CharField(64)
    name = CharField(64)
    state = CharField(
        10, default="draft"
    )  # draft scheduled planning running paused closed cancelled
    definition = JSONText()  # see bot.campaign.definition
    generation = IntegerField(default=0)
    due_at = InstantField(null=True)
    error = TextField(default="")
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        indexes = ((("account", "slug"), True), (("state", "due_at"), False))


class Generation(Table):
    """One run of a campaign, with the definition frozen at its start."""

    id = AutoField()
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    number = IntegerField()
    definition = JSONText()
    started_at = InstantField()
    cursor = BigIntegerField(default=0)  # the last follower id that is in the ledger
    upper = BigIntegerField(default=0)  # the greatest follower id of the frozen audience
    audience = IntegerField(default=0)
    planned_at = InstantField(null=True)
    sent_at = InstantField(null=True)  # nothing left to send
    closed_at = InstantField(null=True)
    closing = JSONText(null=True)

    class Meta:
        indexes = ((("campaign", "number"), True),)


class Send(Table):
    """The ledger: one row per (campaign, generation, step, follower), written before the send."""

    id = BigAutoField()
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    generation = IntegerField(default=1)
    step = CharField(16, default="offer")
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    state = CharField(8, default="intended")
    purpose = CharField(10, default="marketing")
    variant = CharField(16, default="")
    channel = CharField(20, default="")
    skip = CharField(20, default="")
    batch = ForeignKeyField(CouponBatch, null=True, on_delete="SET NULL", index=False)
    coupon_code = BigIntegerField(null=True)
    subject = CharField(64, default="")  # what a service notice is about, e.g. a coupon code's id
    client_id = CharField(64, default="")  # the platform's duplicate id, where the channel has one
    msgid = CharField(32, default="")
    planned_at = InstantField()
    not_before = InstantField(default=0)  # due from then on; the claim reads in this order
    claimed_at = InstantField(null=True)
    first_claimed_at = InstantField(null=True)
    claimed_by = CharField(40, default="")
    lease_until = InstantField(null=True)
    attempts = IntegerField(default=0)
    sent_at = InstantField(null=True)
    delivered_at = InstantField(null=True)
    settled_at = InstantField(null=True)
    errcode = IntegerField(null=True)
    error = CharField(190, default="")
    reasons = JSONText(default=dict)

    class Meta:
        indexes = (
            (("campaign", "generation", "step", "follower"), True),
            (("campaign", "state", "not_before", "id"), False),
            (("follower", "sent_at"), False),
            (("state", "lease_until"), False),
            (("msgid",), False),
        )


class Link(Table):
    """A tracked target. The token in a message names the link and the send; see bot.tracking."""

    id = AutoField()
    campaign = ForeignKeyField(Campaign, null=True, on_delete="CASCADE", index=False)
    url = TextField()
    url_hash = CharField(32)  # of the url: a text of any length cannot be a unique key everywhere
    created_at = InstantField()

    class Meta:
        indexes = ((("campaign", "url_hash"), True),)


class Click(Table):
    """One tap. `automatic` taps (scanners, previews) are kept and not counted."""

    id = BigAutoField()
    link = ForeignKeyField(Link, on_delete="CASCADE", index=False)
    send = ForeignKeyField(Send, null=True, on_delete="CASCADE")
    follower = ForeignKeyField(Follower, null=True, on_delete="CASCADE", index=False)
    at = InstantField()
    automatic = BooleanField(default=False)
    why = CharField(32, default="")
    address = CharField(16, default="")  # keyed hash, "" where the address says nothing

    class Meta:
        indexes = ((("link", "follower", "at"), False), (("address", "at"), False))


class Conversion(Table):
    """A redemption or order credited to a send, once per thing bought."""

    id = BigAutoField()
    send = ForeignKeyField(Send, on_delete="CASCADE")
    event = ForeignKeyField(Event, unique=True, on_delete="CASCADE")
    at = InstantField()
    amount_fen = IntegerField(default=0)


# --- running the house -------------------------------------------------------------------------


class Secret(Table):
    """Keys of ours that are themselves kept sealed; `index` is the blind-index key."""

    name = CharField(32, primary_key=True)
    value = SealedField()


class ApiKey(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    name = CharField(64)
    key_hash = CharField(64, unique=True)
    created_at = InstantField()
    revoked_at = InstantField(null=True)


class Lease(Table):
    """Who may do a thing that only one may do. Times are the database's own clock."""

    name = CharField(64, primary_key=True)
    owner = CharField(64)
    fence = IntegerField(default=1)
    until = BigIntegerField()


class JobRun(Table):
    id = BigAutoField()
    job = CharField(32)
    slot = InstantField()  # the planned instant: unique, so a job runs once for it
    started_at = InstantField()
    ended_at = InstantField(null=True)
    outcome = CharField(10, default="running")  # running done idle failed
    done = IntegerField(default=0)
    error = TextField(default="")
    owner = CharField(64, default="")

    class Meta:
        indexes = ((("job", "slot"), True),)


class Erasure(Table):
    """The certificate that somebody was erased: what went, when, why. Nothing of the person."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    at = InstantField()
    cause = CharField(32)
    certificate = CharField(32, unique=True)
    removed = JSONText(default=dict)


class Suppression(Table):
    """Somebody erased had refused marketing: known again by the keyed hash, and still refused."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    openid_hash = CharField(32)
    at = InstantField()  # the day, see bot.store.suppression

    class Meta:
        indexes = ((("account", "openid_hash"), True),)


TABLES: tuple[type[Table], ...] = tuple(Table.__subclasses__())
