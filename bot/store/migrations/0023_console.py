"""The console's people: operators, their roles, and where they are signed in."""

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
    TextField,
)

frozen = DatabaseProxy()


class Table(Model):
    class Meta:
        database = frozen
        legacy_table_names = False


class Operator(Table):
    id = AutoField()
    name = CharField(32, unique=True)
    title = CharField(64, default="")
    language = CharField(5, default="zh")
    password = CharField(190, default="")
    invite = CharField(64, null=True, unique=True)
    invite_until = BigIntegerField(null=True)
    totp = BlobField(null=True)
    totp_step = BigIntegerField(default=0)
    recovery = TextField()
    failures = IntegerField(default=0)
    locked_until = BigIntegerField(null=True)
    created_at = BigIntegerField()
    disabled_at = BigIntegerField(null=True)


class OperatorRole(Table):
    operator = ForeignKeyField(Operator, on_delete="CASCADE", index=False)
    account_id = IntegerField()
    role = CharField(10)

    class Meta:
        indexes = ((("operator", "account_id"), True),)
        primary_key = False


class ConsoleSession(Table):
    token_hash = CharField(64, primary_key=True)
    operator = ForeignKeyField(Operator, on_delete="CASCADE")
    proved = BooleanField()
    created_at = BigIntegerField()
    seen_at = BigIntegerField()
    until = BigIntegerField()
    browser = CharField(120, default="")


TABLES = (Operator, OperatorRole, ConsoleSession)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES[::-1], safe=True)
