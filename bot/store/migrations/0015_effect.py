"""Costs of sources, prices, post-mortems of runs, weekly digests."""

from peewee import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    CharField,
    DatabaseProxy,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)

frozen = DatabaseProxy()


class Table(Model):
    class Meta:
        database = frozen
        legacy_table_names = False


class Account(Table):
    id = AutoField()


class Campaign(Table):
    id = AutoField()


class SourceCost(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    source = CharField(64)
    day = CharField(10)
    fen = BigIntegerField()
    note = CharField(190, default="")
    at = BigIntegerField()

    class Meta:
        indexes = ((("account", "source", "day"), True),)


class EffectPrice(Table):
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    name = CharField(40)
    value = IntegerField()

    class Meta:
        indexes = ((("account", "name"), True),)
        primary_key = False


class PostMortem(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    generation = IntegerField()
    told_to = BigIntegerField(default=0)
    outcomes = IntegerField(default=0)
    told_at = BigIntegerField(null=True)
    made_at = BigIntegerField(null=True)
    document = TextField(null=True)
    words = TextField(default="")

    class Meta:
        indexes = ((("campaign", "generation"), True),)


class WeekDigest(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    week = CharField(8)
    made_at = BigIntegerField()
    document = TextField()
    words = TextField()
    mail = CharField(8, default="")

    class Meta:
        indexes = ((("account", "week"), True),)


TABLES = (SourceCost, EffectPrice, PostMortem, WeekDigest)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES, safe=True)
