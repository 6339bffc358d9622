"""Rejected rows of imports: sealed in the store, instead of files beside the imported ones."""

from peewee import (
    AutoField,
    BigAutoField,
    BlobField,
    CharField,
    DatabaseProxy,
    ForeignKeyField,
    IntegerField,
    Model,
)

frozen = DatabaseProxy()


class Table(Model):
    class Meta:
        database = frozen
        legacy_table_names = False


class ImportRun(Table):
    id = AutoField()


class ImportReject(Table):
    id = BigAutoField()
    run = ForeignKeyField(ImportRun, on_delete="CASCADE", index=False)
    line = IntegerField()
    document = BlobField()

    class Meta:
        indexes = ((("run", "line"), True),)


class ImportRejectName(Table):
    reject = ForeignKeyField(ImportReject, on_delete="CASCADE")
    hash = CharField(32)

    class Meta:
        indexes = ((("hash", "reject"), True),)
        primary_key = False


TABLES = (ImportReject, ImportRejectName)
FILES = ("reject_path", "reject_bytes")


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)
    there = {column.name for column in db.get_columns("import_run")}
    for name in FILES:
        if name in there:
            db.execute_sql(f"ALTER TABLE import_run DROP COLUMN {name}")


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES, safe=True)
    for name in FILES:
        kind = "TEXT" if name == "reject_path" else "BIGINT NOT NULL DEFAULT 0"
        db.execute_sql(f"ALTER TABLE import_run ADD COLUMN {name} {kind}")
