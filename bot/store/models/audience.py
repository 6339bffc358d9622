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
