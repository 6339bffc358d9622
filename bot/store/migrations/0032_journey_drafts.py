"""A journey as it is being changed on the canvas, and the chats that somebody starred."""

from peewee import (
    AutoField,
    BigAutoField,
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


class Follower(Table):
    id = BigAutoField()


class Journey(Table):
    id = AutoField()


class JourneyDraft(Table):
    id = AutoField()
    journey = ForeignKeyField(Journey, on_delete="CASCADE", index=False)
    number = IntegerField()
    based_on = IntegerField()
    document = TextField()
    author = CharField(64)
    at = BigIntegerField()

    class Meta:
        indexes = ((("journey", "number"), True),)


class ChatStar(Table):
    follower = ForeignKeyField(Follower, primary_key=True, on_delete="CASCADE")
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    starred_by = CharField(64)
    at = BigIntegerField()

    class Meta:
        indexes = ((("account", "at"), False),)


TABLES = (JourneyDraft, ChatStar)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES, safe=True)
