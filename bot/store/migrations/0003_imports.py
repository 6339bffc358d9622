"""Imports: what was brought in from files, and the mappings kept for it."""

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


class ImportMapping(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    name = CharField(64)
    document = TextField()
    updated_at = BigIntegerField()

    class Meta:
        indexes = ((("account", "name"), True),)


class ImportRun(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(16)
    file = CharField(190)
    fingerprint = CharField(32)
    mapping_digest = CharField(32)
    mapping = TextField()
    state = CharField(8, default="running")
    total = IntegerField(default=0)
    position = IntegerField(default=0)
    counts = TextField()
    report = TextField()
    reject_path = TextField()
    reject_bytes = BigIntegerField(default=0)
    started_at = BigIntegerField()
    ended_at = BigIntegerField(null=True)

    class Meta:
        indexes = ((("account", "fingerprint"), False),)


TABLES = (ImportMapping, ImportRun)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES, safe=True)
