"""What surrounds campaigns: the account's rules for them, approvals, recurrence, budget, tests."""

from __future__ import annotations

from peewee import (
    AutoField,
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
from bot.store.models.sending import Campaign


class CampaignRule(Table):
    """What holds for all campaigns of an account; without a row the defaults hold."""

    account = ForeignKeyField(Account, primary_key=True, on_delete="CASCADE")
    approval = BooleanField(default=False)
    control_permille = IntegerField(default=0)  # of all followers get no marketing at all
    control_salt = CharField(32, default="")
    # The strictest that a campaign may not pass; null and "": no such rule.
    per_day = IntegerField(null=True)
    per_week = IntegerField(null=True)
    per_month = IntegerField(null=True)
    quiet_from = CharField(5, default="")  # "22:00", in the account's zone
    quiet_to = CharField(5, default="")
    rest_after = IntegerField(null=True)
    rest_days = IntegerField(null=True)
    same_topic_days = IntegerField(null=True)
    version = IntegerField(default=0)  # of two who change it at once, the second is told


class CampaignApproval(Table):
    """A request to approve a document, and what came of it. The latest of a campaign counts."""

    id = AutoField()
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE")
    digest = CharField(64)  # of the document as it was submitted
    state = CharField(10)  # submitted approved rejected
    maker = CharField(64)
    submitted_at = InstantField()
    decider = CharField(64, default="")
    decided_at = InstantField(null=True)
    reason = CharField(190, default="")


class CampaignDocument(Table):
    """A document as somebody wrote it: what an approval's digest was of."""

    id = AutoField()
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    digest = CharField(64)
    document = JSONText()
    kept_at = InstantField()

    class Meta:
        indexes = ((("campaign", "digest"), True),)


class CampaignRecurrence(Table):
    """A recurring campaign's next run. `planned` counts occurrences, run or not."""

    campaign = ForeignKeyField(Campaign, primary_key=True, on_delete="CASCADE")
    next_at = InstantField(null=True, index=True)  # null: none any more
    planned = IntegerField(default=0)
    skipped = IntegerField(default=0)
    note = CharField(190, default="")


class CampaignBudget(Table):
    """What a run has spent or promised; one row a run that has a budget."""

    id = AutoField()
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    generation = IntegerField()
    spent_fen = BigIntegerField(default=0)

    class Meta:
        indexes = ((("campaign", "generation"), True),)


class CampaignTester(Table):
    """A follower of the house's own who looks at messages before others get them."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, on_delete="CASCADE")
    name = CharField(32)
    added_at = InstantField()

    class Meta:
        indexes = ((("account", "name"), True),)


class TrialSend(Table):
    """A message sent as a test: it counts nowhere, and burns nothing."""

    id = BigAutoField()
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE")
    follower = ForeignKeyField(Follower, on_delete="CASCADE")
    variant = CharField(16, default="")
    channel = CharField(20, default="")
    actor = CharField(64, default="")
    at = InstantField()
    state = CharField(8)  # sent failed unknown
    error = CharField(190, default="")
