"""Followers, what they did, and what follows from it."""

from __future__ import annotations

from peewee import (
    SQL,
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    DoubleField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from bot.store.fields import InstantField, JSONText, SealedField, SealedJSON
from bot.store.models.accounts import Account
from bot.store.models.base import Table


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


# Lists and counts of an account's followers, those who follow and those who left apart.
Follower.add_index(Follower.account, Follower.subscribed, Follower.id, name="follower_listed")
# The blacklist, and who refuses marketing; few of an account.
Follower.add_index(
    Follower.account,
    Follower.blacklisted,
    Follower.id,
    where=(Follower.blacklisted == SQL("TRUE")),
    name="follower_blacklisted",
)
Follower.add_index(
    Follower.account,
    Follower.id,
    Follower.opted_out_at,
    where=Follower.opted_out_at.is_null(False),
    name="follower_opted_out",
)
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
    identity_id = BigIntegerField(null=True)  # by which identity it came; None: the follower's own

    class Meta:
        # (kind, at): who leaves "within 30 days" is found at the moved edge, not by a full pass
        indexes = ((("follower", "kind", "at"), False), (("kind", "at"), False))


# What the fold has not seen yet, the two queues of bot.store.waiting; as small as the backlog where
# the engine has partial indexes.
_FRESH = ("callback", "handler", "tracking", "h5", "keyword")
Event.add_index(
    Event.id,
    where=(Event.folded == SQL("FALSE")) & Event.source.in_(_FRESH),
    name="event_fresh",
)
Event.add_index(
    Event.follower,
    Event.id,
    where=(Event.folded == SQL("FALSE")) & Event.source.not_in(_FRESH),
    name="event_bulk",
)
# What follows a person from one follower to another, and what waits for one.
Event.add_index(Event.identity_id, where=Event.identity_id.is_null(False), name="event_identity")


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
Inbox.add_index(Inbox.event, where=(Inbox.state == "dead"), name="inbox_dead")


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
    until_at = InstantField(null=True)  # from here on nobody has it; the row stays

    class Meta:
        indexes = ((("follower", "tag"), True), (("tag", "follower", "until_at"), False))
        primary_key = False


# Whose tag has ended since the last look; few tags end.
FollowerTag.add_index(
    FollowerTag.tag,
    FollowerTag.until_at,
    where=FollowerTag.until_at.is_null(False),
    name="follower_tag_ends",
)


class FollowerInterest(Table):
    """`level` is log2 of the decayed weight moved to the fixed epoch: decay needs no update."""

    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    topic = CharField(32)
    level = DoubleField()  # double: both evaluators of a rule must read the same bits

    class Meta:
        indexes = ((("follower", "topic"), True), (("topic", "level"), False))
        primary_key = False
