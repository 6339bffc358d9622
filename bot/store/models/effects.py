"""What effect costs and comes to: costs of sources, prices, post-mortems, weekly digests."""

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
from bot.store.models.accounts import Account
from bot.store.models.base import Table
from bot.store.models.sending import Campaign


class SourceCost(Table):
    """What a day of a follow source (a QR code's scene) cost."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    source = CharField(64)
    day = CharField(10)
    fen = BigIntegerField()
    note = CharField(190, default="")
    at = InstantField()

    class Meta:
        indexes = ((("account", "source", "day"), True),)


class EffectPrice(Table):
    """What something costs the account. `name`: see bot.store.effect_costs."""

    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    name = CharField(40)
    value = IntegerField()

    class Meta:
        indexes = ((("account", "name"), True),)
        primary_key = False


class PostMortem(Table):
    """What a closed run came to, and how far its outcomes are told to the event log."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    generation = IntegerField()
    told_to = BigIntegerField(default=0)  # the last follower whose outcome is told
    outcomes = IntegerField(default=0)
    told_at = InstantField(null=True)  # all are
    made_at = InstantField(null=True)
    document = JSONText(null=True)
    words = TextField(default="")

    class Meta:
        indexes = ((("campaign", "generation"), True),)


class WeekDigest(Table):
    """A week's report, as it was made. `mail`: "" not mailed, sending, sent, failed."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    week = CharField(8)  # 2026-W47
    made_at = InstantField()
    document = JSONText()
    words = TextField()
    mail = CharField(8, default="")

    class Meta:
        indexes = ((("account", "week"), True),)
