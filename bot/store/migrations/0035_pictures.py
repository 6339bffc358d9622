"""Pictures that the platform keeps for an account, with what the console shows of them."""

from peewee import (
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
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


class Account(Table):
    id = AutoField()


class Picture(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    digest = CharField(64)
    name = CharField(64)
    format = CharField(4)
    size = IntegerField()
    width = IntegerField()
    height = IntegerField()
    asked = BooleanField(default=False)
    media_id = CharField(128, null=True)
    url = CharField(512, default="")
    why = CharField(500, default="")
    author = CharField(64)
    at = BigIntegerField()
    thumb_format = CharField(4, default="")
    thumb = BlobField(null=True)

    class Meta:
        indexes = ((("account", "digest"), True), (("account", "at"), False))


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables((Picture,), safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables((Picture,), safe=True)
