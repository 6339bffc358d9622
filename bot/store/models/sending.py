"""Campaigns, and the ledger of what was sent and came of it."""

from __future__ import annotations

from peewee import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    DoubleField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from bot.store.fields import InstantField, JSONText
from bot.store.models.accounts import Account
from bot.store.models.base import Table
from bot.store.models.offers import CouponBatch
from bot.store.models.people import Event, Follower


class Campaign(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    slug = CharField(64)
    name = CharField(64)
    state = CharField(
        10, default="draft"
    )  # draft scheduled planning running paused closed cancelled
    definition = JSONText()  # see bot.campaign.document.definition
    generation = IntegerField(default=0)
    kind = CharField(8, default="push")  # push journey test; see bot.values.audience.CampaignKind
    priority = IntegerField(default=50)  # the greater goes first where two want one follower
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
    forecast = JSONText(null=True)  # the dry run at the start

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
    content = CharField(64, default="")  # slug of the matched piece, "" where the text is fixed
    chance = DoubleField(null=True)  # that this variant or piece was drawn; null: no draw

    class Meta:
        indexes = (
            (("campaign", "generation", "step", "follower"), True),
            (("campaign", "state", "not_before", "id"), False),
            (("follower", "sent_at"), False),
            (("msgid",), False),
        )


class SendMatch(Table):
    """Of a run that matches several offers: which one was chosen for the row, and why."""

    send = ForeignKeyField(Send, primary_key=True, on_delete="CASCADE")
    follower = ForeignKeyField(Follower, on_delete="CASCADE")
    told = JSONText()  # see bot.campaign.drawing.matched.told


# Only rows under way have a lease: a claim and a settling each change one entry, not two.
Send.add_index(Send.lease_until, where=Send.lease_until.is_null(False), name="send_lease")


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
