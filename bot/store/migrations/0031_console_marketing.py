"""Campaigns' documents as they were written, segments' sizes by day, and figures that take long."""

from peewee import (
    AutoField,
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


class Segment(Table):
    id = AutoField()


class CampaignDocument(Table):
    id = AutoField()
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    digest = CharField(64)
    document = TextField()
    kept_at = BigIntegerField()

    class Meta:
        indexes = ((("campaign", "digest"), True),)


class SegmentSize(Table):
    segment = ForeignKeyField(Segment, on_delete="CASCADE", index=False)
    day = CharField(10)
    size = IntegerField()

    class Meta:
        indexes = ((("segment", "day"), True),)
        primary_key = False


class ConsoleLook(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(16)
    subject = CharField(64)
    made_at = BigIntegerField()
    document = TextField()

    class Meta:
        indexes = ((("account", "kind", "subject"), True),)


TABLES = (CampaignDocument, SegmentSize, ConsoleLook)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES, safe=True)
