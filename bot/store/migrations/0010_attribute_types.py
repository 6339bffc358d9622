"""Declared attributes; and who has a tag is found by tag without opening the row."""

from peewee import (
    AutoField,
    BigIntegerField,
    CharField,
    DatabaseProxy,
    ForeignKeyField,
    Model,
    MySQLDatabase,
    TextField,
)

frozen = DatabaseProxy()


class Table(Model):
    class Meta:
        database = frozen
        legacy_table_names = False


class Account(Table):
    id = AutoField()


class AttributeType(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    name = CharField(32)
    kind = CharField(8)
    choices = TextField(default="[]")
    title = CharField(64, default="")
    at = BigIntegerField()

    class Meta:
        indexes = ((("account", "name"), True),)


OLD, NEW = "follower_tag_tag_follower_id", "follower_tag_tag_follower_id_until_at"


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables((AttributeType,), safe=True)
    _swap(db, OLD, NEW, "tag, follower_id, until_at")


def down(migrator, db):
    frozen.initialize(db)
    _swap(db, NEW, OLD, "tag, follower_id")
    db.drop_tables((AttributeType,), safe=True)


def _swap(db, old, new, columns):
    there = {found.name for found in db.get_indexes("follower_tag")}
    if new not in there:
        db.execute_sql(f"CREATE INDEX {new} ON follower_tag ({columns})")
    if old in there:
        end = " ON follower_tag" if isinstance(db, MySQLDatabase) else ""
        db.execute_sql(f"DROP INDEX {old}{end}")
