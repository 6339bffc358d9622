"""Segments and their members."""

from __future__ import annotations

from peewee import (
    AutoField,
    BigAutoField,
    BooleanField,
    CharField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from bot.store.fields import InstantField, JSONText
from bot.store.models.accounts import Account
from bot.store.models.base import Table
from bot.store.models.people import Follower
from bot.store.models.sending import Campaign


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
    triggers = BooleanField(default=False)  # its comings and goings are events of the log

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


class SegmentPin(Table):
    """A follower who is in a segment, or out of it, whatever the rule says."""

    segment = ForeignKeyField(Segment, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, on_delete="CASCADE")
    included = BooleanField()
    at = InstantField()
    author = CharField(64, default="")
    reason = CharField(190, default="")

    class Meta:
        indexes = ((("segment", "follower"), True),)
        primary_key = False


class SegmentListed(Table):
    """A line of a segment's list, uploaded or reckoned every night. Rules say {list: slug}."""

    segment = ForeignKeyField(Segment, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, on_delete="CASCADE")

    class Meta:
        indexes = ((("segment", "follower"), True),)
        primary_key = False


class SegmentVersion(Table):
    """A definition as somebody wrote it, kept for ever."""

    id = AutoField()
    segment = ForeignKeyField(Segment, on_delete="CASCADE", index=False)
    number = IntegerField()
    name = CharField(64)
    rule = JSONText()
    at = InstantField()
    author = CharField(64, default="")

    class Meta:
        indexes = ((("segment", "number"), True),)


class SegmentSize(Table):
    """How many a segment held when it was last looked at on a day of the account's calendar."""

    segment = ForeignKeyField(Segment, on_delete="CASCADE", index=False)
    day = CharField(10)  # 2026-11-22
    size = IntegerField()

    class Meta:
        indexes = ((("segment", "day"), True),)
        primary_key = False


class SegmentWatch(Table):
    """Campaigns whose outcomes a segment's rule reads: their sends make followers dirty."""

    segment = ForeignKeyField(Segment, on_delete="CASCADE", index=False)
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)

    class Meta:
        indexes = ((("campaign", "segment"), True),)
        primary_key = False


class SegmentModel(Table):
    """How a family of reckoned segments was made, so that the next night names them alike."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(16)  # clusters, rfm
    document = JSONText()
    at = InstantField()

    class Meta:
        indexes = ((("account", "kind"), True),)
