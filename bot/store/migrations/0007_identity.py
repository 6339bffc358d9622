"""Names of people in other systems, joins between them, and by which name an event came."""

from peewee import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CharField,
    DatabaseProxy,
    ForeignKeyField,
    IntegerField,
    Model,
    MySQLDatabase,
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


class Identity(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(16)
    system = CharField(64, default="", column_name="of_system")
    hash = CharField(32)
    value = BlobField()
    contact = BigIntegerField(null=True, index=True)
    follower = ForeignKeyField(Follower, null=True, on_delete="CASCADE")
    in_base = BooleanField(default=False)
    created_at = BigIntegerField()

    class Meta:
        indexes = ((("account", "hash", "kind", "system"), True),)


class IdentityJoin(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    identity = ForeignKeyField(Identity, on_delete="CASCADE")
    other = ForeignKeyField(Identity, null=True, on_delete="CASCADE")
    follower = ForeignKeyField(Follower, null=True, on_delete="CASCADE")
    why = CharField(16)
    evidence = CharField(64, default="")
    actor = CharField(64, default="")
    reason = BlobField(null=True)
    moved = TextField()
    state = CharField(8)
    at = BigIntegerField()
    undone_at = BigIntegerField(null=True)
    undone_by = CharField(64, default="")
    left_id = BigIntegerField(null=True)

    class Meta:
        indexes = ((("state", "id"), False), (("account", "evidence"), False))


class IdentityConflict(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    identity = ForeignKeyField(Identity, on_delete="CASCADE", index=False)
    against = CharField(24)
    other = ForeignKeyField(Identity, null=True, on_delete="CASCADE")
    follower = ForeignKeyField(Follower, null=True, on_delete="CASCADE")
    why = CharField(16)
    evidence = CharField(64, default="")
    at = BigIntegerField()
    last_at = BigIntegerField()
    times = IntegerField(default=1)

    class Meta:
        indexes = ((("identity", "against"), True),)


class IdentityHead(Table):
    account = ForeignKeyField(Account, primary_key=True, on_delete="CASCADE")


TABLES = (Identity, IdentityJoin, IdentityConflict, IdentityHead)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)
    whole = "BIGINT" if not isinstance(db, SqliteDatabase) else "INTEGER"
    if "identity_id" not in {found.name for found in db.get_columns("event")}:
        db.execute_sql(f"ALTER TABLE event ADD COLUMN identity_id {whole}")
    if "event_identity" not in {found.name for found in db.get_indexes("event")}:
        part = "" if isinstance(db, MySQLDatabase) else " WHERE identity_id IS NOT NULL"
        db.execute_sql(f"CREATE INDEX event_identity ON event (identity_id){part}")


def down(migrator, db):
    frozen.initialize(db)
    db.execute_sql(
        "DROP INDEX event_identity" + (" ON event" if isinstance(db, MySQLDatabase) else "")
    )
    db.execute_sql("ALTER TABLE event DROP COLUMN identity_id")
    db.drop_tables(tuple(reversed(TABLES)), safe=True)
