"""Rebuilds that processes share, and the two queues of what waits to be folded."""

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
    MySQLDatabase,
)

frozen = DatabaseProxy()


class Table(Model):
    class Meta:
        database = frozen
        legacy_table_names = False


class RebuildRun(Table):
    id = AutoField()
    active = CharField(4, null=True, unique=True)
    given = BigIntegerField(default=0)
    upper = BigIntegerField(default=0)
    total = IntegerField(default=0)
    done = IntegerField(default=0)
    changed = IntegerField(default=0)
    whole = BooleanField(default=False)
    started_at = BigIntegerField()
    ended_at = BigIntegerField(null=True)


class RebuildRange(Table):
    id = BigAutoField()
    run = ForeignKeyField(RebuildRun, on_delete="CASCADE")
    after_id = BigIntegerField()
    until_id = BigIntegerField()
    owner = CharField(64)
    lease_until = BigIntegerField()
    done = IntegerField(default=0)
    changed = IntegerField(default=0)


TABLES = (RebuildRun, RebuildRange)
FRESH = "('callback', 'handler', 'tracking', 'h5', 'keyword')"
INDEXES = {
    "event_fresh": f"(id) WHERE folded = FALSE AND source IN {FRESH}",
    "event_bulk": f"(follower_id, id) WHERE folded = FALSE AND source NOT IN {FRESH}",
}
OLD = "event_unfolded"


def _drop(db, name):
    end = " ON event" if isinstance(db, MySQLDatabase) else ""
    db.execute_sql(f"DROP INDEX {name}{end}")


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)
    there = {found.name for found in db.get_indexes("event")}
    for name, what in INDEXES.items():
        if name not in there:
            db.execute_sql(f"CREATE INDEX {name} ON event {what}")
    if OLD in there:  # each event would stand in two
        _drop(db, OLD)


def down(migrator, db):
    frozen.initialize(db)
    db.execute_sql(f"CREATE INDEX {OLD} ON event (id) WHERE folded = FALSE")
    for name in INDEXES:
        _drop(db, name)
    db.drop_tables(TABLES, safe=True)
