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
    MySQLDatabase,
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


class Send(Table):
    id = BigAutoField()
    lease_until = BigIntegerField(null=True)


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


LEASE = Send.index(Send.lease_until, where=Send.lease_until.is_null(False), name="send_lease")
OLD = "send_state_lease_until"


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)
    _drop(db, OLD)
    if not _has(db, "send_lease"):
        db.execute(LEASE)


def down(migrator, db):
    frozen.initialize(db)
    _drop(db, "send_lease")
    if not _has(db, OLD):
        db.execute_sql(f"CREATE INDEX {OLD} ON send (state, lease_until)")
    db.drop_tables(TABLES, safe=True)


def _has(db, name):
    return name in {index.name for index in db.get_indexes("send")}


def _drop(db, name):
    """No DDL of MySQL is rolled back: an interrupted migration finds what it had done."""
    if _has(db, name):
        end = " ON send" if isinstance(db, MySQLDatabase) else ""
        db.execute_sql(f"DROP INDEX {name}{end}")
