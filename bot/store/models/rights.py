"""People's rights: what they consented to, what they want to hear about, who looked at what."""

from __future__ import annotations

from peewee import (
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    ForeignKeyField,
    IntegerField,
)

from bot.store.fields import InstantField, JSONText
from bot.store.models.accounts import Account
from bot.store.models.base import Table
from bot.store.models.people import Follower


class AuditEntry(Table):
    """Who looked at whose data or changed whose rights; each row seals the one before it."""

    id = BigAutoField()
    number = BigIntegerField(unique=True)  # 1, 2, 3 ... without a gap
    at = InstantField()
    actor = CharField(64)
    action = CharField(32)
    subject = CharField(32, default="")  # bot.store.audit.pseudonym, "" for nobody in particular
    detail = JSONText(default=dict)
    previous = CharField(32, unique=True)  # two rows cannot follow the same one
    hash = CharField(32)

    class Meta:
        # (action, number): the latest of one act, and every act once, without the rest of the log
        indexes = ((("subject", "number"), False), (("action", "number"), False))


class AuditHead(Table):
    """The end of the chain: its only row is the lock of who appends."""

    name = CharField(8, primary_key=True)
    number = BigIntegerField(default=0)
    hash = CharField(32, default="")
    seal = CharField(32, default="")  # keyed hash of both: the tail cannot be cut off unseen


class Consent(Table):
    """What somebody agreed to or took back, word by word, as evidence. The latest counts."""

    id = BigAutoField()
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    purpose = CharField(32)  # marketing, personalisation, research
    given = BooleanField()
    at = InstantField()
    received_at = InstantField()
    how = CharField(16)  # subscribe, keyword, h5, import, operator
    wording = CharField(64, default="")  # the name of the notice that was shown

    class Meta:
        indexes = ((("follower", "purpose", "at"), False),)


class TopicChoice(Table):
    """A topic that somebody wants to hear about, or does not. The latest word counts."""

    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    topic = CharField(32)
    wanted = BooleanField()
    at = InstantField()
    how = CharField(16)

    class Meta:
        indexes = ((("follower", "topic"), True),)
        primary_key = False


class ProfileBase(Table):
    """The fold of a follower's events that retention has removed: where a rebuild begins."""

    follower = ForeignKeyField(Follower, primary_key=True, on_delete="CASCADE")
    state = JSONText(default=dict)
    events = IntegerField(default=0)


class RetentionMark(Table):
    """Events of a kind from before this were removed: one that arrives later is not counted."""

    kind = CharField(32, primary_key=True)
    removed_before = InstantField()


class ProfileQuantile(Table):
    """Where the followers of an account stand in a measure: the value at each hundredth."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    measure = CharField(16)  # recency, frequency, monetary
    people = IntegerField()
    edges = JSONText(default=list)
    at = InstantField()

    class Meta:
        indexes = ((("account", "measure"), True),)
