"""The send engine: progress by minute, shared pace, the brake, second tries, signed sheets."""

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


class Campaign(Table):
    id = AutoField()


class Generation(Table):
    id = AutoField()


class SendProgress(Table):
    id = BigAutoField()
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    generation = IntegerField()
    minute = BigIntegerField()
    sent = IntegerField()
    failed = IntegerField()
    unknown = IntegerField()
    again = IntegerField()
    skipped = IntegerField()
    lost = IntegerField()

    class Meta:
        indexes = ((("campaign", "generation", "minute"), True),)


class SendPace(Table):
    name = CharField(64, primary_key=True)
    ready_us = BigIntegerField()


class SendBrake(Table):
    campaign = ForeignKeyField(Campaign, primary_key=True, on_delete="CASCADE")
    generation = IntegerField()
    since = BigIntegerField()
    looked_at = BigIntegerField()
    angry = IntegerField()
    figures = TextField()
    braked_at = BigIntegerField(null=True)
    reason = TextField()


class SendRest(Table):
    generation = ForeignKeyField(Generation, primary_key=True, on_delete="CASCADE")
    of_number = IntegerField()


class SendSheet(Table):
    id = AutoField()
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    generation = IntegerField()
    made_at = BigIntegerField()
    sheet = TextField()
    signature = CharField(64)

    class Meta:
        indexes = ((("campaign", "generation"), True),)


TABLES = (SendProgress, SendPace, SendBrake, SendRest, SendSheet)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES, safe=True)
