"""Who edited what last, tags that nobody has yet, and forms that began a task already."""

from peewee import (
    AutoField,
    BigIntegerField,
    CharField,
    CompositeKey,
    DatabaseProxy,
    ForeignKeyField,
    IntegerField,
    Model,
    MySQLDatabase,
)

frozen = DatabaseProxy()
TASKS, NONCE, INDEX = "background_task", "nonce", "background_task_nonce"


class Table(Model):
    class Meta:
        database = frozen
        legacy_table_names = False


class Account(Table):
    id = AutoField()


class EditMark(Table):
    account_id = IntegerField()
    what = CharField(24)
    ref = CharField(190)
    stamp = CharField(40)
    changed_by = CharField(64)
    at = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("account_id", "what", "ref")


class MadeTag(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    tag = CharField(64)
    made_by = CharField(64)
    at = BigIntegerField()

    class Meta:
        indexes = ((("account", "tag"), True),)


TABLES = (EditMark, MadeTag)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)
    if NONCE not in {one.name for one in db.get_columns(TASKS)}:
        db.execute_sql(f"ALTER TABLE {TASKS} ADD COLUMN {NONCE} VARCHAR(40)")
    if INDEX not in {one.name for one in db.get_indexes(TASKS)}:
        db.execute_sql(f"CREATE UNIQUE INDEX {INDEX} ON {TASKS} ({NONCE})")


def down(migrator, db):
    if INDEX in {one.name for one in db.get_indexes(TASKS)}:
        end = f" ON {TASKS}" if isinstance(db, MySQLDatabase) else ""
        db.execute_sql(f"DROP INDEX {INDEX}{end}")
    if NONCE in {one.name for one in db.get_columns(TASKS)}:
        db.execute_sql(f"ALTER TABLE {TASKS} DROP COLUMN {NONCE}")
    frozen.initialize(db)
    db.drop_tables(TABLES, safe=True)
