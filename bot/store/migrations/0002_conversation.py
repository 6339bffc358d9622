"""What the house says, who owns a chat, why a message was answered as it was.

Columns are added by plain ALTER TABLE: the helpers of playhouse copy the whole table on SQLite, and
dropping the old copy would take the rows that refer to it along.
"""

from peewee import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    BlobField,
    CharField,
    DatabaseProxy,
    DoubleField,
    ForeignKeyField,
    IntegerField,
    Model,
    MySQLDatabase,
    PostgresqlDatabase,
    SqliteDatabase,
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


class Event(Table):
    id = BigAutoField()


class TalkVersion(Table):
    account = ForeignKeyField(Account, primary_key=True, on_delete="CASCADE")
    number = IntegerField(default=1)


class TalkDocument(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    stage = CharField(8)
    kind = CharField(8)
    slug = CharField(64)
    document = TextField()
    origin = CharField(80, default="")
    updated_at = BigIntegerField()

    class Meta:
        indexes = ((("account", "stage", "kind", "slug"), True),)


class Example(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    stage = CharField(8)
    intent = CharField(64)
    text = BlobField()
    text_hash = CharField(32)
    source = CharField(8, default="marketer")
    event = ForeignKeyField(Event, null=True, on_delete="CASCADE")

    class Meta:
        indexes = (
            (("account", "stage", "text_hash"), True),
            (("account", "stage", "intent"), False),
        )


class LearntModel(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(16)
    state = CharField(8)
    fingerprint = CharField(64)
    file_hash = CharField(64)
    metrics = TextField(default=dict)
    content = BlobField()
    made_at = BigIntegerField()
    active_from = BigIntegerField(null=True)

    class Meta:
        indexes = ((("account", "kind", "state"), False),)


class Handoff(Table):
    id = BigAutoField()
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    asked_at = BigIntegerField()
    why = CharField(64)
    agent = CharField(64, default="")
    accepted_at = BigIntegerField(null=True)
    ended_at = BigIntegerField(null=True)
    outcome = CharField(16, default="")

    class Meta:
        indexes = ((("follower", "asked_at"), False),)


class ShadowAnswer(Table):
    event = ForeignKeyField(Event, primary_key=True, on_delete="CASCADE")
    account = ForeignKeyField(Account, on_delete="CASCADE")
    trial = CharField(64)
    live = CharField(96)
    shadow = CharField(96)
    at = BigIntegerField()


class Suggestion(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    made_at = BigIntegerField()
    kind = CharField(8)
    intent = CharField(64, default="")
    size = IntegerField()
    coverage = DoubleField()
    sealed = BlobField()
    state = CharField(10, default="open")

    class Meta:
        indexes = ((("account", "state", "size"), False),)


TABLES = (
    TalkVersion,
    TalkDocument,
    Example,
    LearntModel,
    Handoff,
    ShadowAnswer,
    Suggestion,
)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)
    whole = "BIGINT" if not isinstance(db, SqliteDatabase) else "INTEGER"
    blob = "BYTEA" if isinstance(db, PostgresqlDatabase) else "BLOB"
    text = "TEXT"
    if isinstance(db, MySQLDatabase):  # whose plain ones end at 64 KB
        blob, text = "LONGBLOB", "LONGTEXT"
    # MySQL gives a TEXT no literal default; an expression it does.
    empty = "(_utf8mb4'[]')" if isinstance(db, MySQLDatabase) else "'[]'"
    for table, column in (
        ("follower", "held_by VARCHAR(8) NOT NULL DEFAULT ''"),
        ("follower", f"held_until {whole}"),
        ("inbox", f"trace {text} NOT NULL DEFAULT {empty}"),
        ("dialogue", f"sealed {blob}"),
    ):
        name = column.split()[0]
        if name not in {found.name for found in db.get_columns(table)}:
            db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column}")
    if "follower_held" not in {found.name for found in db.get_indexes("follower")}:
        part = "" if isinstance(db, MySQLDatabase) else " WHERE held_by <> ''"
        db.execute_sql(f"CREATE INDEX follower_held ON follower (held_until){part}")


def down(migrator, db):
    frozen.initialize(db)
    db.execute_sql(
        "DROP INDEX follower_held" + (" ON follower" if isinstance(db, MySQLDatabase) else "")
    )
    db.drop_tables(TABLES, safe=True)
    for table, name in (
        ("follower", "held_by"),
        ("follower", "held_until"),
        ("inbox", "trace"),
        ("dialogue", "sealed"),
    ):
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN {name}")
