"""What surrounds campaigns: the account's rules, approvals, recurrence, budgets, tests."""

from peewee import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    DatabaseProxy,
    ForeignKeyField,
    IntegerField,
    Model,
)

frozen = DatabaseProxy()


class Table(Model):
    class Meta:
        database = frozen
        legacy_table_names = False


class Account(Table):
    id = AutoField()


class Follower(Table):
    id = BigAutoField()


class Campaign(Table):
    id = AutoField()


class CampaignRule(Table):
    account = ForeignKeyField(Account, primary_key=True, on_delete="CASCADE")
    approval = BooleanField(default=False)
    control_permille = IntegerField(default=0)
    control_salt = CharField(32, default="")


class CampaignApproval(Table):
    id = AutoField()
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE")
    digest = CharField(64)
    state = CharField(10)
    maker = CharField(64)
    submitted_at = BigIntegerField()
    decider = CharField(64, default="")
    decided_at = BigIntegerField(null=True)
    reason = CharField(190, default="")


class CampaignRecurrence(Table):
    campaign = ForeignKeyField(Campaign, primary_key=True, on_delete="CASCADE")
    next_at = BigIntegerField(null=True, index=True)
    planned = IntegerField(default=0)
    skipped = IntegerField(default=0)
    note = CharField(190, default="")


class CampaignBudget(Table):
    id = AutoField()
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    generation = IntegerField()
    spent_fen = BigIntegerField(default=0)

    class Meta:
        indexes = ((("campaign", "generation"), True),)


class CampaignTester(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, on_delete="CASCADE")
    name = CharField(32)
    added_at = BigIntegerField()

    class Meta:
        indexes = ((("account", "name"), True),)


class TrialSend(Table):
    id = BigAutoField()
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE")
    follower = ForeignKeyField(Follower, on_delete="CASCADE")
    variant = CharField(16, default="")
    channel = CharField(20, default="")
    actor = CharField(64, default="")
    at = BigIntegerField()
    state = CharField(8)
    error = CharField(190, default="")


TABLES = (
    CampaignRule,
    CampaignApproval,
    CampaignRecurrence,
    CampaignBudget,
    CampaignTester,
    TrialSend,
)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES, safe=True)
