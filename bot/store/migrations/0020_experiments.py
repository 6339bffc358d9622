"""Experiments: what is decided of each, its runs, its diary, and the groups that share nobody."""

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


class Campaign(Table):
    id = AutoField()


class Experiment(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    key = CharField(32)
    state = CharField(8, default="running")
    rule = TextField()
    arms = TextField()
    weights = TextField()
    out = TextField()
    winner = CharField(16, default="")
    planned = IntegerField(default=0)
    opened_at = BigIntegerField()
    looked_at = BigIntegerField()
    ended_at = BigIntegerField(null=True)
    sweeping = BooleanField(default=False)

    class Meta:
        indexes = ((("account", "key"), True),)


class ExperimentRun(Table):
    id = AutoField()
    experiment = ForeignKeyField(Experiment, on_delete="CASCADE")
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    generation = IntegerField()
    weights = TextField()

    class Meta:
        indexes = ((("campaign", "generation"), True),)


class ExperimentPage(Table):
    id = BigAutoField()
    experiment = ForeignKeyField(Experiment, on_delete="CASCADE", index=False)
    at = BigIntegerField()
    kind = CharField(16)
    words = TextField()
    evidence = TextField()

    class Meta:
        indexes = ((("experiment", "id"), False),)


class ExperimentGroup(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    name = CharField(32)
    slots = TextField()

    class Meta:
        indexes = ((("account", "name"), True),)


TABLES = (Experiment, ExperimentRun, ExperimentPage, ExperimentGroup)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES[::-1], safe=True)
