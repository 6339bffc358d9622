"""Pins, lists, kept versions, watched campaigns, and what finds who left a coupon's window."""

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
    MySQLDatabase,
    SqliteDatabase,
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


class Campaign(Table):
    id = AutoField()


class Segment(Table):
    id = AutoField()


class SegmentPin(Table):
    segment = ForeignKeyField(Segment, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, on_delete="CASCADE")
    included = BooleanField()
    at = BigIntegerField()
    author = CharField(64, default="")
    reason = CharField(190, default="")

    class Meta:
        indexes = ((("segment", "follower"), True),)
        primary_key = False


class SegmentListed(Table):
    segment = ForeignKeyField(Segment, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, on_delete="CASCADE")

    class Meta:
        indexes = ((("segment", "follower"), True),)
        primary_key = False


class SegmentVersion(Table):
    id = AutoField()
    segment = ForeignKeyField(Segment, on_delete="CASCADE", index=False)
    number = IntegerField()
    name = CharField(64)
    rule = TextField()
    at = BigIntegerField()
    author = CharField(64, default="")

    class Meta:
        indexes = ((("segment", "number"), True),)


class SegmentWatch(Table):
    segment = ForeignKeyField(Segment, on_delete="CASCADE", index=False)
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)

    class Meta:
        indexes = ((("campaign", "segment"), True),)
        primary_key = False


class SegmentModel(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(16)
    document = TextField()
    at = BigIntegerField()

    class Meta:
        indexes = ((("account", "kind"), True),)


TABLES = (SegmentPin, SegmentListed, SegmentVersion, SegmentWatch, SegmentModel)
INSTANTS = ("issued_at", "claimed_at", "redeemed_at")


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)
    if "triggers" not in {found.name for found in db.get_columns("segment")}:
        kind = "INTEGER" if isinstance(db, SqliteDatabase) else "BOOLEAN"
        no = "0" if isinstance(db, SqliteDatabase) else "FALSE"
        # MySQL 8 reserves the word TRIGGER, not TRIGGERS.
        db.execute_sql(f"ALTER TABLE segment ADD COLUMN triggers {kind} NOT NULL DEFAULT {no}")
    there = {found.name for found in db.get_indexes("coupon_code")}
    for column in INSTANTS:
        if f"coupon_code_{column}" not in there:
            part = "" if isinstance(db, MySQLDatabase) else f" WHERE {column} IS NOT NULL"
            db.execute_sql(f"CREATE INDEX coupon_code_{column} ON coupon_code ({column}){part}")
    _keep_definitions(db)


def _keep_definitions(db):
    """The definitions there are become their own first kept versions."""
    db.execute_sql(
        "INSERT INTO segment_version (segment_id, number, name, rule, at, author)"
        " SELECT s.id, 1, s.name, s.rule, COALESCE(s.defined_at, 0), '' FROM segment s"
        " WHERE NOT EXISTS (SELECT 1 FROM segment_version v WHERE v.segment_id = s.id)"
    )


def down(migrator, db):
    frozen.initialize(db)
    for column in INSTANTS:
        end = " ON coupon_code" if isinstance(db, MySQLDatabase) else ""
        db.execute_sql(f"DROP INDEX coupon_code_{column}{end}")
    db.execute_sql("ALTER TABLE segment DROP COLUMN triggers")
    db.drop_tables(TABLES, safe=True)
