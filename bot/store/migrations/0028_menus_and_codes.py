"""The account's menus, every version that went out, and its QR codes with their sources."""

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


class Menu(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    slug = CharField(32)
    title = CharField(64)
    rule = TextField()
    buttons = TextField()
    edit = IntegerField(default=1)
    live = IntegerField(default=0)
    updated_at = BigIntegerField()

    class Meta:
        indexes = ((("account", "slug"), True),)


class MenuVersion(Table):
    id = AutoField()
    menu = ForeignKeyField(Menu, on_delete="CASCADE", index=False)
    number = IntegerField()
    rule = TextField()
    buttons = TextField()
    state = CharField(8)
    errcode = IntegerField(null=True)
    menuid = CharField(32, default="")
    actor = CharField(64)
    at = BigIntegerField()

    class Meta:
        indexes = ((("menu", "number"), True),)


class QrCode(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    scene = CharField(64)
    name = CharField(64)
    note = CharField(190, default="")
    lasting = BooleanField()
    ticket = CharField(190, default="")
    url = CharField(190, default="")
    until = BigIntegerField(null=True)
    made_at = BigIntegerField(null=True)
    actor = CharField(64)
    created_at = BigIntegerField()
    archived_at = BigIntegerField(null=True)

    class Meta:
        indexes = ((("account", "scene"), True),)


TABLES = (Menu, MenuVersion, QrCode)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES[::-1], safe=True)
