"""Journeys: definitions by version, who stands where, what passed, webhooks to be called."""

from peewee import (
    SQL,
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


class Journey(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    slug = CharField(32)
    name = CharField(64)
    state = CharField(8, default="draft")
    version = IntegerField(default=0)
    started_at = BigIntegerField(null=True)
    dated_on = CharField(10, default="")
    dated_after = BigIntegerField(null=True)
    error = CharField(190, default="")
    created_at = BigIntegerField()
    updated_at = BigIntegerField()

    class Meta:
        indexes = ((("account", "slug"), True),)


class JourneyVersion(Table):
    id = AutoField()
    journey = ForeignKeyField(Journey, on_delete="CASCADE", index=False)
    number = IntegerField()
    definition = TextField()
    actions = TextField()
    policy = CharField(4, default="keep")
    settled = BooleanField(default=False)
    author = CharField(64, default="")
    at = BigIntegerField()

    class Meta:
        indexes = ((("journey", "number"), True),)


class JourneyRun(Table):
    id = BigAutoField()
    journey = ForeignKeyField(Journey, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    entry = IntegerField()
    version = IntegerField()
    step = CharField(16)
    since = BigIntegerField()
    wake_at = BigIntegerField(null=True)
    held_out = BooleanField(default=False)
    heeds = BooleanField(default=True)
    entered_by = CharField(16)
    outcome = CharField(16, default="")
    trace = TextField()
    entered_at = BigIntegerField()
    ended_at = BigIntegerField(null=True)
    goal_until = BigIntegerField()
    converted_at = BigIntegerField(null=True)

    class Meta:
        indexes = (
            (("journey", "follower", "entry"), True),
            (("journey", "entered_at"), False),
        )


JourneyRun.add_index(
    JourneyRun.journey,
    JourneyRun.wake_at,
    where=JourneyRun.wake_at.is_null(False),
    name="journey_run_due",
)
JourneyRun.add_index(
    JourneyRun.follower, where=(JourneyRun.heeds == SQL("TRUE")), name="journey_run_heeds"
)


class JourneyPassed(Table):
    id = BigAutoField()
    journey = ForeignKeyField(Journey, on_delete="CASCADE", index=False)
    version = IntegerField()
    step = CharField(16)
    way = CharField(24)
    held_out = BooleanField()
    people = BigIntegerField(default=0)

    class Meta:
        indexes = ((("journey", "version", "step", "way", "held_out"), True),)


class JourneyCall(Table):
    id = BigAutoField()
    run = ForeignKeyField(JourneyRun, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, on_delete="CASCADE")
    step = CharField(16)
    url = CharField(500)
    body = TextField()
    state = CharField(8, default="waiting")
    attempts = IntegerField(default=0)
    next_at = BigIntegerField(null=True)
    status = IntegerField(null=True)
    error = CharField(64, default="")
    at = BigIntegerField()

    class Meta:
        indexes = ((("run", "step"), True), (("next_at",), False))


class JourneyCursor(Table):
    name = CharField(16, primary_key=True)
    event_id = BigIntegerField(default=0)
    gaps = TextField()


TABLES = (Journey, JourneyVersion, JourneyRun, JourneyPassed, JourneyCall, JourneyCursor)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES, safe=True)
