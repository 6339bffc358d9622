"""What the house says, and who owns a chat."""

from __future__ import annotations

from peewee import (
    AutoField,
    BigAutoField,
    BlobField,
    CharField,
    DoubleField,
    ForeignKeyField,
    IntegerField,
)

from bot.store.fields import InstantField, JSONText, SealedField, SealedJSON
from bot.store.models.accounts import Account
from bot.store.models.base import Table
from bot.store.models.people import Event, Follower


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


class ChatStar(Table):
    """A chat that an operator keeps in sight."""

    follower = ForeignKeyField(Follower, primary_key=True, on_delete="CASCADE")
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    starred_by = CharField(64)
    at = InstantField()

    class Meta:
        indexes = ((("account", "at"), False),)


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
