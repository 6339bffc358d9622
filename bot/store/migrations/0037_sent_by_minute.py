"""What was sent by the minute: a day's sendings are found without reading the runs before it."""

from peewee import MySQLDatabase

NAME = "send_progress_minute"  # as peewee names the model's index


def up(migrator, db):
    if NAME not in _there(db):
        db.execute_sql(f"CREATE INDEX {NAME} ON send_progress (minute)")


def down(migrator, db):
    if NAME in _there(db):
        end = " ON send_progress" if isinstance(db, MySQLDatabase) else ""
        db.execute_sql(f"DROP INDEX {NAME}{end}")


def _there(db):
    return {index.name for index in db.get_indexes("send_progress")}
