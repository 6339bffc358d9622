"""Learnt models of followers' behaviour, and what they say of each follower."""

from peewee import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    BlobField,
    CharField,
    DatabaseProxy,
    DoubleField,
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


class InsightModel(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    slug = CharField(32)
    kind = CharField(16)
    version = IntegerField()
    state = CharField(10)
    fingerprint = CharField(64)
    file_hash = CharField(64)
    card = TextField()
    metrics = TextField()
    content = BlobField()
    made_at = BigIntegerField()
    active_from = BigIntegerField(null=True)
    scored_at = BigIntegerField(null=True)

    class Meta:
        indexes = ((("account", "slug", "version"), True),)


class Prediction(Table):
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    slug = CharField(32)
    score = DoubleField()
    version = IntegerField()
    computed_at = BigIntegerField()

    class Meta:
        indexes = ((("follower", "slug"), True), (("slug", "score"), False))
        primary_key = False


TABLES = (InsightModel, Prediction)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES[::-1], safe=True)
