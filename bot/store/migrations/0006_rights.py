"""Audit log, consents with their evidence, topic choices, and what retention leaves."""

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
    TextField,
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


class AuditEntry(Table):
    id = BigAutoField()
    number = BigIntegerField(unique=True)
    at = BigIntegerField()
    actor = CharField(64)
    action = CharField(32)
    subject = CharField(32, default="")
    detail = TextField(default=dict)
    previous = CharField(32, unique=True)
    hash = CharField(32)

    class Meta:
        indexes = ((("subject", "number"), False),)


class AuditHead(Table):
    name = CharField(8, primary_key=True)
    number = BigIntegerField(default=0)
    hash = CharField(32, default="")
    seal = CharField(32, default="")


class Consent(Table):
    id = BigAutoField()
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    purpose = CharField(32)
    given = BooleanField()
    at = BigIntegerField()
    received_at = BigIntegerField()
    how = CharField(16)
    wording = CharField(64, default="")

    class Meta:
        indexes = ((("follower", "purpose", "at"), False),)


class TopicChoice(Table):
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    topic = CharField(32)
    wanted = BooleanField()
    at = BigIntegerField()
    how = CharField(16)

    class Meta:
        indexes = ((("follower", "topic"), True),)
        primary_key = False


class ProfileBase(Table):
    follower = ForeignKeyField(Follower, primary_key=True, on_delete="CASCADE")
    state = TextField(default=dict)
    events = IntegerField(default=0)


class RetentionMark(Table):
    kind = CharField(32, primary_key=True)
    removed_before = BigIntegerField()


class ProfileQuantile(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    measure = CharField(16)
    people = IntegerField()
    edges = TextField(default=list)
    at = BigIntegerField()

    class Meta:
        indexes = ((("account", "measure"), True),)


TABLES = (
    AuditEntry,
    AuditHead,
    Consent,
    TopicChoice,
    ProfileBase,
    RetentionMark,
    ProfileQuantile,
)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES, safe=True)
