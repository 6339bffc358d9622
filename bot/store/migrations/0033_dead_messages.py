"""Messages that failed too often, found without a look at all those that were handled."""

from peewee import MySQLDatabase

NAME = "inbox_dead"


def up(migrator, db):
    if not _has(db):
        db.execute_sql(f"CREATE INDEX {NAME} ON inbox (event_id) WHERE state = 'dead'")


def down(migrator, db):
    if _has(db):
        end = " ON inbox" if isinstance(db, MySQLDatabase) else ""
        db.execute_sql(f"DROP INDEX {NAME}{end}")


def _has(db):
    return NAME in {index.name for index in db.get_indexes("inbox")}
