"""The send engine's own notes: speed, pace, the brake, what a second try is of, signed sheets."""

from __future__ import annotations

from peewee import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    CharField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from bot.store.fields import InstantField, JSONText
from bot.store.models.base import Table
from bot.store.models.sending import Campaign, Generation


class SendProgress(Table):
    """What a run's rows came to in one minute, counted where they are settled."""

    id = BigAutoField()
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    generation = IntegerField()
    minute = InstantField()
    sent = IntegerField(default=0)
    failed = IntegerField(default=0)
    unknown = IntegerField(default=0)
    again = IntegerField(default=0)
    skipped = IntegerField(default=0)
    lost = IntegerField(default=0)

    class Meta:
        indexes = ((("campaign", "generation", "minute"), True), (("minute",), False))


class SendPace(Table):
    """A bucket of sends that all processes share: what was given up to `ready_at` is used up."""

    name = CharField(64, primary_key=True)  # "quota:ACCOUNT", "campaign:ID"
    ready_us = BigIntegerField()


class SendBrake(Table):
    """What the brake of a campaign has seen. Evidence counts from `since` on."""

    campaign = ForeignKeyField(Campaign, primary_key=True, on_delete="CASCADE")
    generation = IntegerField()
    since = InstantField()
    looked_at = InstantField()
    angry = IntegerField(default=0)
    figures = JSONText(default=dict)
    braked_at = InstantField(null=True)  # waits for a person
    reason = TextField(default="")


class SendRest(Table):
    """A run that is a second try for those whom another run of the campaign did not reach."""

    generation = ForeignKeyField(Generation, primary_key=True, on_delete="CASCADE")
    of_number = IntegerField()


class SendSheet(Table):
    """The sheet of a closed run, as it was signed."""

    id = AutoField()
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    generation = IntegerField()
    made_at = InstantField()
    sheet = TextField()
    signature = CharField(64)

    class Meta:
        indexes = ((("campaign", "generation"), True),)
