"""What channels use up: rights that followers gave, mass sends, the platform's own figures."""

from __future__ import annotations

from peewee import (
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    ForeignKeyField,
    IntegerField,
)

from bot.store.fields import InstantField
from bot.store.models.accounts import Account
from bot.store.models.base import Table
from bot.store.models.people import Follower
from bot.store.models.sending import Campaign


class Entitlement(Table):
    """A follower's word on one template: a right to one message, or (`refusal`) none any more."""

    id = BigAutoField()
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    channel = CharField(20)  # subscription_notice one_time
    template_id = CharField(64)
    scene = IntegerField(default=0)  # of a one-time subscription
    at = InstantField()
    dedupe = CharField(32, unique=True)  # of the event that told it and its line
    refusal = BooleanField(default=False)
    send_id = BigIntegerField(null=True)  # the ledger row that uses it, or used it
    ended_at = InstantField(null=True)  # refused later, or the platform knows of none

    class Meta:
        indexes = (
            (("follower", "channel", "template_id"), False),
            (("send_id",), False),
        )


class MassBatch(Table):
    """One mass call: its rows are the ledger's with this `client_id`. See campaign.sending.mass."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    generation = IntegerField()
    step = CharField(16)
    variant = CharField(16)
    channel = CharField(20)
    state = CharField(10)  # see bot.store.mass_batches.State
    size = IntegerField(default=0)
    first_id = BigIntegerField(null=True)  # its rows lie between these
    last_id = BigIntegerField(null=True)
    client_id = CharField(64, unique=True)
    msg_id = CharField(32, default="")
    link_id = IntegerField(null=True)
    tag_id = IntegerField(null=True)
    opened_at = InstantField()
    called_at = InstantField(null=True)  # first; the platform's duplicate span counts from here
    next_at = InstantField()
    owner = CharField(40, default="")
    lease_until = InstantField(null=True)
    attempts = IntegerField(default=0)
    error = CharField(190, default="")
    status = CharField(32, default="")  # the platform's word on the job
    total = IntegerField(null=True)
    filtered = IntegerField(null=True)
    sent = IntegerField(null=True)
    errors = IntegerField(null=True)
    told_at = InstantField(null=True)
    alone_id = BigIntegerField(null=True)  # the only row that it would have carried

    class Meta:
        indexes = (
            (("state", "next_at"), False),
            (("campaign", "generation"), False),
            (("msg_id",), False),
        )


class QuotaLook(Table):
    """What the platform last said of an API's day, beside our own count of that moment."""

    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    api = CharField(64)
    at = InstantField()
    period = CharField(10)
    counted = IntegerField()
    used = IntegerField()
    limit = IntegerField()

    class Meta:
        indexes = ((("account", "api"), True),)
        primary_key = False


class Carried(Table):
    """A waiting offer that went out with the answer to an event: the same however often handled."""

    event_id = BigIntegerField(primary_key=True)
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=True)
    send_id = BigIntegerField(index=True)
