"""The content library: pieces, their versions, and what an account tells the linter."""

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


class Content(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    slug = CharField(64)
    kind = CharField(16)
    title = CharField(64)
    latest = IntegerField(default=1)
    published = IntegerField(null=True)
    published_at = BigIntegerField(null=True)
    archived_at = BigIntegerField(null=True)
    created_at = BigIntegerField()
    updated_at = BigIntegerField()

    class Meta:
        indexes = ((("account", "slug"), True),)


class ContentVersion(Table):
    id = AutoField()
    content = ForeignKeyField(Content, on_delete="CASCADE", index=False)
    number = IntegerField()
    document = TextField()
    author = CharField(64, default="")
    at = BigIntegerField()

    class Meta:
        indexes = ((("content", "number"), True),)


class ContentTerm(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(10)
    value = CharField(100)

    class Meta:
        indexes = ((("account", "kind", "value"), True),)


TABLES = (Content, ContentVersion, ContentTerm)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES, safe=True)
