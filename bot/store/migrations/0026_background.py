"""Work of the console that goes on without the one who asked for it, and its files."""

from peewee import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    BlobField,
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


class Operator(Table):
    id = AutoField()


class BackgroundTask(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    operator = ForeignKeyField(Operator, on_delete="CASCADE")
    kind = CharField(24)
    state = CharField(10)
    asked = TextField()
    done = BigIntegerField(default=0)
    total = BigIntegerField(default=0)
    result = TextField()
    error = CharField(500, default="")
    starts = IntegerField(default=0)
    owner = CharField(64, default="")
    lease_until = BigIntegerField(default=0)
    asked_at = BigIntegerField()
    started_at = BigIntegerField(null=True)
    ended_at = BigIntegerField(null=True)

    class Meta:
        indexes = ((("state", "id"), False), (("account", "kind", "id"), False))


class BackgroundFile(Table):
    id = AutoField()
    task = ForeignKeyField(BackgroundTask, on_delete="CASCADE", index=False)
    role = CharField(8)
    name = CharField(190)
    size = BigIntegerField()

    class Meta:
        indexes = ((("task", "role"), True),)


class BackgroundPart(Table):
    id = BigAutoField()
    file = ForeignKeyField(BackgroundFile, on_delete="CASCADE", index=False)
    seq = IntegerField()
    content = BlobField()

    class Meta:
        indexes = ((("file", "seq"), True),)


TABLES = (BackgroundTask, BackgroundFile, BackgroundPart)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES, safe=True)
