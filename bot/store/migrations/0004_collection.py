"""Rounds through the platform's lists, its tags, figures, and what was reported and refused."""

from peewee import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    BlobField,
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


class SyncRun(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(32)
    state = CharField(8, default="running")
    place = BlobField(null=True)
    step = IntegerField(default=0)
    done = IntegerField(default=0)
    total = IntegerField(default=0)
    changed = IntegerField(default=0)
    started_at = BigIntegerField()
    touched_at = BigIntegerField()
    ended_at = BigIntegerField(null=True)
    error = TextField(default="")

    class Meta:
        indexes = ((("account", "kind", "id"), False),)


class Listing(Table):
    follower = ForeignKeyField(Follower, primary_key=True, on_delete="CASCADE")
    run_id = BigIntegerField()
    detailed_at = BigIntegerField(null=True)


class PlatformTag(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    tag_id = IntegerField()
    name = CharField(64)
    pushed = BooleanField(default=False)
    fans = IntegerField(default=0)
    seen_at = BigIntegerField()

    class Meta:
        indexes = ((("account", "tag_id"), True),)


class PlatformTagging(Table):
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    tag = ForeignKeyField(PlatformTag, on_delete="CASCADE", index=False)
    run_id = BigIntegerField(default=0)
    at = BigIntegerField()

    class Meta:
        indexes = ((("follower", "tag"), True), (("tag", "run_id"), False))
        primary_key = False


class Figure(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    report = CharField(32)
    subject = CharField(64, default="")
    day = CharField(10)
    title = CharField(190, default="")
    published = CharField(10, default="")
    numbers = TextField(default=dict)
    read_at = BigIntegerField()

    class Meta:
        indexes = (
            (("account", "report", "subject", "day"), True),
            (("account", "day"), False),
        )


class Quarantine(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, null=True, on_delete="CASCADE")
    kind = CharField(8)
    fingerprint = CharField(32)
    document = BlobField()
    field = CharField(64, default="")
    reason = CharField(190)
    at = BigIntegerField()
    tries = IntegerField(default=1)

    class Meta:
        indexes = ((("account", "fingerprint"), True),)


class RateWindow(Table):
    name = CharField(64)
    since = BigIntegerField()
    used = IntegerField(default=0)

    class Meta:
        indexes = ((("name", "since"), True),)
        primary_key = False


TABLES = (SyncRun, Listing, PlatformTag, PlatformTagging, Figure, Quarantine, RateWindow)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES, safe=True)
